// Canvases know no style sheet: the colours of the theme, read from it.
import { computed } from "@preact/signals";
import { preferences, shownTheme } from "../state/preferences.ts";

export interface Palette {
  background: string;
  text: string;
  muted: string;
  line: string;
  up: string;
  down: string;
  accent: string;
  warning: string;
  compare: string[];
}

export const palette = computed<Palette>(() => {
  const root = document.documentElement;
  root.dataset["theme"] = shownTheme();
  root.dataset["colours"] = preferences.value.colours;
  const style = getComputedStyle(root);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    background: read("background"), text: read("text"), muted: read("muted"), line: read("line"), up: read("up"),
    down: read("down"), accent: read("accent"), warning: read("warning"),
    compare: [1, 2, 3, 4].map((n) => read(`compare-${n}`)),
  };
});

export function withAlpha(hex: string, alpha: number): string {
  return hex + Math.round(alpha * 255).toString(16).padStart(2, "0");
}
