// How numbers look. Thin spaces group, the minus is a true one, the number of decimals is fixed, unknown is a dash (its
// reason is the caller's to say). Rounding happens on the exact text.
import { decimalText, fixed, fractionDigits, toNumber, type Decimal } from "../api/decimal.ts";

export const kThin = "\u2009";
export const kMinus = "\u2212";
export const kUnknown = "—";
const kNoBreak = "\u00a0";

// "-12345.67" → "−12 345.67"
export function group(text: string): string {
  const negative = text.startsWith("-");
  const [whole = "", fraction] = (negative ? text.slice(1) : text).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, kThin);
  return (negative ? kMinus : "") + grouped + (fraction === undefined ? "" : `.${fraction}`);
}

export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? kUnknown : group(fixed(value, 0));
}

export function price(value: Decimal | null | undefined, decimals: number): string {
  return value === null || value === undefined ? kUnknown : group(fixed(value, decimals));
}

// Every digit that is stored.
export function exact(value: Decimal | null | undefined): string {
  return value === null || value === undefined ? kUnknown : group(decimalText(value));
}

export function signed(value: Decimal | null | undefined, decimals: number): string {
  if (value === null || value === undefined) return kUnknown;
  const text = fixed(value, decimals);
  return text.startsWith("-") || !/[1-9]/.test(text) ? group(text) : `+${group(text)}`;
}

export function percent(value: Decimal | null | undefined): string {
  return value === null || value === undefined ? kUnknown : `${signed(value, 2)}${kNoBreak}%`;
}

// "+1.24 (+0.68 %)"
export function change(value: Decimal | null, pct: Decimal | null, decimals: number): string {
  return value === null ? kUnknown : `${signed(value, decimals)} (${percent(pct)})`;
}

export function direction(value: Decimal | null | undefined): "up" | "down" | "flat" {
  const number = toNumber(value);
  return number > 0 ? "up" : number < 0 ? "down" : "flat";
}

export function arrow(value: Decimal | null | undefined): string {
  return { up: "▲", down: "▼", flat: "" }[direction(value)];
}

const kUnits: [number, string][] = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

// Three digits or so and a unit: 1.23 M. Below a thousand as it is, two decimals at most.
export function short(value: Decimal | null | undefined): string {
  if (value === null || value === undefined) return kUnknown;
  const number = toNumber(value);
  const size = Math.abs(number);
  for (const [unit, name] of kUnits) {
    // 999 950 would round to 1000.0 k.
    if (size >= unit * 0.9995) return `${shortDigits(number / unit)}${kNoBreak}${name}`;
  }
  return group(trimmed(fixed(value, size < 100 ? 2 : 0)));
}

function shortDigits(number: number): string {
  const size = Math.abs(number);
  return group(number.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0));
}

// At a tick of an axis: without the zeros behind the point, so that 12 k and 8 k stand together.
export function tick(value: number): string {
  const [digits = "", unit] = short(value).split(kNoBreak);
  return unit === undefined ? digits : `${trimmed(digits)}${kNoBreak}${unit}`;
}

export function tickRate(perSecond: number): string {
  const text = tick(perSecond);
  return text.includes(kNoBreak) ? `${text}/s` : `${text}${kNoBreak}/s`;
}

export function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

export function rate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined || !Number.isFinite(perSecond)) return kUnknown;
  const size = Math.abs(perSecond);
  if (size < 0.05) return `0${kNoBreak}/s`;
  for (const [unit, name] of kUnits) {
    if (size >= unit * 0.9995) return `${shortDigits(perSecond / unit)}${kNoBreak}${name}/s`;
  }
  return `${group(size < 9.95 ? perSecond.toFixed(1) : perSecond.toFixed(0))}${kNoBreak}/s`;
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return kUnknown;
  for (const [unit, name] of kUnits) {
    if (value >= unit * 0.9995) return `${shortDigits(value / unit)}${kNoBreak}${name}B`;
  }
  return `${group(String(value))}${kNoBreak}B`;
}

export function milliseconds(value: number | null): string {
  if (value === null) return kUnknown;
  if (value < 9_995) return `${group(String(Math.round(value)))}${kNoBreak}ms`;
  return `${group((value / 1000).toFixed(1))}${kNoBreak}s`;
}

// The decimals that a price is shown with where the symbol's own are not known.
export function decimalsOf(values: Decimal[]): number {
  return Math.min(8, Math.max(2, ...values.map((value) => fractionDigits(decimalText(value)))));
}
