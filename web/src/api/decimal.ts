// Numbers of the API are exact decimals. A double keeps 15 digits for certain; what has more arrives as its own text, so
// that nothing that is shown differs from what is stored. All arithmetic for display is on that text.

export type Decimal = number | string;

export function toNumber(value: Decimal | null | undefined): number {
  return value === null || value === undefined ? Number.NaN : Number(value);
}

// Plain decimal text without exponent: what the API wrote.
export function decimalText(value: Decimal): string {
  if (typeof value === "string") return plain(value);
  const text = String(value);
  return text.includes("e") ? plain(text) : text;
}

function plain(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d*))?[eE]([+-]?\d+)$/.exec(text);
  if (!match) return text;
  const [, sign, whole = "", fraction = "", exponent] = match;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

// Exactly `decimals` digits behind the point, half to even, on the text.
export function fixed(value: Decimal, decimals: number): string {
  const text = decimalText(value);
  const negative = text.startsWith("-");
  const [whole = "0", fraction = ""] = (negative ? text.slice(1) : text).split(".");
  let digits = whole + fraction.slice(0, decimals).padEnd(decimals, "0");
  if (roundsUp(digits, fraction.slice(decimals))) digits = plusOne(digits);
  const point = digits.length - decimals;
  const shown = decimals === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return negative && /[1-9]/.test(shown) ? `-${shown}` : shown;
}

function roundsUp(kept: string, rest: string): boolean {
  const first = rest[0] ?? "0";
  if (first !== "5") return first > "5";
  if (/[1-9]/.test(rest.slice(1))) return true;
  return Number(kept.at(-1)) % 2 === 1;
}

function plusOne(digits: string): string {
  const out = digits.split("");
  for (let i = out.length - 1; i >= 0; i--) {
    if (out[i] !== "9") {
      out[i] = String(Number(out[i]) + 1);
      return out.join("");
    }
    out[i] = "0";
  }
  return `1${out.join("")}`;
}

// a - b, as exact text.
export function difference(a: Decimal, b: Decimal): string {
  const [x, y] = [decimalText(a), decimalText(b)];
  const scale = Math.max(fractionDigits(x), fractionDigits(y));
  const result = scaled(x, scale) - scaled(y, scale);
  const digits = (result < 0n ? -result : result).toString().padStart(scale + 1, "0");
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return result < 0n ? `-${text}` : text;
}

export function fractionDigits(text: string): number {
  const point = text.indexOf(".");
  return point < 0 ? 0 : text.length - point - 1;
}

function scaled(text: string, scale: number): bigint {
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(scale, "0"));
}
