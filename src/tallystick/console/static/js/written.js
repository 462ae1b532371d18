// How values are written; the same forms as console/written.py, which a test holds side by side.
import { t } from "./page.js";

const EMPTY = "–";
const WHOLE_KINDS = ["money", "price", "quantity", "known", "count", "bytes", "percent", "ratio"];
const MINUS = "−";
const zone = document.documentElement.dataset.zone || "UTC";
const clock = new Intl.DateTimeFormat("sv-SE", {
  timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
  hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3,
});

/** A value as people read it, without its unit. `field`: kind, decimals, letter, words. */
export function written(value, field) {
  if (value === null || value === undefined || value === "") return field.none || EMPTY;
  if (WHOLE_KINDS.includes(field.kind) && !/^-?\d+$/.test(value)) return String(value);
  if (field.kind === "share" && !/^-?\d+(\.\d+)?$/.test(value)) return String(value);
  switch (field.kind) {
    case "money": return scaled(value, field.decimals ?? 0);
    case "price": return scaled(value, BigInt(value) % 10n ** BigInt(4 - (field.decimals ?? 0)) ? 4 : field.decimals ?? 0);
    case "known": return BigInt(value) ? grouped(BigInt(value)) : EMPTY;
    case "quantity": case "count": return grouped(BigInt(value));
    case "bytes": return sized(BigInt(value));
    case "percent": return percent(value, field.decimals ?? 2);
    case "share": return (value / 100).toFixed(field.decimals ?? 2).replace("-", MINUS);
    case "number": return (field.decimals ? Number(value).toFixed(field.decimals) : String(value)).replace("-", MINUS);
    case "time": return moment(value)?.slice(11) ?? EMPTY;
    case "minute": return moment(value)?.slice(0, 16) ?? EMPTY;
    case "ratio": return ratio(BigInt(value));
    case "stamp": return moment(value) ?? EMPTY;
    case "id": return dayId(String(value), field.letter);
    case "hash": return String(value).slice(0, 12);
    case "flag": return value ? t("yes") : t("no");
    case "code": return word(value, field)[0];
    case "list": return (Array.isArray(value) ? value : String(value).split(", ")).map((each) => word(each, field)[0]).join("; ") || EMPTY;
    default: return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
}

/** The word and the mark of a coded value. */
export function word(value, field) {
  return field.words?.[String(value).toLowerCase()] || [String(value), ""];
}

/** Whole 1e-4 units as a decimal, rounded half up, thousands apart. */
export function scaled(value, decimals) {
  const amount = BigInt(value);
  const size = amount < 0n ? -amount : amount;
  const step = 10n ** BigInt(4 - decimals);
  const rounded = (2n * size + step) / (2n * step);
  const unit = 10n ** BigInt(decimals);
  const rest = decimals ? "." + (rounded % unit).toString().padStart(decimals, "0") : "";
  return (amount < 0n && rounded ? MINUS : "") + grouped(rounded / unit) + rest;
}

function grouped(number) {
  return number.toString().replace("-", MINUS).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** Bytes with a decimal unit: three digits at most, below a thousand exactly. */
function sized(value) {
  const sign = value < 0n ? MINUS : "";
  const size = value < 0n ? -value : value;
  if (size < 1000n) return `${sign}${size} B`;
  let unit = 1000n;
  for (const name of ["kB", "MB", "GB", "TB"]) {
    const tenths = (20n * size + unit) / (2n * unit);
    if (tenths < 1000n) return `${sign}${tenths / 10n}.${tenths % 10n} ${name}`;
    const whole = (2n * size + unit) / (2n * unit);
    if (whole < 1000n || name === "TB") return `${sign}${grouped(whole)} ${name}`;
    unit *= 1000n;
  }
}

function percent(parts, decimals) {
  const sign = parts > 0 ? "+" : parts < 0 ? MINUS : "";
  return sign + (Math.abs(parts) / 100).toFixed(decimals);
}

/** A number in 1e-8 exactly, without zeros at its end. */
function ratio(parts) {
  const size = parts < 0n ? -parts : parts;
  const rest = (size % 100000000n).toString().padStart(8, "0").replace(/0+$/, "");
  return (parts < 0n ? MINUS : "") + grouped(size / 100000000n) + (rest ? `.${rest}` : "");
}

/** A time in the market's zone to the millisecond; UTC nanoseconds or ISO text. */
function moment(value) {
  const digits = typeof value === "number" || /^\d+$/.test(value);
  if (digits && BigInt(value) === 0n) return null;
  const milliseconds = digits ? Number(BigInt(value) / 1000000n) : Date.parse(value);
  return clock.format(milliseconds).replace(",", ".");
}

function dayId(text, letter) {
  if (!/^\d{10,}$/.test(text)) return text;
  return `${letter}${text.slice(0, -9)}-${BigInt(text.slice(-9))}`;
}
