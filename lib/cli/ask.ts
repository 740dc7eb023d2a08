import { EpackError } from "../errors.ts";
import type { Context } from "./context.ts";
import type { CommonFlags } from "./flags.ts";
import { inCi } from "./process_env.ts";

interface ConfirmOptions {
  signal: AbortSignal;
  steps: { hold(): Disposable };
}

/**
 * Asks a question that is answered with yes or no, on the terminal; nothing else is drawn meanwhile.
 *
 * @throws EpackError `usage` where nobody can answer; `interrupted` when the signal ends the wait
 */
export async function confirm(context: Context, question: string, options: ConfirmOptions): Promise<boolean> {
  if (!context.interactive || !context.stderr.isTerminal) {
    throw new EpackError("usage", "this has to be confirmed, and there is no terminal to ask on", {
      origin: "input",
      hint: "look at it, then say so with --yes",
    });
  }
  using _ = options.steps.hold();
  context.stderr.write(`${question} [y/N] `);
  const reader = context.stdin.getReader();
  const stop = () => void reader.cancel().catch(() => {});
  options.signal.addEventListener("abort", stop);
  try {
    const { value } = await reader.read();
    options.signal.throwIfAborted();
    return /^\s*y(?:es)?\s*$/i.test(new TextDecoder().decode(value));
  } finally {
    options.signal.removeEventListener("abort", stop);
    reader.releaseLock();
  }
}

/** Somebody is there to be asked, and wants to be: never in a CI, with a flag that says no, or where a program reads along. */
export function mayAsk(
  context: Context,
  flags: CommonFlags & { frozen?: boolean; yes?: boolean },
): boolean {
  const { frozen, json, quiet, logFormat, yes } = flags;
  const there = context.interactive && context.stderr.isTerminal && !inCi(context.env);
  return there && !frozen && !json && !quiet && !yes && logFormat !== "json";
}

let offers: Promise<unknown> = Promise.resolve();

/** Runs offers one after the other, each with all that follows from its answer: there is one screen. */
export function inTurn<Value>(offer: () => Promise<Value>): Promise<Value> {
  const made = offers.then(offer);
  offers = made.catch(() => {});
  return made;
}
