import type { Session } from "../adapter/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { UPLOAD } from "../limits.ts";
import { AdapterError, type RequestFields, type Result } from "../protocol/mod.ts";
import { withRetries } from "../transfer/mod.ts";
import { afterLogin } from "./after_login.ts";
import { hideToken } from "./deliver.ts";
import type { RemoteRequest } from "./request.ts";
import { isRetryable, showWait } from "./retry_request.ts";
import type { UploadState } from "./upload_state.ts";

export interface FinalizeOptions {
  request: RemoteRequest;
  /** The adapter once more, after it crashed or gave no answer. */
  reopen(): Promise<Session>;
  /** An earlier push has sent the same request already. */
  sentBefore: boolean;
  /** Told before it is sent, so that a push that is cut off is not followed by a second release. */
  state?: UploadState;
}

/**
 * Makes the release. `push.finalize` is the one command that must not be repeated lightly, so it is sent again with the same token only,
 * and only when the adapter says `retryable`, crashed, or gave no answer in time. When it stays unclear what became of it, the
 * error says that the release may have been made, and nothing more is tried.
 *
 * @returns the answer, and the session that gave it
 * @throws EpackError with `mayBeReleased`; unchanged when the answer is a clear refusal
 */
export async function finalizeRelease(
  session: Session,
  fields: RequestFields<"push.finalize">,
  options: FinalizeOptions,
): Promise<{ finalized: Result<"push.finalize">; session: Session }> {
  const { request: { signal, events, transfer, remote }, state } = options;
  let current = session;
  let lost = 0;
  let unclear = options.sentBefore;
  const passing = (error: unknown): error is EpackError => {
    if (isLost(error)) return ++lost <= UPLOAD.finalizesLost;
    const again = isRetryable(error);
    // said to a repeated request, these may mean that the first one made the release
    return again && !(unclear && MAY_BE_DONE.has(error.adapterCode));
  };
  const watched = (error: unknown): error is EpackError => {
    const again = passing(error);
    unclear ||= isUnclear(error);
    return again;
  };
  state?.add({ finalizing: true });
  try {
    const { value } = await withRetries(async () => {
      if (lost > 0) current = await options.reopen();
      hideToken(current, fields.finalizeToken);
      return await afterLogin(current, options.request, () => current.request("push.finalize", fields));
    }, { signal, retries: transfer?.retries, passing: watched, onWait: showWait(events) });
    return { finalized: value, session: current };
  } catch (error) {
    if (signal.aborted) {
      events.warn(`the release may have been made; ${look(remote.name, state)}`);
      throw error;
    }
    unclear ||= isUnclear(error);
    if (!unclear || !(error instanceof EpackError)) {
      state?.add({ finalizing: false });
      throw error;
    }
    throw new EpackError(error.code, `the release may have been made: ${error.message}`, {
      origin: error.origin,
      hint: look(remote.name, state),
      cause: error,
      exitCode: error.exitCode,
      mayBeReleased: true,
    });
  }
}

const MAY_BE_DONE: ReadonlySet<string> = new Set(["conflict", "not_found"]);

/** The request was sent, and no answer came. */
function isLost(error: unknown): error is EpackError {
  return isEpackError(error, "adapter_crashed") || (isEpackError(error, "timeout") && error.origin === "adapter");
}

/** What does not tell whether the release was made. */
function isUnclear(error: unknown): boolean {
  if (error instanceof AdapterError) {
    return error.adapterCode === "network_error" || (isRetryable(error) && error.adapterCode !== "rate_limited");
  }
  return isLost(error) || isEpackError(error, "adapter_protocol");
}

function look(remote: string, state: UploadState | undefined): string {
  const again = state === undefined ? "push again" : "push again with --no-resume";
  return `look with: epack remote releases ${remote}; ${again} only when it is not there`;
}
