import { EpackError } from "../errors.ts";

/** A clock of this machine may be a little ahead of the registry's. */
const SKEW_MS = 60_000;

/**
 * Refuses an address whose time is over: using it would fail later and less clearly.
 *
 * @param expiresAt RFC 3339, as it was checked by the message's schema
 * @throws EpackError `adapter_protocol`
 */
export function assertNotExpired(
  expiresAt: string | undefined,
  options: { now: Date; what: string; adapterName: string },
): void {
  if (expiresAt === undefined || Date.parse(expiresAt) + SKEW_MS >= options.now.getTime()) return;
  throw new EpackError(
    "adapter_protocol",
    `adapter "${options.adapterName}" gave an address for the ${options.what} that expired at ${expiresAt}`,
    {
      origin: "adapter",
      hint: "check this machine's clock; if it is right, the adapter must be corrected",
    },
  );
}
