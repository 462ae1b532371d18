// Export: all rows that fit the filters, through the operation's own door, as the firm's programs get them.
import { ask, failureBox, notice, t } from "./page.js";

const MEDIA = { csv: "text/csv", tsv: "text/tab-separated-values" };
const BYTE_ORDER_MARK = "\ufeff"; // so that spreadsheets read Chinese

/** Save what a door gives as a file. */
export async function save(address, name, form) {
  const text = await ask(address, { accept: MEDIA[form] });
  const place = URL.createObjectURL(new Blob([BYTE_ORDER_MARK, text], { type: MEDIA[form] }));
  const link = document.createElement("a");
  link.href = place;
  link.download = `${name}.${form}`;
  link.click();
  URL.revokeObjectURL(place);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-save]");
  if (!button) return;
  try {
    await save(button.dataset.save, button.dataset.name, "csv");
  } catch (failure) {
    notice(failureBox(failure).textContent);
  }
});

export async function exportRows(list, form) {
  await list.source.ready;
  const request = list.request();
  if (list.config.pages) {
    request.set("limit", list.source.total);
    request.set("offset", 0);
  }
  try {
    await save(`${list.config.source}?${request}`, list.config.name, form);
    notice(rowsInWords(list.source.total));
  } catch (failure) {
    notice(failureBox(failure).textContent);
  }
}
