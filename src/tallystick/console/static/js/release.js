// The release of a quarantined row: its corrected cells as one line of text, the report of the load below the form.
import { ask, failureBox, t } from "./page.js";

function watch(form) {
  form.setAttribute("data-ready", "1");
  const button = form.querySelector("button.main-action");
  const result = form.querySelector(".result");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      const report = await ask(form.getAttribute("data-release"), { method: "POST", body: bodyOf(form) });
      result.className = report.quarantined ? "result refused" : "result";
      result.replaceChildren(...lines(report, form));
      if (!report.quarantined) await showReleased(form);
    } catch (failure) {
      result.className = "result refused";
      result.replaceChildren(failureBox(failure));
    }
    result.hidden = false;
    button.disabled = !result.classList.contains("refused");
    result.scrollIntoView({ block: "nearest" });
  });
}

function bodyOf(form) {
  const cells = [["row", form.elements.row.value], ...[...form.querySelectorAll("[data-cell]")]
    .map((input) => [input.dataset.cell, input.value.trim()]).filter(([, value]) => value)];
  const line = (texts) => texts.map((text) => `"${text.replace(/"/g, '""')}"`).join(",");
  const fields = { dataset: form.elements.dataset.value, file: form.elements.file.value,
    sha256: form.elements.sha256.value, rows: `${line(cells.map(([name]) => name))}\n${line(cells.map(([, value]) => value))}\n` };
  const known = form.elements.known_at.value.trim();
  return known ? { ...fields, known_at: known } : fields;
}

/** The head, the facts and the timeline of the page as they are now; the form stays with what was typed. */
async function showReleased(form) {
  const inside = form.closest(".drawer");
  const answer = await fetch(inside?.dataset.address ?? location.href, { credentials: "same-origin" });
  if (!answer.ok) return; // the link below the form shows it
  const now = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of (inside ?? document).querySelectorAll("[data-now]")) {
    const fresh = now.querySelector(`[data-now="${part.dataset.now}"]`);
    if (fresh) part.replaceChildren(...fresh.childNodes);
  }
}

/** What became of the row, in words; the page anew shows it as released. */
function lines(report, form) {
  const texts = [report.quarantined ? t("Not released: the row still does not pass the checks.") : t("Released: the row is loaded."),
    ...report.reasons.map((each) => each.reason), ...(report.warnings ?? []).map((each) => each.warning)];
  const found = texts.map((text) => Object.assign(document.createElement("p"), { textContent: text }));
  const inside = form.closest(".drawer");
  const link = Object.assign(document.createElement("a"), { textContent: t("Show it"), href: inside?.dataset.address ?? location.href });
  return report.quarantined ? found : [...found, link];
}

function watchAll() {
  document.querySelectorAll("form[data-release]:not([data-ready])").forEach(watch);
}

watchAll();
document.body.addEventListener("htmx:afterSwap", watchAll); // a row in a list's drawer
