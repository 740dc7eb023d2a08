import { showText } from "../../codec/mod.ts";
import type { Clock } from "./clock.ts";
import { Rate } from "./rate.ts";

/** What the work is about, as the user named it. */
export interface About {
  remote?: string;
  pack?: string;
}

/** A step that is over. */
export interface EndedStep {
  step: string;
  elapsedMs: number;
  /** Moved in this step; undefined when it moves none. */
  bytes?: number;
  /** Over the time in which bytes moved; undefined when that was too short to say. */
  bytesPerSecond?: number;
}

interface CurrentStep {
  name: string;
  startedMs: number;
  rate: Rate;
  first?: { bytes: number; atMs: number };
  last?: { bytes: number; atMs: number; totalBytes?: number };
  waiting?: { what: string; untilMs: number };
  /** It ends then at the latest. */
  endsMs?: number;
}

/** How far a piece of work is: the state that displays draw. Steps follow each other. */
export class Work {
  readonly startedMs: number;
  private readonly ended: EndedStep[] = [];
  private current?: CurrentStep;

  /** @param options.named one of several at once, whose lines say what they are about. Default false. */
  constructor(
    private readonly clock: Clock,
    public about: About = {},
    readonly options: { named?: boolean } = {},
  ) {
    this.startedMs = clock.nowMs();
  }

  /** `pack → remote`, for a work among others. */
  get label(): string | undefined {
    const { pack = "", remote = "" } = this.about;
    return this.options.named ? showText(`${pack} → ${remote}`) : undefined;
  }

  get step(): string | undefined {
    return this.current?.name;
  }

  get elapsedMs(): number {
    return this.clock.nowMs() - this.startedMs;
  }

  /** Of the current step. */
  get stepElapsedMs(): number {
    return this.clock.nowMs() - (this.current?.startedMs ?? this.startedMs);
  }

  get moved(): { doneBytes: number; totalBytes?: number; bytesPerSecond?: number; leftMs?: number } | undefined {
    const { last, rate } = this.current ?? {};
    if (last === undefined || rate === undefined) return undefined;
    const bytesPerSecond = rate.bytesPerSecond(this.clock.nowMs());
    // a stall has no end that could be told
    const leftMs = last.totalBytes === undefined || bytesPerSecond === undefined || bytesPerSecond < 1
      ? undefined
      : Math.max(0, last.totalBytes - last.bytes) / bytesPerSecond * 1000;
    return { doneBytes: last.bytes, totalBytes: last.totalBytes, bytesPerSecond, leftMs };
  }

  /** What is waited for, while that lasts. */
  get waiting(): { what: string; leftMs: number } | undefined {
    const { waiting } = this.current ?? {};
    const leftMs = (waiting?.untilMs ?? 0) - this.clock.nowMs();
    return waiting === undefined || leftMs <= 0 ? undefined : { what: waiting.what, leftMs };
  }

  /** Of a step that has an end of its own. */
  get endsInMs(): number | undefined {
    const { endsMs } = this.current ?? {};
    return endsMs === undefined ? undefined : Math.max(0, endsMs - this.clock.nowMs());
  }

  /** @param options.endsInMs it takes no longer than this. Default: that is not known. */
  begin(name: string, options: { endsInMs?: number } = {}): void {
    const startedMs = this.clock.nowMs();
    const { endsInMs } = options;
    this.current = {
      name,
      startedMs,
      rate: new Rate(),
      endsMs: endsInMs === undefined ? undefined : startedMs + endsInMs,
    };
  }

  /** Puts the current step aside for others. The returned function takes it up again. */
  putAside(): () => void {
    const { current } = this;
    this.current = undefined;
    return () => void (this.current = current);
  }

  reached(doneBytes: number, totalBytes: number | undefined): void {
    const { current } = this;
    if (current === undefined) return;
    const atMs = this.clock.nowMs();
    // what was tried anew from the start counts from there
    if (current.last === undefined || doneBytes < current.last.bytes) current.first = { bytes: doneBytes, atMs };
    current.last = { bytes: doneBytes, atMs, totalBytes: totalBytes || undefined };
    current.rate.reached(doneBytes, atMs);
    current.waiting = undefined;
  }

  wait(what: string, waitMs: number): void {
    if (this.current !== undefined) this.current.waiting = { what, untilMs: this.clock.nowMs() + waitMs };
  }

  /** The steps until now, the current one as if it were over. */
  get steps(): readonly EndedStep[] {
    const { current } = this;
    return current === undefined ? this.ended : [...this.ended, this.asEnded(current)];
  }

  /** The current step is over; undefined when there is none. */
  endStep(): EndedStep | undefined {
    const { current } = this;
    if (current === undefined) return undefined;
    const ended = this.asEnded(current);
    this.ended.push(ended);
    this.current = undefined;
    return ended;
  }

  private asEnded(current: CurrentStep): EndedStep {
    const { name, startedMs, first, last } = current;
    const elapsedMs = this.clock.nowMs() - startedMs;
    const over = first === undefined || last === undefined ? 0 : last.atMs - first.atMs;
    return {
      step: name,
      elapsedMs,
      bytes: last?.bytes,
      bytesPerSecond: over < 100 ? undefined : ((last?.bytes ?? 0) - (first?.bytes ?? 0)) / (over / 1000),
    };
  }
}
