import type { Session } from "../adapter/mod.ts";
import { AdapterError, supportsAuthLogin } from "../protocol/mod.ts";

/**
 * Asks the user whether to log in to the remote, and does so.
 *
 * @returns true when the remote knows the user now; false when the answer is no
 */
export type PromptLogin = (session: Session) => Promise<boolean>;

export interface LoginRequest {
  /** Called when the remote wants a login that its adapter has. Default: nobody is asked. */
  promptLogin?: PromptLogin;
}

/** Runs a request; when the remote wants a login first and the user agrees to it, once more after that. @throws what `run` throws */
export async function afterLogin<Value>(
  session: Session,
  { promptLogin }: LoginRequest,
  run: () => Promise<Value>,
): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    const wanted = error instanceof AdapterError && error.isAuthRequired && supportsAuthLogin(session.capabilities);
    if (!wanted || promptLogin === undefined || !await promptLogin(session)) throw error;
    return await run();
  }
}
