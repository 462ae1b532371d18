// Export: all rows that fit the filters, through the operation's own door, as the firm's programs get them.
import { ask, failureBox, notice, t } from "./page.js";

const MEDIA = { csv: "text/csv", tsv: "text/tab-separated-values" };
const BYTE_ORDER_MARK = "\ufeff"; // so that spreadsheets read Chinese

export async function exportRows(list, form) {
  const request = list.request();
  if (list.config.pages) {
    request.set("limit", list.source.total);
    request.set("offset", 0);
  }
  try {
    const text = await ask(`${list.config.source}?${request}`, { accept: MEDIA[form] });
    const address = URL.createObjectURL(new Blob([BYTE_ORDER_MARK, text], { type: MEDIA[form] }));
    const link = document.createElement("a");
    link.href = address;
    link.download = `${list.config.name}.${form}`;
    link.click();
    URL.revokeObjectURL(address);
    notice(t("{n} rows", { n: list.source.total.toLocaleString("en") }));
  } catch (failure) {
    notice(failureBox(failure).textContent);
  }
}
