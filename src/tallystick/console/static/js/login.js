// Sign in: the name and password go to the door as JSON; then to the page that was asked for.
import { ask, prefer } from "./page.js";

const form = document.getElementById("login");
const problem = document.getElementById("login-problem");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.hidden = true;
  try {
    await ask("/session", { method: "POST", body: Object.fromEntries(new FormData(form)) });
    location.assign(form.dataset.next);
  } catch (failure) {
    problem.textContent = `${failure.text} ${failure.remedy}`;
    problem.hidden = false;
    form.elements.password.select();
  }
});
document.getElementById("switch-theme").addEventListener("click", () => {
  prefer("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark");
});
document.getElementById("switch-language").addEventListener("click", (event) => prefer("language", event.currentTarget.dataset.to));
