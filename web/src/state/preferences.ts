// What one person likes, kept in this browser. A browser that keeps nothing only forgets.
import { effect, signal } from "@preact/signals";
import { kZones, type Zone } from "../format/times.ts";

export type Theme = "auto" | "dark" | "light";
export type Colours = "blue" | "classic";
export type ChartKind = "candle" | "line";
export type Column = "last" | "change" | "change_pct" | "range" | "volume" | "trades" | "vwap" | "spark" | "age" | "health";
export const kColumns: Column[] = [
  "last", "change", "change_pct", "range", "volume", "trades", "vwap", "spark", "age", "health",
];
export interface Sort {
  by: Column | "symbol";
  descending: boolean;
}

export interface Preferences {
  theme: Theme;
  colours: Colours;
  zone: Zone;
  chart: ChartKind;
  columns: Column[];
  starred: string[];
  starredOnly: boolean;
  sort: Sort;
}

const kKey = "tickerhouse";
const kDefault: Preferences = {
  theme: "auto", colours: "blue", zone: "utc", chart: "candle", columns: kColumns, starred: [], starredOnly: false,
  sort: { by: "symbol", descending: false },
};

// Text of another version, or of somebody else, is taken as far as it makes sense.
export function readPreferences(text: string | null): Preferences {
  let found: Partial<Preferences> = {};
  try {
    found = { ...(JSON.parse(text ?? "{}") as Partial<Preferences>) };
  } catch {
    // Nothing of ours.
  }
  const pick = <T>(value: T | undefined, all: readonly T[], otherwise: T) => (all.includes(value as T) ? (value as T) : otherwise);
  const columns = Array.isArray(found.columns) ? kColumns.filter((c) => found.columns!.includes(c)) : kDefault.columns;
  return {
    theme: pick(found.theme, ["auto", "dark", "light"], kDefault.theme),
    colours: pick(found.colours, ["blue", "classic"], kDefault.colours),
    zone: pick(found.zone, kZones, kDefault.zone),
    chart: pick(found.chart, ["candle", "line"], kDefault.chart),
    columns: columns.length > 0 ? columns : kDefault.columns,
    starred: Array.isArray(found.starred) ? found.starred.filter((s) => typeof s === "string") : [],
    starredOnly: found.starredOnly === true,
    sort: {
      by: pick(found.sort?.by, ["symbol", ...kColumns] as const, kDefault.sort.by),
      descending: found.sort?.descending === true,
    },
  };
}

export const preferences = signal<Preferences>(kDefault);

export function prefer(change: Partial<Preferences>): void {
  preferences.value = { ...preferences.value, ...change };
}

export function startPreferences(): void {
  try {
    preferences.value = readPreferences(localStorage.getItem(kKey));
  } catch {
    return;
  }
  effect(() => {
    const text = JSON.stringify(preferences.value);
    try {
      localStorage.setItem(kKey, text);
    } catch {
      // Full, or forbidden.
    }
  });
}

const prefersLight = globalThis.matchMedia?.("(prefers-color-scheme: light)");
const systemLight = signal(prefersLight?.matches ?? false);
prefersLight?.addEventListener("change", () => { systemLight.value = prefersLight.matches; });

export function shownTheme(): "dark" | "light" {
  const { theme } = preferences.value;
  return theme === "auto" ? (systemLight.value ? "light" : "dark") : theme;
}

export function toggleStar(symbol: string): void {
  const { starred } = preferences.value;
  prefer({ starred: starred.includes(symbol) ? starred.filter((s) => s !== symbol) : [...starred, symbol] });
}
