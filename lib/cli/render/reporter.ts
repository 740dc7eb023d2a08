import type { EpackError } from "../../errors.ts";
import type { EndedStep, Work } from "./work.ts";

/** Where what happens is shown: a terminal, lines, lines of JSON, or nowhere. Works hold the state; this is told what changed. */
export interface Reporter {
  stepBegan(work: Work): void;
  /** Bytes moved. */
  moved(work: Work): void;
  waiting(work: Work, what: string, waitMs: number): void;
  stepEnded(work: Work, ended: EndedStep, ok: boolean): void;
  /** One of several works is over. */
  workEnded(work: Work, ok: boolean, error?: EpackError): void;
  adapterLog(work: Work, adapterName: string, text: string): void;
  warn(work: Work, text: string): void;
  /** Something for people, in a line of its own. */
  say(text: string): void;
  /** Somebody is asked: nothing is drawn until the returned function is called. */
  hold(): () => void;
  /** The command is over. */
  close(outcome: { exitCode: number; elapsedMs: number }): void;
}

/** Progress of one work that nobody watches is said this seldom. */
export const PROGRESS_LINE_MS = 10_000;

/** For each work, whether it is time to say how far it is: this long after its step began, and after the last time. */
export function progressTurns(): { due(work: Work): boolean; began(work: Work): void } {
  const said = new WeakMap<Work, number>();
  return {
    began: (work) => void said.set(work, 0),
    due(work) {
      if (work.stepElapsedMs - (said.get(work) ?? 0) < PROGRESS_LINE_MS) return false;
      said.set(work, work.stepElapsedMs);
      return true;
    },
  };
}
