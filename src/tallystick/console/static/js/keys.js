// The keyboard: g + letter to a room, / to the filter, ? for help; lists add their own keys through `handle`.
import { openPalette } from "./palette.js";

const handlers = [];
let going = 0;

/** Let a part of the page take keys first: `take(event)` returns true when it did something. */
export function handle(take) {
  handlers.push(take);
}

export function watchKeys() {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (go(event) || handlers.some((take) => take(event)) || shell(event)) event.preventDefault();
  });
}

function go(event) {
  if (event.key === "g" && !going) {
    going = setTimeout(() => { going = 0; }, 1200);
    return true;
  }
  if (!going) return false;
  clearTimeout(going);
  going = 0;
  const target = document.querySelector(`.rail ul[data-letter="${CSS.escape(event.key)}"] a`);
  if (target) location.assign(target.href);
  return Boolean(target);
}

function shell(event) {
  if (event.key === "?") {
    document.getElementById("help").showModal();
    return true;
  }
  const filter = document.querySelector("#filters input, #filters select");
  if (event.key === "/" && filter) {
    filter.focus();
    return true;
  }
  return false;
}
