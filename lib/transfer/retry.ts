import { EpackError, isEpackError } from "../errors.ts";
import { TRANSFER } from "../limits.ts";
import { pause } from "./pause.ts";

/** A pause before the next try, for whoever watches. */
export interface Wait {
  /** Why the try before failed. */
  failure: EpackError;
  waitMs: number;
  /** The try that failed, and how many may follow each other without progress. */
  attempt: number;
  attempts: number;
}

export interface RetryOptions {
  signal?: AbortSignal;
  /** How often it is tried again without progress. Default 5; 0 tries once. */
  retries?: number;
  /** Longest pause before the first retry; doubled each time. Default 500 ms. */
  retryMs?: number;
  onWait?: (wait: Wait) => void;
}

/** One try. */
export interface Attempt {
  /** 1 for the first. */
  number: number;
  /** The try brought the work forward: should it fail, the tries are counted anew. */
  moved(): void;
}

/** What passes by itself: a lost or stalled connection, and answers such as HTTP 503. */
export function isPassing(error: unknown): error is EpackError {
  return isEpackError(error, "network") || (isEpackError(error, "timeout") && error.origin === "network");
}

/**
 * Runs work that may be done twice without harm, again after failures that pass. Pauses are random below a bound that doubles (full
 * jitter), and longer where the other side asks for it. Tries, each pause and all pauses together are bounded.
 *
 * Own code: cockatiel's retry does not end a pause when it is aborted, and its count of tries cannot begin anew.
 *
 * @param options.passing which failures are worth another try. Default: {@link isPassing}
 * @param options.random,options.sleep for tests
 * @returns the value, and the number of tries in all
 * @throws what the last try threw; the reason of the signal when it is aborted in a pause
 */
export async function withRetries<Value>(
  run: (attempt: Attempt) => Promise<Value>,
  options: RetryOptions & {
    passing?: (error: unknown) => error is EpackError;
    random?: () => number;
    sleep?: typeof pause;
  },
): Promise<{ value: Value; attempts: number }> {
  const { signal, retries = TRANSFER.retries, retryMs = TRANSFER.retryMs, passing = isPassing } = options;
  const { random = Math.random, sleep = pause } = options;
  let waitedMs = 0;
  for (let number = 1, fruitless = 1;; number++, fruitless++) {
    try {
      const moved = () => void (fruitless = 1);
      return { value: await run({ number, moved }), attempts: number };
    } catch (failure) {
      if (signal?.aborted || !passing(failure)) throw failure;
      if (fruitless > retries || retries === 0 || number >= TRANSFER.attemptsInAll) throw failure;
      const asked = failure.retryAfterMs ?? 0;
      const most = Math.min(retryMs * 2 ** (fruitless - 1), TRANSFER.retryMostMs);
      const waitMs = Math.ceil(asked + random() * most);
      if (asked > TRANSFER.retryAfterMs || waitedMs + waitMs > TRANSFER.waitInAllMs) throw failure;
      waitedMs += waitMs;
      options.onWait?.({ failure, waitMs, attempt: fruitless, attempts: retries + 1 });
      await sleep(waitMs, signal);
    }
  }
}
