import type { Project, Remote } from "../config/mod.ts";
import { ADAPTER } from "../limits.ts";
import { checkAlignment, type Lock, lockedRemote, type Pin, readLock } from "../lockfile/mod.ts";
import { requireReadable } from "../sandbox/mod.ts";
import { checkAdapterSecurity, checkOverrides, type VerificationOptions } from "./policy.ts";
import { isModule, type PromptInstall, resolveAdapterPathWithInstall } from "./resolve.ts";

/** The file that is to run for a remote; its bytes are not looked at yet. */
export interface ChosenAdapter {
  path: string;
  /** That its bytes must have; undefined for one that may run unpinned. */
  pin?: Pin;
  isModule: boolean;
  /** Bound of its size; undefined: that of a native adapter. */
  maxBytes?: number;
}

/** What is known before any file is looked at. @throws EpackError `insecure_refused`, `permission_denied` */
export function requireAllowed(remote: Remote, options: VerificationOptions): void {
  checkOverrides(remote, options);
  requireReadable([...remote.secrets, ...remote.permissions?.env ?? []]);
}

/**
 * Finds the adapter of a remote that is not built in, and what vouches for it.
 *
 * @throws EpackError `adapter_not_installed`, `adapter_not_pinned`, `lockfile_invalid`, `lockfile_mismatch`, `signature_invalid`, …
 */
export async function chooseAdapter(
  project: Project,
  remote: Remote,
  options: VerificationOptions & { promptInstall?: PromptInstall },
): Promise<ChosenAdapter> {
  const before = await readLock(project.lockPath);
  requireAligned(remote, before);
  const path = await resolveAdapterPathWithInstall(project, remote, { ...options, lock: before });
  // an installation on the way may have locked it
  const lock = await readLock(project.lockPath);
  requireAligned(remote, lock);
  const pin = await checkAdapterSecurity(remote, path, { ...options, lock });
  return { path, pin, isModule: isModule(path), maxBytes: isModule(path) ? ADAPTER.moduleBytes : undefined };
}

function requireAligned(remote: Remote, lock: Lock | undefined): void {
  const locked = lockedRemote(lock, remote.name);
  if (locked !== undefined) checkAlignment(remote, locked);
}
