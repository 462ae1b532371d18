// Ctrl-K: pages and commands at once, accounts and instruments as one types.
import { ask, prefer, t } from "./page.js";

const dialog = document.getElementById("palette");
const input = document.getElementById("palette-input");
const box = document.getElementById("palette-options");
const sources = JSON.parse(document.getElementById("palette-sources")?.textContent || "[]");
let options = [];
let chosen = 0;
let asking = null;

export function openPalette() {
  if (dialog.open) return;
  input.value = "";
  dialog.showModal();
  show(still(""));
}

function still(query) {
  const pages = [...document.querySelectorAll(".rail li a")].map((link) => ({
    group: t("Pages"), title: link.textContent, go: link.getAttribute("href"),
    detail: link.closest("ul").previousElementSibling.querySelector("span").textContent,
  }));
  const commands = [
    { title: t("Switch theme"), act: () => prefer("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark") },
    { title: t("Switch language"), act: () => document.getElementById("switch-language").click() },
    { title: t("Check the hash chain"), go: "/journal/batches?check=1" },
  ].map((command) => ({ group: t("Commands"), detail: "", ...command }));
  const wanted = query.toLowerCase();
  return [...pages, ...commands].filter((each) => `${each.title} ${each.detail}`.toLowerCase().includes(wanted));
}

async function search(query) {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const found = still(query);
  show(found);
  if (query.length < 2) return;
  await new Promise((resolve) => setTimeout(resolve, 120));
  for (const source of sources) {
    if (signal.aborted) return;
    try {
      const table = await ask(`${source.address}?limit=8&${source.field}=${encodeURIComponent(query)}`, { signal });
      const names = table.columns.map((column) => column.name);
      const rows = table.rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
      found.unshift(...rows.map((row) => ({
        group: source.title, title: fill(source.label, row), detail: fill(source.detail, row), go: fill(source.go, row),
      })));
    } catch (error) {
      if (error.name === "AbortError") return;
    }
    if (!signal.aborted) show(found);
  }
}

const fill = (pattern, row) => pattern.replace(/\{(\w+)\}/g, (_, name) => row[name] ?? "");

function show(list) {
  options = list;
  chosen = 0;
  box.replaceChildren();
  let group = "";
  list.forEach((option, index) => {
    if (option.group !== group) {
      group = option.group;
      box.append(line("group", group, "presentation"));
    }
    const item = line("", option.title, "option");
    item.id = `palette-option-${index}`;
    item.append(line("detail", option.detail, "", "span"));
    item.addEventListener("click", () => run(option));
    box.append(item);
  });
  if (!list.length) box.append(line("group", t("No match"), "presentation"));
  mark();
}

function line(style, text, role, tag = "li") {
  const item = document.createElement(tag);
  item.className = style;
  item.textContent = text;
  if (role) item.setAttribute("role", role);
  return item;
}

function mark() {
  box.querySelectorAll("[role=option]").forEach((item, index) => {
    item.setAttribute("aria-selected", String(index === chosen));
    if (index === chosen) item.scrollIntoView({ block: "nearest" });
  });
  input.setAttribute("aria-activedescendant", options.length ? `palette-option-${chosen}` : "");
}

function run(option) {
  dialog.close();
  if (option.act) option.act();
  else location.assign(option.go);
}

input?.addEventListener("input", () => search(input.value.trim()));
input?.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && options.length) {
    chosen = (chosen + step + options.length) % options.length;
    mark();
    event.preventDefault();
  } else if (event.key === "Enter" && options[chosen]) {
    event.preventDefault();
    run(options[chosen]);
  }
});
