// The server's clock, as well as the page can know it: what it last said, and how long ago that was. All ages are against
// it, so that a wrong clock on this machine makes none wrong.
import { signal } from "@preact/signals";

let offset: number | null = null; // server − here, ms
let bestAt = 0;
const kForgetMs = 60_000;

// The message that travelled the shortest says the most: the offset is the greatest seen of late.
export function hearTime(serverMs: number): void {
  if (!Number.isFinite(serverMs)) return;
  const seen = serverMs - Date.now();
  const old = performance.now() - bestAt > kForgetMs;
  if (offset === null || seen > offset || old || offset - seen > 5_000) {
    offset = seen;
    bestAt = performance.now();
    if (Math.abs(now() - second.peek()) > 2_000) second.value = now();
  }
}

export function now(): number {
  return Date.now() + (offset ?? 0);
}

// Moves every second: whatever shows an age or a clock reads it.
export const second = signal(0);

export function startClock(): void {
  second.value = now();
  setInterval(() => { second.value = now(); }, 1000);
}
