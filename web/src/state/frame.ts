// One draw per animation frame. Whoever has something to draw says so; all of it is drawn together, and nothing while the
// tab is hidden (the browser gives it no frames). What has arrived meanwhile is kept and drawn with the next frame.
import { batch } from "@preact/signals";

const waiting = new Set<() => void>();
let asked = false;

export function draw(work: () => void): void {
  waiting.add(work);
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    const now = [...waiting];
    waiting.clear();
    batch(() => { for (const one of now) one(); });
  });
}
