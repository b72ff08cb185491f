// The keyboard. Pages say what a key does while they are shown; a field that is typed in keeps its keys, and so does a
// control that has a use for them.
import { cycleTheme, cycleZone, helpOpen } from "./actions.ts";
import { togglePause } from "./live.ts";
import { back, go, type Page } from "./route.ts";

export type KeyMap = Record<string, () => void>;

const layers: KeyMap[] = [];
let afterG = false;
const kPageKeys: Record<string, Page> = { o: "overview", c: "charts", p: "pipeline" };

// The newest layer comes first. Returns what removes it.
export function bindKeys(keys: KeyMap): () => void {
  layers.unshift(keys);
  return () => { layers.splice(layers.indexOf(keys), 1); };
}

const kGlobal: KeyMap = {
  "/": () => document.getElementById("search")?.focus(),
  t: cycleTheme,
  z: cycleZone,
  "?": () => { helpOpen.value = true; },
  " ": togglePause,
  Escape: back,
};

const kSliderKeys = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"]);

function takesKey(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("dialog:not([open])")) return false; // the focus leaves a closed dialog a moment after it is gone
  if (target instanceof HTMLInputElement && target.type === "checkbox") return key === " ";
  if (target instanceof HTMLInputElement && target.type === "range") return kSliderKeys.has(key);
  if (target.closest("input, textarea, select, [contenteditable]")) return true;
  if (target.closest("dialog[open]")) return true;
  return (key === " " || key === "Enter") && target.closest("button, a, summary") !== null;
}

function press(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (takesKey(event.target, event.key)) return;
  if (afterG) {
    afterG = false;
    const page = kPageKeys[event.key];
    if (page) return event.preventDefault(), go({ page });
  }
  if (event.key === "g") {
    afterG = true;
    return;
  }
  const action = layers.find((layer) => layer[event.key])?.[event.key] ?? kGlobal[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

export function startKeys(): void {
  addEventListener("keydown", press);
}
