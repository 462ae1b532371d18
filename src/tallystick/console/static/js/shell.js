// The shell of every page: connection, theme, language, keys, palette, tabs, copying.
import { ask, notice, prefer, t } from "./page.js";
import { watchKeys } from "./keys.js";
import { openPalette } from "./palette.js";
import { watchConnection } from "./connection.js";
import { watchTabs } from "./tabs.js";

const on = (id, action) => document.getElementById(id)?.addEventListener("click", action);

on("switch-theme", () => prefer("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
on("switch-language", (event) => prefer("language", event.currentTarget.dataset.to));
on("open-palette", openPalette);
on("open-help", () => document.getElementById("help").showModal());
on("sign-out", async () => {
  await ask("/session/end", { method: "POST" });
  location.assign("/login");
});

document.addEventListener("click", async (event) => {
  const copied = event.target.closest("[data-copy]");
  if (copied) {
    await navigator.clipboard.writeText(copied.dataset.copy);
    notice(copied.matches(".mono") ? t("Trace id copied") : t("Copied"));
  }
  if (event.target.closest("[data-print]")) window.print();
  if (event.target instanceof HTMLDialogElement) event.target.close();
});

watchKeys();
// After htmx has read the page, so that it hears the first tab being shown.
addEventListener("DOMContentLoaded", () => {
  watchConnection();
  watchTabs(document);
});
document.body.addEventListener("htmx:afterSwap", (event) => watchTabs(event.detail.target));
