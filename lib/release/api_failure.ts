import { showText } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";
import { type HttpAnswer, redact } from "../net/mod.ts";

export interface FailureOptions {
  /** What was asked, for messages: "the releases of acme/x". */
  what: string;
  /** Host that answered. */
  shown: string;
  hasToken: boolean;
  now: Date;
  /** The beginning of its body. */
  body: string;
}

/** Answers that a later try may not get. */
const PASSING = new Set([408, 425, 500, 502, 503, 504]);
const TOKEN_HINT = "set GITHUB_TOKEN";
const YEAR_MS = 366 * 24 * 3_600_000;

/**
 * An answer that is no success. A rate limit says until when; it is never waited for, since it may last an hour.
 *
 * @returns EpackError `network` when a later try may go through, `release_not_found` (404), else `transfer_failed`
 */
export function apiFailure(
  { status, headers }: Pick<HttpAnswer, "status" | "headers">,
  options: FailureOptions,
): EpackError {
  const { what, shown, hasToken } = options;
  const fail = (code: "network" | "release_not_found" | "transfer_failed", message: string, hint?: string) =>
    new EpackError(code, message, { origin: "remote", hint });
  if (isRateLimit(status, headers, options.body)) {
    const until = limitedUntil(headers, options.now);
    return fail(
      "transfer_failed",
      `${shown} limits the rate of requests until ${
        until.toISOString().replace(/\.\d+Z$/, "Z")
      }: ${what} was not given`,
      hasToken
        ? "try again then, or set GITHUB_TOKEN to a token that has requests left"
        : `${TOKEN_HINT}: with a token far more requests are allowed`,
    );
  }
  const body = showText(redact(options.body.trim()), { maxChars: 300 });
  const message = `${what}: ${shown} answers HTTP ${status}${body === "" ? "" : ` (${body})`}`;
  if (PASSING.has(status)) return fail("network", message);
  switch (status) {
    case 401:
      return fail("transfer_failed", message, hasToken ? "check GITHUB_TOKEN: it is refused" : TOKEN_HINT);
    case 403:
      return fail("transfer_failed", message, hasToken ? "check what GITHUB_TOKEN may read" : TOKEN_HINT);
    case 404:
      return fail(
        "release_not_found",
        `${what}: ${shown} has nothing there`,
        hasToken ? "check the name, and what GITHUB_TOKEN may read" : `check the name; if it is private, ${TOKEN_HINT}`,
      );
    default:
      return fail("transfer_failed", message);
  }
}

/** As the API documents it: 429, or 403 with no requests left, with a time to wait, or that says so in words (secondary limits). */
function isRateLimit(status: number, headers: HttpAnswer["headers"], body: string): boolean {
  return status === 429 ||
    status === 403 &&
      (headers.get("x-ratelimit-remaining") === "0" || headers.has("retry-after") || /rate limit/i.test(body));
}

/** By Retry-After (seconds or a date), else by the end of the window, else a minute from now. Nonsense counts as absent. */
function limitedUntil(headers: HttpAnswer["headers"], now: Date): Date {
  const after = headers.get("retry-after") ?? "";
  const reset = headers.get("x-ratelimit-reset") ?? "";
  const named = /^\d{1,9}$/.test(after)
    ? now.getTime() + Number(after) * 1000
    : /GMT$/.test(after)
    ? Date.parse(after)
    : /^\d{1,12}$/.test(reset)
    ? Number(reset) * 1000
    : NaN;
  const sane = named >= now.getTime() - YEAR_MS && named <= now.getTime() + YEAR_MS;
  return new Date(sane ? named : now.getTime() + 60_000);
}
