import * as z from "zod";
import { parseJson, showText } from "../codec/mod.ts";
import type { Env } from "../config/mod.ts";
import { EpackError } from "../errors.ts";
import { LOGIN } from "../limits.ts";
import { httpExchange, idleTimer, redact, type SafeUrl, safeUrl } from "../net/mod.ts";
import { requireReadable } from "../sandbox/mod.ts";
import { withRetries } from "../transfer/mod.ts";

export interface GithubTokenOptions {
  env: Env;
  /** Default: the repository's owner, as GitHub has it. */
  audience?: string;
  signal: AbortSignal;
  allowLoopbackHttp?: boolean;
  /** After failures that pass. Default 3. */
  retries?: number;
}

const URL_VARIABLE = "ACTIONS_ID_TOKEN_REQUEST_URL";
const TOKEN_VARIABLE = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
const answer = z.looseObject({ value: z.string().min(1) });

/**
 * Asks GitHub Actions for an identity token of the job that runs, by the address and the token that the runner gives to it. They go
 * to that address and to no redirect.
 *
 * @throws EpackError `identity_unavailable`, `network`, `timeout`; `permission_denied`
 */
export async function githubToken(options: GithubTokenOptions): Promise<string> {
  const { env, signal } = options;
  requireReadable([URL_VARIABLE, TOKEN_VARIABLE]);
  const { [URL_VARIABLE]: address, [TOKEN_VARIABLE]: requestToken } = env;
  if (!address || !requestToken) {
    throw unavailable(
      `${URL_VARIABLE} and ${TOKEN_VARIABLE} are not both set`,
      "give the job `permissions: {id-token: write}`",
    );
  }
  const url = requestUrl(address, options);
  const { value } = await withRetries(() => ask(url, { ...options, requestToken }), {
    signal,
    retries: options.retries ?? LOGIN.tokenRetries,
  });
  return value;
}

function requestUrl(address: string, { audience, allowLoopbackHttp }: GithubTokenOptions): SafeUrl {
  const parsed = URL.canParse(address) ? new URL(address) : undefined;
  if (audience !== undefined) parsed?.searchParams.set("audience", audience);
  try {
    return safeUrl(parsed?.href ?? address, { allowLoopbackHttp });
  } catch (cause) {
    throw unavailable(`${URL_VARIABLE} is no https address`, "it is the runner's to set: do not change it", cause);
  }
}

async function ask(url: SafeUrl, options: GithubTokenOptions & { requestToken: string }): Promise<string> {
  const { env, requestToken } = options;
  const what = "the request for an identity token";
  const failed = (reason: string, cause?: unknown) =>
    new EpackError("network", `${what} failed: ${redact(reason, { secrets: [requestToken] })}`, {
      origin: "network",
      cause,
    });
  using idle = idleTimer({ signal: options.signal, idleMs: LOGIN.tokenMs, what });
  let status: number;
  let body: Uint8Array;
  try {
    const headers = { Authorization: `Bearer ${requestToken}`, Accept: "application/json" };
    using got = await httpExchange(url, { method: "GET", headers }, { env, signal: idle.signal, onMoved: idle.touch });
    status = got.status;
    body = await bodyOf(got.read);
  } catch (error) {
    if (idle.signal.aborted) throw idle.signal.reason;
    if (error instanceof EpackError || error instanceof Deno.errors.NotCapable) throw error;
    throw failed(showText(error instanceof Error ? error.message : String(error), { maxChars: 300 }), error);
  }
  if (status === 429 || status >= 500) throw failed(`HTTP ${status}`);
  if (status !== 200) {
    throw unavailable(
      `GitHub Actions gives no identity token: HTTP ${status}`,
      "does the job have `permissions: {id-token: write}`, and may auth.oidc.audience be asked for?",
    );
  }
  try {
    return answer.parse(parseJson(body, { maxBytes: LOGIN.tokenBytes, what: "the answer" })).value;
  } catch {
    // what it says of the answer might be the token
    throw unavailable("GitHub Actions gives no proper answer to the request for an identity token", "try again");
  }
}

async function bodyOf(read: (into: Uint8Array) => Promise<number | null>): Promise<Uint8Array> {
  const bytes = new Uint8Array(LOGIN.tokenBytes);
  let filled = 0;
  for (;;) {
    if (filled === bytes.length) {
      throw new EpackError("identity_unavailable", "the answer with the identity token is too long");
    }
    const count = await read(bytes.subarray(filled));
    if (count === null) return bytes.subarray(0, filled);
    filled += count;
  }
}

function unavailable(message: string, hint: string, cause?: unknown): EpackError {
  return new EpackError("identity_unavailable", message, { origin: "input", hint, cause });
}
