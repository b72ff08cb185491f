// Rates over the last minute (or another while), from totals that are told about once a second.

export interface RateHistory {
  times: number[];
  perSecond: number[];
}

const kKeepMs = 60_000;

export class RateTrack {
  constructor(private readonly keepMs = kKeepMs) {}

  private times: number[] = [];
  private totals: number[] = [];

  add(time: number, total: number): void {
    const last = this.times.at(-1);
    if (last !== undefined && (time <= last || total < this.totals.at(-1)!)) {
      // Another process, or a clock that was set: what was before means nothing.
      if (total < this.totals.at(-1)! || time < last - this.keepMs) this.clear();
      else return;
    }
    this.times.push(time);
    this.totals.push(total);
    while (this.times.length > 1 && this.times[0]! < time - this.keepMs) {
      this.times.shift();
      this.totals.shift();
    }
  }

  clear(): void {
    this.times = [];
    this.totals = [];
  }

  get total(): number | null {
    return this.totals.at(-1) ?? null;
  }

  // Over the last few seconds, so that a burst does not make the number flutter.
  rate(overMs = 5_000): number | null {
    const last = this.times.length - 1;
    if (last < 1) return null;
    let first = last - 1;
    while (first > 0 && this.times[last]! - this.times[first]! < overMs) first--;
    return ((this.totals[last]! - this.totals[first]!) * 1000) / (this.times[last]! - this.times[first]!);
  }

  history(): RateHistory {
    const perSecond: number[] = [];
    const times: number[] = [];
    for (let i = 1; i < this.times.length; i++) {
      times.push(this.times[i]! / 1000);
      perSecond.push(((this.totals[i]! - this.totals[i - 1]!) * 1000) / (this.times[i]! - this.times[i - 1]!));
    }
    return { times, perSecond };
  }
}

const kMinuteSeconds = 60;

// First and last second of an axis over `times` (seconds): what has been seen, a minute at least, so that the first
// seconds do not stretch.
export function shownSpan(times: ArrayLike<number>, nowSeconds: number): [number, number] {
  const end = times[times.length - 1] ?? nowSeconds;
  return [Math.min(times[0] ?? end, end - kMinuteSeconds), end];
}
