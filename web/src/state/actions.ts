// What keys and buttons both do.
import { signal } from "@preact/signals";
import { kZones } from "../format/times.ts";
import { preferences, prefer, type Theme } from "./preferences.ts";
import { adjust, route } from "./route.ts";

export const helpOpen = signal(false);

const kThemes: Theme[] = ["auto", "dark", "light"];

export function themeName(): Theme {
  return preferences.value.theme;
}

export function cycleTheme(): void {
  prefer({ theme: next(kThemes, preferences.value.theme) });
}

export function cycleZone(): void {
  const zone = next(kZones, route.value.zone);
  prefer({ zone });
  adjust({ zone, at: route.value.at, part: route.value.part });
}

export function next<T>(all: readonly T[], one: T): T {
  return all[(all.indexOf(one) + 1) % all.length]!;
}
