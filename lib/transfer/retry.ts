import { ExponentialBackoff, handleWhen, retry } from "cockatiel";
import { isEpackError } from "../errors.ts";
import { TRANSFER } from "../limits.ts";

/** Tries again when the network failed; anything else is an answer. Returns the value and the number of attempts. */
export async function withRetries<Value>(
  run: (attempt: number) => Promise<Value>,
  options: { signal?: AbortSignal; retryMs?: number },
): Promise<{ value: Value; attempts: number }> {
  let attempts = 0;
  const policy = retry(handleWhen((error) => isEpackError(error, "network") && !options.signal?.aborted), {
    maxAttempts: TRANSFER.attempts - 1,
    backoff: new ExponentialBackoff({ initialDelay: options.retryMs ?? 500, maxDelay: 10_000 }),
  });
  const value = await policy.execute(() => run(++attempts), options.signal);
  return { value, attempts };
}
