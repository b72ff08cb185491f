// From the event to the screen: how long ago a price came to be when the frame with it was drawn. Of the last 2000.
const kSamples = 2000;

export class Latency {
  private readonly samples = new Float64Array(kSamples);
  private next = 0;
  private count = 0;

  add(milliseconds: number): void {
    this.samples[this.next] = milliseconds;
    this.next = (this.next + 1) % kSamples;
    this.count = Math.min(this.count + 1, kSamples);
  }

  clear(): void {
    this.count = this.next = 0;
  }

  // The value that the given part of the samples does not pass; null without samples.
  percentile(part: number): number | null {
    if (this.count === 0) return null;
    const sorted = this.samples.slice(0, this.count).sort();
    return sorted[Math.min(this.count - 1, Math.ceil(part * this.count) - 1)]!;
  }
}
