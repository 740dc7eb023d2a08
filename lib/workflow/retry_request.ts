import type { Session } from "../adapter/mod.ts";
import { AdapterError, type Command, type RequestFields, type Result } from "../protocol/mod.ts";
import { type TransferSettings, type Wait, withRetries } from "../transfer/mod.ts";
import { afterLogin, type LoginRequest } from "./after_login.ts";
import type { Events } from "./events.ts";

/** What a retried request needs of its workflow's request. */
export interface RetriedRequest extends LoginRequest {
  signal: AbortSignal;
  events: Events;
  transfer?: TransferSettings;
}

/**
 * Asks an adapter, and again after an error answer that says `retryable`, or after the login that it asks for. For commands that may
 * be repeated without harm: all but `push.finalize`, which makes a release.
 *
 * @throws as `Session.request`; the last error when no more is tried
 */
export async function requestWithRetries<Name extends Command>(
  session: Session,
  command: Name,
  options: {
    /** A function is called anew for every try: for what does not live long. */
    fields: RequestFields<Name> | (() => Promise<RequestFields<Name>>);
    request: RetriedRequest;
    timeoutMs?: number;
  },
): Promise<Result<Name>> {
  const { fields, request, timeoutMs } = options;
  const { signal, events, transfer } = request;
  const send = async () =>
    await session.request(command, typeof fields === "function" ? await fields() : fields, { timeoutMs });
  return await afterLogin(session, request, async () => {
    const { value } = await withRetries(send, {
      signal,
      retries: transfer?.retries,
      passing: isRetryable,
      onWait: showWait(events),
    });
    return value;
  });
}

/** The adapter says that it may answer otherwise the next time. Where it wants a login, only that would change its answer. */
export function isRetryable(error: unknown): error is AdapterError {
  return error instanceof AdapterError && error.retryable && !error.isAuthRequired;
}

/** Tells whoever watches what is waited for. */
export function showWait(events: Events): (wait: Wait) => void {
  return ({ failure, waitMs, attempt, attempts }) =>
    events.waiting(`${failure.message} (try ${attempt} of ${attempts})`, waitMs);
}
