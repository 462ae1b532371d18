// The drawer at the right of a list: a record without its shell; Esc closes it.
import { t } from "./page.js";

let closed = null;

/** Open a record beside its list. */
export function openDrawer(place, address, onClose) {
  let drawer = place.querySelector(".drawer");
  if (!drawer) {
    drawer = document.createElement("aside");
    drawer.className = "drawer";
    drawer.setAttribute("aria-label", t("Close"));
    place.append(drawer);
  }
  closed = onClose;
  const joint = address.includes("?") ? "&" : "?";
  htmx.ajax("GET", `${address}${joint}part=1`, { target: drawer, swap: "innerHTML" });
  drawer.dataset.address = address;
  return true;
}

/** Close it; true if it was open. */
export function closeDrawer() {
  const drawer = document.querySelector(".drawer");
  if (!drawer) return false;
  drawer.remove();
  closed?.();
  return true;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) closeDrawer();
});
