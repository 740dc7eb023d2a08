import { supportsAuthLogin, supportsWhoami } from "../protocol/mod.ts";
import { EpackError } from "../errors.ts";
import { openSession, type RemoteRequest } from "./request.ts";
import { requestWithRetries } from "./retry_request.ts";

/** Who a remote thinks the caller is. */
export interface Identity {
  authenticated: boolean;
  subject?: string;
  issuer?: string;
  expiresAt?: string;
  /** The adapter has a login. */
  canLogIn: boolean;
}

/** Asks a remote's adapter for the current identity. @throws EpackError `unsupported`, and what a session throws */
export async function whoami(request: RemoteRequest): Promise<Identity> {
  await using session = await openSession(request);
  if (!supportsWhoami(session.capabilities)) {
    throw new EpackError("unsupported", `adapter "${session.name}" does not tell who you are`, { origin: "adapter" });
  }
  const { identity } = await requestWithRetries(session, "auth.whoami", { fields: {}, request });
  return { ...identity, canLogIn: supportsAuthLogin(session.capabilities) };
}
