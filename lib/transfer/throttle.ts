import { TRANSFER } from "../limits.ts";
import { pause } from "./pause.ts";

/** Steps a second, so that bytes trickle instead of coming in gushes. */
const HERTZ = 8;

/**
 * Holds transfers to a rate, all that share it together. Own code: `limiter` waits on through an abort, and takes no clock of a test.
 *
 * @param options.now in milliseconds; default: a clock that is never set back
 */
export class Throttle {
  /** When the bytes that were let through so far are due. */
  private dueAt = 0;
  private readonly now: () => number;
  private readonly sleep: typeof pause;

  constructor(readonly bytesPerSecond: number, options: { now?: () => number; sleep?: typeof pause } = {}) {
    this.now = options.now ?? (() => performance.now());
    this.sleep = options.sleep ?? pause;
  }

  /** What is best moved at once, in bytes. */
  get stepBytes(): number {
    return Math.max(1, Math.min(TRANSFER.blockBytes, Math.floor(this.bytesPerSecond / HERTZ)));
  }

  /** Waits until as many bytes may pass. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    const now = this.now();
    const from = Math.max(this.dueAt, now);
    this.dueAt = from + bytes / this.bytesPerSecond * 1000;
    if (from > now) await this.sleep(from - now, signal);
  }

  /** Writes a block step by step. */
  async pass(
    block: Uint8Array,
    options: { write: (step: Uint8Array) => Promise<void>; signal?: AbortSignal },
  ): Promise<void> {
    for (let at = 0; at < block.length; at += this.stepBytes) {
      const step = block.subarray(at, at + this.stepBytes);
      await this.take(step.length, options.signal);
      await options.write(step);
    }
  }
}
