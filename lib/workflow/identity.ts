import type { Session } from "../adapter/mod.ts";
import type { AuthHints } from "../protocol/mod.ts";
import { identityToken } from "./identity_token.ts";
import type { RemoteRequest } from "./request.ts";

/** The mode whose token is made out to the CI job that runs. */
const OIDC_TOKEN = "oidc_token";

/**
 * Credentials that the remote's `auth` asks to hand over; most adapters have their own. Identity tokens live for minutes, so this is
 * asked anew for every request that needs them. What it gives is never shown of the adapter.
 *
 * @throws EpackError as {@link identityToken}
 */
export async function identityHints(
  request: Pick<RemoteRequest, "remote" | "project" | "env" | "signal" | "now">,
  session: Pick<Session, "hide">,
): Promise<AuthHints | undefined> {
  const { remote, env } = request;
  const { mode, apiKeyEnv } = remote.auth;
  if (mode === undefined) return undefined;
  if (mode === OIDC_TOKEN) {
    const { text, secrets } = await identityToken(remote.auth.oidc ?? {}, {
      ...request,
      folder: request.project.root,
      allowLoopbackHttp: remote.transport.allowLoopbackHttp,
    });
    secrets.forEach((secret) => session.hide(secret));
    return { mode, token: text };
  }
  const token = apiKeyEnv === undefined ? undefined : env[apiKeyEnv];
  if (token) session.hide(token);
  return { mode, token };
}
