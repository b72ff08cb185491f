// Times of the API are ISO text in UTC; here they are milliseconds. Zones exist only where something is shown.

export type Zone = "utc" | "local" | "exchange";
export const kZones: Zone[] = ["utc", "local", "exchange"];
const kExchange = "America/New_York";

export function parseTime(text: string | null | undefined): number {
  if (!text) return Number.NaN;
  return Date.parse(text.length > 24 ? `${text.slice(0, 23)}Z` : text);
}

function zoneName(zone: Zone): string | undefined {
  return { utc: "UTC", local: undefined, exchange: kExchange }[zone];
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: Zone, kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${kind}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat("en-GB", { timeZone: zoneName(zone), hourCycle: "h23", ...options });
    formats.set(key, found);
  }
  return found;
}

const kTime: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
const kDate: Intl.DateTimeFormatOptions = { year: "numeric", month: "2-digit", day: "2-digit" };

export function clockTime(ms: number, zone: Zone): string {
  return Number.isFinite(ms) ? format(zone, "time", kTime).format(ms) : "—";
}

export function hourMinute(ms: number, zone: Zone): string {
  return format(zone, "minute", { hour: "2-digit", minute: "2-digit" }).format(ms);
}

// 2026-11-20
export function date(ms: number, zone: Zone): string {
  const parts = Object.fromEntries(format(zone, "date", kDate).formatToParts(ms).map((p) => [p.type, p.value]));
  return `${parts["year"]}-${parts["month"]}-${parts["day"]}`;
}

export function dayMonth(ms: number, zone: Zone): string {
  return format(zone, "day", { day: "numeric", month: "short" }).format(ms);
}

export function dateTime(ms: number, zone: Zone): string {
  return Number.isFinite(ms) ? `${date(ms, zone)} ${clockTime(ms, zone)}` : "—";
}

// UTC, CET, EST: the zone as people write it at that moment.
export function zoneLabel(ms: number, zone: Zone): string {
  if (zone === "utc") return "UTC";
  const locale = zone === "exchange" ? "en-US" : "en-GB";
  const parts = new Intl.DateTimeFormat(locale, { timeZone: zoneName(zone), timeZoneName: "short" }).formatToParts(ms);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

// 0.4 s, 14 s, 3 min, 2 h, 5 d
export function age(ms: number): string {
  if (!Number.isFinite(ms)) return "—";
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)}\u00a0s`;
  if (seconds < 60) return `${Math.floor(seconds)}\u00a0s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}\u00a0min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}\u00a0h`;
  return `${Math.floor(seconds / 86_400)}\u00a0d`;
}

// 0:07, 12:40, 1:02:03
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

const kUnitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

// "5m" → 300000; NaN if it is no duration.
export function durationMs(text: string): number {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text);
  return match ? Number(match[1]) * kUnitMs[match[2]!]! : Number.NaN;
}
