// Is what the page shows current? Asks for the journal's head each second; says stale after two, lost when nobody answers.
import { t } from "./page.js";

const EVERY = 1000;
const STALE_AFTER = 2000;
let answered = Date.now();
let lost = false;
let seen = "";

/** Start asking; `head` is told to the page (on document) when the journal has moved. */
export function watchConnection() {
  const status = document.getElementById("status");
  if (!status) return;
  seen = sequence();
  status.addEventListener("htmx:configRequest", (event) => {
    const shown = document.getElementById("damage")?.dataset.code ?? "";
    Object.assign(event.detail.parameters, { seq: seen, damage: shown });
  });
  status.addEventListener("htmx:afterSwap", () => {
    answered = Date.now();
    lost = false;
    const now = sequence();
    if (now !== seen) {
      seen = now;
      document.dispatchEvent(new CustomEvent("head", { detail: now }));
      document.body.dispatchEvent(new Event("later"));
    }
    show();
  });
  status.addEventListener("htmx:sendError", () => { lost = true; show(); });
  status.addEventListener("htmx:timeout", () => { lost = true; show(); });
  status.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
    else { lost = true; show(); }
  });
  setInterval(() => {
    if (document.visibilityState === "visible") document.body.dispatchEvent(new Event("tick"));
    show();
  }, EVERY);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") answered = Date.now(); });
}

function sequence() {
  return document.getElementById("journal-seq")?.dataset.seq ?? "";
}

function show() {
  const age = Date.now() - answered;
  const stale = age > STALE_AFTER && document.visibilityState === "visible";
  const state = lost ? "lost" : stale ? "stale" : "live";
  document.documentElement.dataset.connection = state;
  const words = { live: t("Connected"), stale: t("Stale"), lost: t("Connection lost. Trying again; nothing you see is current.") };
  const light = document.getElementById("connection");
  if (light.textContent !== words[state]) light.textContent = words[state];
  document.getElementById("age").textContent = t("Data {n} s old", { n: (age / 1000).toFixed(1) });
}
