import { showText } from "../../codec/mod.ts";
import type { EpackError } from "../../errors.ts";
import type { Output } from "../context.ts";
import { showDuration } from "./duration.ts";
import type { Palette } from "./palette.ts";
import { progressTurns, type Reporter } from "./reporter.ts";
import type { EndedStep, Work } from "./work.ts";
import { movedText, tookText } from "./work_line.ts";

/** Plain lines: a pipe, a CI's log, a terminal that can do no more. */
export class LineReporter implements Reporter {
  private readonly turns = progressTurns();

  /** @param options.steps says what is under way, beside warnings. */
  constructor(
    private readonly out: Output,
    private readonly options: { steps: boolean; verbose?: boolean; paint: Palette },
  ) {}

  stepBegan(work: Work): void {
    this.turns.began(work);
    if (this.options.steps) this.say(of(work, work.step ?? ""));
  }

  moved(work: Work): void {
    const { moved } = work;
    if (!this.options.steps || moved === undefined || !this.turns.due(work)) return;
    this.say(of(work, `${work.step}: ${movedText(moved)}`));
  }

  waiting(work: Work, what: string, waitMs: number): void {
    if (this.options.steps) {
      this.say(of(work, `${what}; trying again in ${showDuration(waitMs)}`));
    }
  }

  stepEnded(work: Work, ended: EndedStep, ok: boolean): void {
    const took = tookText(ended);
    if (this.options.steps && ok && took !== "") this.say(of(work, `${ended.step}: done in ${took}`));
  }

  workEnded(work: Work, ok: boolean, error?: EpackError): void {
    if (!this.options.steps) return;
    const why = error === undefined ? "" : `: ${showText(error.message)}`;
    this.say(of(work, ok ? "done" : `failed${why}`));
  }

  adapterLog(work: Work, adapterName: string, text: string): void {
    if (this.options.verbose) this.say(adapterLines(work, adapterName, text));
  }

  warn(work: Work, text: string): void {
    this.say(warning(work, text, this.options));
  }

  say(text: string): void {
    this.out.write(`${text}\n`);
  }

  hold(): () => void {
    return () => {};
  }

  close(): void {}
}

/** Every line of what an adapter wrote, with who wrote it. */
export function adapterLines(work: Work, adapterName: string, text: string): string {
  return text.split("\n").map((line) => of(work, `${adapterName}: ${line}`)).join("\n");
}

export function warning(work: Work, text: string, { paint }: { paint: Palette }): string {
  return `${paint.yellow("warning:")} ${of(work, text)}`;
}

/** A text with what it is about, where there are several works. */
function of({ label }: Work, text: string): string {
  return label === undefined ? text : `${label}: ${text}`;
}
