import type { EpackError } from "../../errors.ts";
import type { Output } from "../context.ts";
import { type LogEvent, type LogLevel, logLine } from "./log_line.ts";
import { errorFields } from "./error_fields.ts";
import { progressTurns, type Reporter } from "./reporter.ts";
import type { EndedStep, Work } from "./work.ts";

/** Lines of JSON for programs that read a CI's log. */
export class JsonReporter implements Reporter {
  private readonly turns = progressTurns();

  constructor(private readonly out: Output, private readonly options: { now: () => Date; verbose?: boolean }) {}

  stepBegan(work: Work): void {
    this.turns.began(work);
    this.log("step", { ...work.about, step: work.step });
  }

  moved(work: Work): void {
    const { moved } = work;
    if (moved === undefined || !this.turns.due(work)) return;
    this.log("progress", {
      ...work.about,
      step: work.step,
      done_bytes: moved.doneBytes,
      total_bytes: moved.totalBytes,
      bytes_per_second: whole(moved.bytesPerSecond),
      left_ms: whole(moved.leftMs),
    });
  }

  waiting(work: Work, what: string, waitMs: number): void {
    this.log("waiting", { ...work.about, step: work.step, message: what, wait_ms: Math.round(waitMs) });
  }

  stepEnded(work: Work, ended: EndedStep, ok: boolean): void {
    this.log("step_done", {
      ...work.about,
      step: ended.step,
      ok,
      elapsed_ms: Math.round(ended.elapsedMs),
      done_bytes: ended.bytes,
      bytes_per_second: whole(ended.bytesPerSecond),
    });
  }

  workEnded(work: Work, ok: boolean, error?: EpackError): void {
    if (error !== undefined) this.log("error", { ...work.about, ...errorFields(error) }, "error");
    this.log("done", { ...work.about, ok, elapsed_ms: Math.round(work.elapsedMs) });
  }

  adapterLog(work: Work, adapterName: string, text: string): void {
    if (this.options.verbose) this.log("adapter_log", { ...work.about, adapter: adapterName, message: text }, "debug");
  }

  warn(work: Work, text: string): void {
    this.log("warn", { ...work.about, message: text }, "warning");
  }

  say(text: string): void {
    this.log("info", { message: text });
  }

  hold(): () => void {
    return () => {};
  }

  close({ exitCode, elapsedMs }: { exitCode: number; elapsedMs: number }): void {
    this.log("done", { ok: exitCode === 0, exit: exitCode, elapsed_ms: Math.round(elapsedMs) });
  }

  private log(event: LogEvent, fields: Record<string, unknown>, level: LogLevel = "info"): void {
    this.out.write(logLine(event, fields, { level, at: this.options.now() }));
  }
}

const whole = (value: number | undefined) => value === undefined ? undefined : Math.round(value);
