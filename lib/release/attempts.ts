import { ExponentialBackoff, handleWhen, retry } from "cockatiel";
import { showText } from "../codec/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { RELEASE } from "../limits.ts";
import { type IdleTimer, idleTimer, redact } from "../net/mod.ts";

export interface AttemptOptions {
  signal?: AbortSignal;
  /** Without a byte moving. Default 30 s. */
  idleMs?: number;
  /** Pause before the first retry; doubled each time. Default 500 ms. */
  retryMs?: number;
}

/** One try: its signal is aborted by the caller's, or when nothing moved for a while. */
export type Attempt = Pick<IdleTimer, "signal" | "touch">;

/**
 * Runs a request that may be sent twice without harm: again when the network failed, and no longer than bytes move.
 *
 * @param options.what the request is, for messages: "the download of …"
 * @throws EpackError `timeout`; what `run` throws
 */
export async function withAttempts<Value>(
  run: (attempt: Attempt) => Promise<Value>,
  options: AttemptOptions & { what: string },
): Promise<{ value: Value; attempts: number }> {
  let attempts = 0;
  const policy = retry(handleWhen((error) => isEpackError(error, "network") && !options.signal?.aborted), {
    maxAttempts: RELEASE.attempts - 1,
    backoff: new ExponentialBackoff({ initialDelay: options.retryMs ?? 500, maxDelay: 10_000 }),
  });
  const value = await policy.execute(async () => {
    attempts++;
    using idle = idleTimer(options);
    return await run(idle);
  }, options.signal);
  return { value, attempts };
}

/** A failed connection, in words. Errors that already say what they are pass unchanged. */
export function networkError(error: unknown, options: { what: string; signal: AbortSignal }): unknown {
  if (options.signal.aborted) return options.signal.reason;
  if (error instanceof EpackError || error instanceof Deno.errors.NotCapable) return error;
  const reason = showText(redact(error instanceof Error ? error.message : String(error)), { maxChars: 300 });
  const trust = /certificate|UnknownIssuer|self.signed/i.test(reason);
  return new EpackError(trust ? "transfer_failed" : "network", `${options.what} failed: ${reason}`, {
    origin: "network",
    hint: trust ? "name the certificate authority with SSL_CERT_FILE or SSL_CERT_DIR" : undefined,
    cause: error,
  });
}
