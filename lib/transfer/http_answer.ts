import { showText } from "../codec/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { TRANSFER } from "../limits.ts";
import { type HttpAnswer, redact, type SafeUrl } from "../net/mod.ts";

/** Answers that a later try may not get. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * An HTTP answer that is no success, with the cleaned beginning of its body.
 *
 * @param options.retryAfter the answer's header of that name
 */
export function httpFailure(
  url: SafeUrl,
  status: number,
  options: { what: string; body?: string; retryAfter?: string },
): EpackError {
  const retryAfterMs = PASSING.has(status) ? parseRetryAfter(options.retryAfter) : undefined;
  const body = showText(redact((options.body ?? "").trim()), { maxChars: 300 });
  return new EpackError(
    PASSING.has(status) ? "network" : "transfer_failed",
    `${options.what} ${url.shown} failed: HTTP ${status}${body === "" ? "" : ` (${body})`}`,
    {
      origin: "remote",
      hint: status === 401 || status === 403
        ? "the address may have expired: run the command again, and check the adapter's credentials"
        : retryAfterMs !== undefined && retryAfterMs > TRANSFER.retryAfterMs
        ? `the server asks to try again in ${Math.ceil(retryAfterMs / 60_000)} min`
        : undefined,
      retryAfterMs,
      httpStatus: status,
    },
  );
}

/** What stores answer to a presigned address whose time is over. */
const REFUSED = new Set([400, 401, 403, 410]);

/**
 * True when a transfer failed because its address expired: the store refused it, and its time is over or the refusal says so. Another
 * address may then help.
 *
 * @param expiresAt of the address, RFC 3339, when it is known
 */
export function addressExpired(error: unknown, expiresAt: string | undefined, now: number = Date.now()): boolean {
  if (!isEpackError(error, "transfer_failed") || !REFUSED.has(error.httpStatus ?? 0)) return false;
  if (expiresAt !== undefined && Date.parse(expiresAt) <= now) return true;
  // as S3, Google Cloud Storage and Azure say it
  return /expired|specified time frame/i.test(error.message);
}

/**
 * The pause that a `Retry-After` header asks for, in seconds or up to a date (RFC 9110, 10.2.3), in milliseconds. What is neither
 * asks for nothing.
 */
export function parseRetryAfter(header: string | undefined, now: number = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const at = /^[A-Z][a-z]{2,8},? .*\d\d:\d\d:\d\d/.test(header) ? Date.parse(header) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** A failed connection or a cut body. Errors that already say what they are pass unchanged. */
export function networkFailure(url: SafeUrl, error: unknown, options: { what: string }): unknown {
  if (error instanceof EpackError || error instanceof Deno.errors.NotCapable) return error;
  const reasons: string[] = [];
  for (let cause = error; cause instanceof Error && reasons.length < 4; cause = cause.cause) {
    reasons.push(cause.message);
  }
  const reason = showText(redact(reasons.at(-1) ?? String(error)), { maxChars: 300 });
  const trust = /certificate|UnknownIssuer|self.signed/i.test(reasons.join(" "));
  const name = /not valid for (?:the )?name/i.test(reasons.join(" "));
  return new EpackError(trust ? "transfer_failed" : "network", `${options.what} ${url.shown} failed: ${reason}`, {
    origin: "network",
    hint: name
      ? "the server is not the one that the adapter names, or has the wrong certificate"
      : trust
      ? "name the certificate authority with SSL_CERT_FILE or SSL_CERT_DIR"
      : undefined,
    cause: error,
  });
}

/** The name of a file's version, when it stands for the very bytes: a weak one (`W/"…"`) does not. */
export function strongEtag(answer: HttpAnswer): string | undefined {
  const etag = answer.headers.get("etag");
  return etag !== undefined && etag.length <= TRANSFER.etagChars && /^"[!#-~]*"$/.test(etag) ? etag : undefined;
}

/** The beginning of an answer's body, for a message; what cannot be read of it is left out. */
export async function bodyStart(answer: HttpAnswer): Promise<string> {
  const bytes = new Uint8Array(TRANSFER.errorBodyBytes);
  let filled = 0;
  while (filled < bytes.length) {
    const count = await answer.read(bytes.subarray(filled)).catch(() => null);
    if (count === null) break;
    filled += count;
  }
  return new TextDecoder().decode(bytes.subarray(0, filled));
}
