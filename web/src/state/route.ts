// The address holds what is looked at, so that a link shows the same view: #page=charts&symbol=AAPL&interval=1m&range=1h&zone=utc
import { signal } from "@preact/signals";
import { kZones, type Zone } from "../format/times.ts";

export type Page = "overview" | "charts" | "pipeline";
export const kPages: Page[] = ["overview", "charts", "pipeline"];
export const kRanges = ["5m", "15m", "1h", "6h", "24h", "all"] as const;
export type Range = (typeof kRanges)[number];

export interface Route {
  page: Page;
  symbol: string | null; // null: the first one there is
  interval: string | null; // null: the shortest
  range: Range;
  zone: Zone;
  compare: string[];
  at: string | null; // a window to show: its start
  part: string | null; // of the Pipeline page: a stage, or topic/partition/offset
}

const kDefault: Route = {
  page: "overview", symbol: null, interval: null, range: "1h", zone: "utc", compare: [], at: null, part: null,
};

function oneOf<T extends string>(value: string | null, all: readonly T[], otherwise: T): T {
  return all.includes(value as T) ? (value as T) : otherwise;
}

export function parseRoute(fragment: string, zone: Zone = kDefault.zone): Route {
  const p = new URLSearchParams(fragment.replace(/^#/, ""));
  return {
    page: oneOf(p.get("page"), kPages, kDefault.page),
    symbol: p.get("symbol"),
    interval: /^\d+(ms|s|m|h|d)$/.test(p.get("interval") ?? "") ? p.get("interval") : null,
    range: oneOf(p.get("range"), kRanges, kDefault.range),
    zone: oneOf(p.get("zone"), kZones, zone),
    compare: (p.get("compare") ?? "").split(",").filter(Boolean).slice(0, 4),
    at: p.get("at"),
    part: p.get("part"),
  };
}

export function formatRoute(route: Route): string {
  const p = new URLSearchParams({ page: route.page });
  if (route.symbol) p.set("symbol", route.symbol);
  if (route.interval) p.set("interval", route.interval);
  p.set("range", route.range);
  p.set("zone", route.zone);
  if (route.compare.length > 0) p.set("compare", route.compare.join(","));
  if (route.at) p.set("at", route.at);
  if (route.part) p.set("part", route.part);
  return `#${p}`;
}

export const route = signal<Route>(kDefault);

export function startRoute(zone: Zone): void {
  route.value = parseRoute(location.hash, zone);
  addEventListener("hashchange", () => { route.value = parseRoute(location.hash, route.value.zone); });
  addEventListener("popstate", () => { route.value = parseRoute(location.hash, route.value.zone); });
}

function moved(change: Partial<Route>): Route {
  const next = { ...route.value, ...change };
  // What belongs to one page, or to one symbol, does not go along to the next.
  if (next.page !== "pipeline") next.part = null;
  if (next.page !== "charts" || (change.symbol !== undefined && change.at === undefined)) next.at = null;
  return next;
}

// A step that "back" undoes.
export function go(change: Partial<Route>): void {
  const next = moved(change);
  if (formatRoute(next) === formatRoute(route.value)) return;
  history.pushState({ depth: depth() + 1 }, "", formatRoute(next));
  route.value = next;
}

function depth(): number {
  return (history.state as { depth?: number } | null)?.depth ?? 0;
}

// Where the user was before; the first page has only the Overview behind it.
export function back(): void {
  if (depth() > 0) history.back();
  else go({ page: "overview" });
}

// The address follows, and "back" does not stop here.
export function adjust(change: Partial<Route>): void {
  const next = moved(change);
  if (formatRoute(next) === formatRoute(route.value)) return;
  history.replaceState({ depth: depth() }, "", formatRoute(next));
  route.value = next;
}

export function href(change: Partial<Route>): string {
  return formatRoute(moved(change));
}
