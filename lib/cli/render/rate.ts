/** Time between two measurements. */
const SAMPLE_MS = 250;
/** After this long a measurement weighs a third of what it did. */
const MEMORY_MS = 3_000;

/** Bytes a second, without jumps: a mean in which older measurements weigh less. A stall brings it down. */
export class Rate {
  private doneBytes?: number;
  private sampledBytes = 0;
  private sampledAt = 0;
  private smooth?: number;

  /** What is done by now. The first call counts for nothing: it may be what an earlier run did. */
  reached(doneBytes: number, nowMs: number): void {
    if (this.doneBytes === undefined || doneBytes < this.doneBytes) {
      this.sampledBytes = doneBytes;
      this.sampledAt = nowMs;
      this.smooth = undefined;
    }
    this.doneBytes = doneBytes;
    this.sample(nowMs);
  }

  /** Undefined until something was measured. */
  bytesPerSecond(nowMs: number): number | undefined {
    this.sample(nowMs);
    return this.smooth;
  }

  private sample(nowMs: number): void {
    const elapsed = nowMs - this.sampledAt;
    if (this.doneBytes === undefined || elapsed < SAMPLE_MS) return;
    const measured = (this.doneBytes - this.sampledBytes) / (elapsed / 1000);
    const weight = 1 - Math.exp(-elapsed / MEMORY_MS);
    this.smooth = this.smooth === undefined ? measured : this.smooth + (measured - this.smooth) * weight;
    this.sampledBytes = this.doneBytes;
    this.sampledAt = nowMs;
  }
}
