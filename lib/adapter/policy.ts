import { dirname, join } from "node:path";
import type { Remote } from "../config/mod.ts";
import { EpackError } from "../errors.ts";
import { currentPlatform, type Lock, type Pin, pinFor } from "../lockfile/mod.ts";
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

/** All that decides whether an adapter may run. A module goes by where it comes from, as an executable does. */
interface Facts extends Required<VerificationOptions> {
  from: "source" | "external" | "built_in";
  /** What the lockfile says of the remote: nothing, nothing but its name, another platform's digest, this one's. */
  locked: "unpinned" | "no_digest" | "other_platform" | "pinned";
  /** It was installed for a source, and {@link INSECURE_MARK} lies beside it. Beside other files it would not be ours. */
  marked: boolean;
  /** The remote has an address in place of the adapter's own. */
  endpoint: boolean;
}

type Answer = "allowed" | "insecure_refused" | "lockfile_mismatch" | "signature_invalid" | "adapter_not_pinned";

/** The first row whose conditions all hold answers; a condition that is left out always holds. */
// deno-fmt-ignore
const RULES: readonly (Partial<Facts> & { answer: Answer })[] = [
  // an insecure wish contradicts these modes, needed or not
  { frozen: true, allowUnpinned: true,             answer: "insecure_refused" },
  { frozen: true, allowUnverified: true,           answer: "insecure_refused" },
  { strictProduction: true, allowUnpinned: true,   answer: "insecure_refused" },
  { strictProduction: true, allowUnverified: true, answer: "insecure_refused" },
  { strictProduction: true, endpoint: true,        answer: "insecure_refused" },
  // pinned with this program
  { from: "built_in",                              answer: "allowed" },
  // a lockfile that speaks of the remote is not overruled by a flag
  { locked: "no_digest",                           answer: "lockfile_mismatch" },
  { locked: "other_platform",                      answer: "lockfile_mismatch" },
  { marked: true, allowUnverified: false,          answer: "signature_invalid" },
  { locked: "unpinned", allowUnpinned: false,      answer: "adapter_not_pinned" },
  {                                                answer: "allowed" },
];

function decide(facts: Facts): Answer {
  const holds = ([name, value]: [string, unknown]) => name === "answer" || Reflect.get(facts, name) === value;
  return RULES.find((rule) => Object.entries(rule).every(holds))?.answer ?? "adapter_not_pinned";
}

/** The secure defaults (DefaultVerificationOptions of the specification): nothing insecure is allowed. */
export function defaultVerificationOptions(): Required<VerificationOptions> {
  return { frozen: false, allowUnpinned: false, allowUnverified: false, strictProduction: false };
}

/**
 * Refuses contradictions before anything is looked at: an insecure override under --frozen or EPACK_STRICT_PRODUCTION.
 *
 * @param remote undefined when the wish is for no remote in particular
 * @throws EpackError `insecure_refused`
 */
export function checkOverrides(remote: Remote | undefined, options: VerificationOptions): void {
  const facts = factsOf(remote, options);
  // an adapter beyond doubt: whatever is refused now is refused for the wish alone
  const answer = decide({ ...facts, from: "built_in" });
  if (answer !== "allowed") throw contradiction(remote, facts);
}

/**
 * The security check before an adapter runs (CheckAdapterSecurity of the specification): a pin, or the user's explicit word.
 *
 * @param options.lock undefined when there is no lockfile
 * @returns the pin that the bytes must have; undefined for a built-in one, and for one that may run unpinned
 * @throws EpackError `insecure_refused`, `lockfile_mismatch` (locked, but not for this platform), `signature_invalid` (installed
 *   without verification), `adapter_not_pinned`
 */
export async function checkAdapterSecurity(
  remote: Remote,
  adapterPath: string,
  options: VerificationOptions & { lock: Lock | undefined },
): Promise<Pin | undefined> {
  const { lock } = options;
  const platform = currentPlatform();
  const known = factsOf(remote, options);
  const facts = {
    ...known,
    locked: lockedState(lock, { name: remote.name, platform }),
    marked: known.from === "source" && await isMarked(adapterPath),
  };
  const answer = decide(facts);
  if (answer === "insecure_refused") throw contradiction(remote, facts);
  if (answer === "signature_invalid") {
    throw new EpackError(answer, `the adapter of remote "${remote.name}" was installed without verification`, {
      origin: "project",
      hint: "install it again with verification, or allow this run with --insecure-allow-unverified",
    });
  }
  if (answer === "adapter_not_pinned") {
    throw new EpackError(answer, `the adapter of remote "${remote.name}" is not pinned in the lockfile`, {
      origin: "project",
      hint: `pin ${adapterPath} with: epack lock ${remote.name}`,
    });
  }
  // a lockfile_mismatch is thrown here, with its reason
  return facts.from === "built_in" ? undefined : pinFor(lock, remote.name, { platform });
}

function factsOf(remote: Remote | undefined, options: VerificationOptions): Facts {
  const { frozen, allowUnpinned, allowUnverified, strictProduction } = options;
  return {
    from: remote?.kind === "built_in" ? "built_in" : remote?.source !== undefined ? "source" : "external",
    endpoint: remote?.endpoint !== undefined || remote?.authEndpoint !== undefined,
    locked: "unpinned",
    marked: false,
    // a flag that was not given is undefined
    frozen: frozen === true,
    allowUnpinned: allowUnpinned === true,
    allowUnverified: allowUnverified === true,
    strictProduction: strictProduction === true,
  };
}

/** Whether the mark lies beside an installed adapter. What cannot be looked at is no answer, and throws. */
export async function isMarked(adapterPath: string): Promise<boolean> {
  return await Deno.lstat(join(dirname(adapterPath), INSECURE_MARK)).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
}

function lockedState(lock: Lock | undefined, { name, platform }: { name: string; platform: string }): Facts["locked"] {
  if (lock === undefined || !Object.hasOwn(lock.remotes, name)) return "unpinned";
  const { platforms } = lock.remotes[name];
  if (Object.hasOwn(platforms, platform)) return "pinned";
  return Object.keys(platforms).length === 0 ? "no_digest" : "other_platform";
}

function contradiction(remote: Remote | undefined, facts: Facts): EpackError {
  const what = facts.allowUnpinned
    ? "--insecure-allow-unpinned"
    : facts.allowUnverified
    ? "--insecure-allow-unverified"
    : `the custom endpoint of remote "${remote?.name}"`;
  const wish = facts.allowUnpinned || facts.allowUnverified;
  const by = wish && facts.frozen ? "--frozen" : "EPACK_STRICT_PRODUCTION";
  return new EpackError("insecure_refused", `${what} is refused under ${by}`, { origin: "input" });
}
