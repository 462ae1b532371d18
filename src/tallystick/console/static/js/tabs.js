// Tabs of a record: arrows move, the tab is in the address, a panel is filled when it is first shown.

export function watchTabs(root) {
  for (const bar of root.querySelectorAll("[role=tablist]:not([data-ready])")) {
    bar.dataset.ready = "1";
    const tabs = [...bar.querySelectorAll("[role=tab]")];
    const named = new URLSearchParams(location.search).get("tab");
    tabs.forEach((tab) => tab.addEventListener("click", () => select(tabs, tab)));
    bar.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
      next.focus();
      select(tabs, next);
    });
    select(tabs, tabs.find((tab) => tab.dataset.tab === named) || tabs[0], false);
  }
}

function select(tabs, chosen, tell = true) {
  for (const tab of tabs) {
    const panel = document.getElementById(tab.getAttribute("aria-controls"));
    tab.setAttribute("aria-selected", String(tab === chosen));
    tab.tabIndex = tab === chosen ? 0 : -1;
    panel.hidden = tab !== chosen;
    if (tab === chosen) panel.dispatchEvent(new CustomEvent("shown", { bubbles: true }));
  }
  if (!tell || chosen.closest(".drawer")) return;
  const address = new URL(location.href);
  address.searchParams.set("tab", chosen.dataset.tab);
  history.replaceState(history.state, "", address);
}
