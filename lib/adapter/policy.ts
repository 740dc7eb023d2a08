import { dirname, join } from "node:path";
import type { Remote } from "../config/mod.ts";
import { EpackError } from "../errors.ts";
import type { Pin } from "../lockfile/mod.ts";
import { INSECURE_MARK } from "./resolve.ts";

/** What the user allows beyond the safe defaults, which are all false. */
export interface VerificationOptions {
  /** Everything must be pinned, and nothing insecure is allowed (CI). */
  frozen?: boolean;
  /** Runs an adapter that the lockfile does not pin: `--insecure-allow-unpinned`. */
  allowUnpinned?: boolean;
  /** Runs an adapter that was installed with `--insecure-skip-verify`: `--insecure-allow-unverified`. */
  allowUnverified?: boolean;
  /** EPACK_STRICT_PRODUCTION: refuses every insecure override, and custom endpoints. */
  strictProduction?: boolean;
}

/** The secure defaults (DefaultVerificationOptions of the specification): nothing insecure is allowed. */
export function defaultVerificationOptions(): VerificationOptions {
  return { frozen: false, allowUnpinned: false, allowUnverified: false, strictProduction: false };
}

/**
 * Refuses contradictions before anything is looked at: an insecure override under --frozen or EPACK_STRICT_PRODUCTION.
 *
 * @throws EpackError `insecure_refused`
 */
export function checkOverrides(remote: Remote, options: VerificationOptions): void {
  const refuse = (what: string, by: string) =>
    new EpackError("insecure_refused", `${what} is refused under ${by}`, { origin: "input" });
  const flags = [
    options.allowUnpinned && "--insecure-allow-unpinned",
    options.allowUnverified && "--insecure-allow-unverified",
  ].filter((flag) => typeof flag === "string");
  for (const flag of flags) {
    if (options.frozen) throw refuse(flag, "--frozen");
    if (options.strictProduction) throw refuse(flag, "EPACK_STRICT_PRODUCTION");
  }
  if (options.strictProduction && (remote.endpoint !== undefined || remote.authEndpoint !== undefined)) {
    throw refuse(`the custom endpoint of remote "${remote.name}"`, "EPACK_STRICT_PRODUCTION");
  }
}

/**
 * The security check before an adapter runs (CheckAdapterSecurity of the specification): a pin, or the user's explicit word.
 *
 * @param pin of the remote on this platform; undefined when it is not locked
 * @throws EpackError `adapter_not_pinned`, `signature_invalid` (an install that skipped verification)
 */
export async function checkAdapterSecurity(
  remote: Remote,
  adapterPath: string,
  options: VerificationOptions & { pin: Pin | undefined },
): Promise<void> {
  const marked = remote.source !== undefined &&
    await Deno.lstat(join(dirname(adapterPath), INSECURE_MARK)).then(() => true, () => false);
  if (marked && !options.allowUnverified) {
    throw new EpackError(
      "signature_invalid",
      `the adapter of remote "${remote.name}" was installed without verification`,
      {
        origin: "project",
        hint: "install it again with verification, or allow this run with --insecure-allow-unverified",
      },
    );
  }
  if (options.pin === undefined && !options.allowUnpinned) {
    throw new EpackError("adapter_not_pinned", `the adapter of remote "${remote.name}" is not pinned in the lockfile`, {
      origin: "project",
      hint: `pin ${adapterPath} with: epack lock ${remote.name}`,
    });
  }
}
