// Lists: every [data-list] becomes a grid; filters, sort and the open row are in the page's address.
import { handle } from "./keys.js";
import { notice, rowsInWords, t } from "./page.js";
import { closeDrawer, openDrawer } from "./drawer.js";
import { exportRows } from "./export.js";
import { makeGrid } from "./grid.js";
import { showColumnsMenu } from "./columns.js";

const form = document.getElementById("filters");
const query = new URLSearchParams(location.search);
let list = null;

function filters() {
  const values = form ? Object.fromEntries(new FormData(form)) : {};
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => value.trim() !== "" && !isAll(name, value)));
}

/** Whether a value means no filter: `all` where another choice holds at first. */
function isAll(name, value) {
  return value === "all" && form.elements[name].matches("select");
}

function tell(changes) {
  const address = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  history.replaceState(null, "", address);
}

function start(place) {
  const config = JSON.parse(place.querySelector("script").textContent);
  const main = Boolean(form) && !place.closest(".tabpanel");
  const made = makeGrid(place, config, {
    filters: main ? filters : () => ({}),
    sort: (main && query.get("sort")) || config.sort,
    onSort: (sort) => main && tell({ sort }),
    onOpen: (row, address, again) => {
      if (again || place.closest(".tabpanel")) location.assign(address);
      else openDrawer(place, address, () => tell({ row: "" })) && tell({ row: address });
    },
    onCount: (n) => {
      const count = document.getElementById("row-count");
      if (main && count) count.textContent = rowsInWords(n);
    },
  });
  if (!list || main || place.closest(".tabpanel:not([hidden])")) list = made;
  if (main) {
    if (query.get("row")?.startsWith("/")) openDrawer(place, query.get("row"), () => tell({ row: "" }));
  }
  return made;
}

if (form) {
  for (const [name, value] of query) {
    const control = form.elements[name];
    if (!control) continue;
    // A value that is no choice is asked for all the same, so that the server says what is wrong with it.
    if (control.matches("select") && value && ![...control.options].some((option) => option.value === value)) control.add(new Option(value, value));
    control.value = value;
  }
  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      tell(Object.fromEntries([...form.elements].filter((e) => e.name).map((e) => [e.name, e.value.trim()])));
      list.reload();
    }, 250);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
}

document.body.addEventListener("verified", () => list?.reload()); // what was found may have changed the rows

const started = new Map();

function show(place) {
  list = started.get(place) ?? started.set(place, start(place)).get(place);
}

for (const place of document.querySelectorAll("[data-list]")) {
  const panel = place.closest(".tabpanel");
  panel?.addEventListener("shown", () => show(place));
  if (!panel || panel.hidden === false) show(place);
}

function freeze() {
  const button = document.querySelector('[data-do="freeze"]');
  const frozen = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(frozen));
  list.freeze(frozen);
  notice(frozen ? t("Frozen: rows do not move until you press Space.") : t("Live"));
}

document.addEventListener("click", (event) => {
  const wanted = event.target.closest("[data-do]")?.dataset.do;
  if (wanted === "freeze") freeze();
  if (wanted && !list) show(document.querySelector("[data-list]")); // its tab was not opened yet
  if (wanted === "copy") list.source.ready.then(list.copy);
  if (wanted === "columns") showColumnsMenu(list);
  if (wanted === "csv" || wanted === "tsv") exportRows(list, wanted);
});

if (document.querySelector("[data-list]")) {
  handle((event) => {
    if (!list) return false;
    if (event.key === "j" || event.key === "k") return list.move(event.key === "j" ? 1 : -1);
    if (event.key === "Enter" && !event.target.closest("a, button")) return list.open();
    if (event.key === "Escape") return closeDrawer();
    if (event.key === " " && form && !event.target.closest("a, button")) { freeze(); return true; }
    return false;
  });
}
