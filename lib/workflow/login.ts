import type { OngoingCommand, Session } from "../adapter/mod.ts";
import { showLink, showText } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";
import { ADAPTER, LOGIN } from "../limits.ts";
import { AdapterError, type IdentityResult, supportsAuthLogin, supportsWhoami } from "../protocol/mod.ts";

/** What the user has to do. All of it comes from the adapter, and is made safe to show. */
export interface LoginInstructions {
  userCode: string;
  /** Where to enter the code. */
  address: string;
  /** The address when it is one to open: plainly https. */
  url?: string;
  /** How long the code is good, in milliseconds. */
  validMs: number;
}

export interface LoginOptions {
  /** Of the remote, for messages. */
  name: string;
  /** Called once, before the wait; what it throws ends the login. */
  show: (what: LoginInstructions) => void;
  now: () => Date;
  signal: AbortSignal;
  /** Default: as long as the code is good. */
  timeoutMs?: number;
  /** Logs in also when the remote knows the caller already. Default false. */
  again?: boolean;
}

export interface LoginResult {
  /** The remote knew the caller, and nothing was started. */
  already: boolean;
  /** Undefined where the adapter does not tell. */
  identity?: IdentityResult;
}

/**
 * Logs in by a device code. The process that gave the code lives on, since released adapters wait in it for the user; meanwhile
 * others are asked who the caller is, until they know, or the time is over.
 *
 * @throws EpackError `unsupported`, `timeout` (the code is over), `adapter_crashed` (the login ended badly); what a session throws
 */
export async function login(session: Session, options: LoginOptions): Promise<LoginResult> {
  const { show, again } = options;
  if (!supportsAuthLogin(session.capabilities)) {
    throw new EpackError("unsupported", `adapter "${session.name}" has no login of its own`, {
      origin: "adapter",
      hint: "sign in the way its documentation says",
    });
  }
  const tells = supportsWhoami(session.capabilities);
  const before = tells ? await askWho(session) : undefined;
  if (before?.authenticated && !again) return { already: true, identity: before };
  await using ongoing = await session.start("auth.login", {});
  if (!tells && ongoing.ended === undefined) {
    throw new EpackError("unsupported", `adapter "${session.name}" has a login, and cannot tell when it is done`, {
      origin: "adapter",
      hint: "its author has to add auth.whoami",
    });
  }
  const { userCode, verificationUri, expiresInSeconds } = ongoing.result.instructions;
  const validMs = Math.min(expiresInSeconds * 1000, LOGIN.mostMs, options.timeoutMs ?? Infinity);
  show({
    userCode: showText(userCode.trim(), { maxChars: LOGIN.userCodeChars }),
    address: showText(verificationUri.trim()),
    url: showLink(verificationUri.trim()),
    validMs,
  });
  const identity = await loggedIn(session, ongoing, { ...options, validMs, before });
  // it may be about to put away what it got
  if (ongoing.ended !== undefined) {
    await pause(ADAPTER.graceMs, { signal: options.signal, ended: ongoing.ended.catch(() => {}) });
  }
  return { already: false, identity };
}

interface WaitOptions extends LoginOptions {
  validMs: number;
  /** Who the caller was; undefined where the adapter does not tell, or did not. */
  before?: IdentityResult;
}

/** Waits for the user; gives who that is, or undefined where the adapter does not tell. */
async function loggedIn(
  session: Session,
  ongoing: OngoingCommand<"auth.login">,
  options: WaitOptions,
): Promise<IdentityResult | undefined> {
  const { now, before, validMs, signal } = options;
  const tells = supportsWhoami(session.capabilities);
  let until = now().getTime() + validMs;
  let hasEnded = false;
  for (let pauseMs: number = LOGIN.pollMs;; pauseMs = Math.min(pauseMs * 1.25, LOGIN.pollMostMs)) {
    const leftMs = Math.max(0, until - now().getTime());
    const ended = hasEnded ? undefined : ongoing.ended;
    if (await pause(Math.min(pauseMs, leftMs), { signal, ended }) === "ended") {
      hasEnded = true;
      until = Math.min(until, now().getTime() + LOGIN.graceMs);
      pauseMs = LOGIN.pollMs;
    }
    if (!tells && hasEnded) return undefined;
    const who = tells ? await askWho(session) : undefined;
    // of somebody who was known before, another identity is the news, or the good end of the login
    const isNews = !before?.authenticated || hasEnded || JSON.stringify(who) !== JSON.stringify(before);
    if (who?.authenticated && isNews) return who;
    if (leftMs === 0) throw notLoggedIn(options, hasEnded);
  }
}

/** The end of the time, of the process when it comes first. @throws the signal's reason; what `ended` rejects with */
async function pause(
  ms: number,
  { signal, ended }: { signal: AbortSignal; ended?: Promise<void> },
): Promise<"time" | "ended"> {
  const { promise, resolve, reject } = Promise.withResolvers<"time" | "ended">();
  const timer = setTimeout(() => resolve("time"), ms);
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  ended?.then(() => resolve("ended"), reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

/** Answers that mean "not yet", or that a later one may not repeat. */
const PASSING = new Set(["auth_required", "rate_limited", "server_error", "network_error"]);

async function askWho(session: Session): Promise<IdentityResult | undefined> {
  try {
    return (await session.request("auth.whoami", {}, { timeoutMs: LOGIN.whoamiMs })).identity;
  } catch (error) {
    if (error instanceof AdapterError && (error.isRetryable || PASSING.has(error.adapterCode))) return undefined;
    throw error;
  }
}

function notLoggedIn({ name, validMs }: WaitOptions, hasEnded: boolean): EpackError {
  const hint = `try again with: epack remote login ${name}`;
  if (hasEnded) {
    const what = `the login to "${name}" has ended, and the remote still does not know you`;
    return new EpackError("adapter_error", what, { origin: "remote", hint });
  }
  const what = `nobody logged in to "${name}" within ${Math.round(validMs / 1000)} s`;
  return new EpackError("timeout", what, { origin: "input", hint });
}
