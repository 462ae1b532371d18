// Forms of changes: the confirm word must be typed; the answer, with a link to what was made, stands below an emptied
// form; a refusal with its remedy, or why every row was set aside, stands below the form as it was sent.
// A form may have a field named `dataset`, which hides the property of that name: attributes are read by their names.
import { ask, failureBox, rowsInWords, t } from "./page.js";

function watch(form) {
  form.setAttribute("data-ready", "1");
  const confirm = form.querySelector("[data-confirm]");
  const button = form.querySelector("button");
  const result = form.querySelector(".result");
  const titles = JSON.parse(form.querySelector("script").textContent);
  const ready = () => { button.disabled = plain(confirm.value) !== plain(confirm.dataset.confirm); };
  confirm.addEventListener("input", ready);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    const fields = fieldsOf(form);
    try {
      const reply = await ask(form.getAttribute("data-operation"), { method: "POST", body: fields });
      const nothing = reply?.quarantined > 0 && !(reply.rows || reply.withdrawn || reply.loaded);
      result.className = nothing ? "result refused" : "result";
      result.replaceChildren(...lines(reply, titles, nothing), ...links(reply?.waits ? "/approvals/{id}" : form.getAttribute("data-made"), { ...fields, ...reply }));
      if (!nothing) form.reset();
    } catch (failure) {
      result.className = "result refused";
      result.replaceChildren(failureBox(failure));
    }
    result.hidden = false;
    result.scrollIntoView({ block: "nearest" });
    ready();
  });
}

/** Words as they are compared: without spaces around, capitals as small letters. */
function plain(words) {
  return words.trim().toLowerCase();
}

function watchAll() {
  document.querySelectorAll("form[data-operation]:not([data-ready])").forEach(watch);
}

watchAll();
document.body.addEventListener("htmx:afterSwap", watchAll); // a form in a list's drawer

/** What was filled in; fields that take several values are lists, empty fields are not sent. */
function fieldsOf(form) {
  const fields = {};
  for (const [name, value] of new FormData(form)) {
    if (value === "") continue;
    const input = form.querySelector(`[name="${CSS.escape(name)}"]`);
    if ("several" in input.dataset) (fields[name] ??= []).push(value);
    else if ("separated" in input.dataset) fields[name] = value.split(",").map((each) => each.trim()).filter(Boolean);
    else fields[name] = value;
  }
  return fields;
}

function lines(reply, titles, nothing) {
  const said = Object.entries(reply ?? {}).filter(([name]) => name in titles);
  const table = Array.isArray(reply?.columns) ? [["", rowsInWords(reply.total_rows)]] : [];
  const reasons = (reply?.reasons ?? []).map((each) => ["", each.row ? t("Row {row}: {reason}", each) : each.reason]);
  const doubts = (reply?.warnings ?? []).map((each) => ["", each.warning]);
  const done = nothing ? t("Nothing was changed: no row passes the checks.")
    : reply?.waits ? t("Proposed. Nothing changes before a second person approves it.")
    : reply?.unchanged > 0 && !reply.rows ? t("Nothing was changed: all of it is known already.")
    : t("Done.");
  return [["", done], ...said, ...table, ...reasons, ...doubts].map(([name, value]) => {
    const line = document.createElement("p");
    line.textContent = name ? `${titles[name]}: ${typeof value === "object" ? JSON.stringify(value) : value}` : value;
    return line;
  });
}

/** To what was made, and to the batch of the journal that holds it. */
function links(pattern, values) {
  const filled = pattern.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? ""));
  const found = [[t("Show it"), filled], [t("In the journal"), values.position ? `/journal/batches/${values.position}` : ""]];
  const line = document.createElement("p");
  line.className = "made";
  for (const [text, address] of found) {
    if (!address) continue;
    const link = document.createElement("a");
    link.href = address;
    link.textContent = text;
    line.append(link);
  }
  return [line];
}
