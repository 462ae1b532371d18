// Forms of changes: the confirm word must be typed, the answer (or the refusal with its remedy) stands below.
import { ask, failureBox, t } from "./page.js";

for (const form of document.querySelectorAll("form[data-operation]")) {
  const confirm = form.querySelector("[data-confirm]");
  const button = form.querySelector("button");
  const result = form.querySelector(".result");
  const ready = () => { button.disabled = confirm.value.trim() !== confirm.dataset.confirm; };
  confirm.addEventListener("input", ready);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    const fields = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
    try {
      const reply = await ask(form.dataset.operation, { method: "POST", body: fields });
      result.className = "result";
      result.replaceChildren(...lines({ "": t("Done."), ...reply }));
      confirm.value = "";
    } catch (failure) {
      result.className = "result refused";
      result.replaceChildren(failureBox(failure));
    }
    result.hidden = false;
    ready();
  });
}

function lines(reply) {
  return Object.entries(reply).map(([name, value]) => {
    const line = document.createElement("p");
    line.textContent = name ? `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}` : value;
    return line;
  });
}
