// Which columns a list shows; the grid keeps the choice for this browser.
import { t } from "./page.js";

export function showColumnsMenu(list) {
  const dialog = document.createElement("dialog");
  dialog.className = "columns-menu";
  dialog.setAttribute("aria-label", t("Columns"));
  for (const column of list.config.columns) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = list.api.getColumn(column.name).isVisible();
    box.addEventListener("change", () => list.api.setColumnsVisible([column.name], box.checked));
    label.append(box, column.title);
    dialog.append(label);
  }
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
