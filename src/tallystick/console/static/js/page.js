// What every script needs of the page it runs in: texts, the form key, cookies, notices, requests to the doors.

const texts = JSON.parse(document.getElementById("texts")?.textContent || "{}");

/** The sentence in the page's language, its {places} filled. */
export function t(sentence, values = {}) {
  return (texts[sentence] || sentence).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/** How many rows, in words. */
export function rowsInWords(n) {
  return n === 1 ? t("1 row") : t("{n} rows", { n: n.toLocaleString("en") });
}

/** Keep a choice for a year and load the page again with it. */
export function prefer(name, value) {
  document.cookie = `tally_${name}=${value}; path=/; max-age=31536000; samesite=lax`;
  location.reload();
}

let hiding = 0;

/** Say something for two seconds at the corner. */
export function notice(text) {
  const box = document.getElementById("notice");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { box.hidden = true; }, 2000);
}

/** A failure that a door answered with: code, text, remedy, trace. */
export class Failure extends Error {
  constructor(status, body) {
    super(body.text);
    const { code, text, remedy, trace, values = {} } = body;
    Object.assign(this, { status, code, text: inWords(text, values), remedy, trace });
  }
}

/** A refusal of a field that stands on this page: by the page's title and the field's label, not by their names. */
function inWords(text, { name, field }) {
  const control = field && document.querySelector(`main [name="${CSS.escape(field)}"]`);
  const [before, ...after] = text.split(name);
  if (!control || !after.length) return text;
  const label = control.closest("fieldset")?.querySelector("legend") ?? control.closest("label");
  const named = (label.querySelector("span") ?? label).firstChild.textContent.trim();
  const title = control.closest(".drawer, main").querySelector("h1").textContent.trim();
  return before + title + after.join(name).replace(new RegExp(`\\b${field}\\b`), () => named);
}

/** Ask a door. Signed out: to the sign-in page. Anything refused: a Failure. */
export async function ask(address, { method = "GET", body, accept = "application/json", signal } = {}) {
  const headers = { Accept: accept };
  if (method !== "GET") {
    headers["X-Form-Key"] = document.querySelector('meta[name="form-key"]').content;
    headers["Content-Type"] = "application/json";
  }
  let reply;
  try {
    reply = await fetch(address, { method, headers, body: body && JSON.stringify(body), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(0, { code: "console.no_answer", text: t("The server did not answer."), remedy: t("Try again"), trace: "" });
  }
  if (reply.status === 401 && address !== "/session") {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  if (!reply.ok) throw new Failure(reply.status, await reply.json());
  return accept === "application/json" ? reply.json() : reply.text();
}

/** The box that stands where something failed. */
export function failureBox(failure) {
  const box = document.createElement("div");
  box.className = "state";
  box.setAttribute("role", "alert");
  for (const [tag, text, style] of [["h2", failure.text, ""], ["p", failure.remedy, "mute"],
    ["p", [failure.code, failure.trace].filter(Boolean).join(" · "), "code"]]) {
    if (!text) continue;
    const line = document.createElement(tag);
    line.textContent = text;
    line.className = style;
    box.append(line);
  }
  return box;
}
