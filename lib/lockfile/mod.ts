/** `epack.lock.yaml`: which bytes an adapter must have. */
export { checkAlignment, samePermissions } from "./alignment.ts";
export {
  type Lock,
  type LockedPlatform,
  type LockedRemote,
  lockedRemote,
  type LockedSigner,
  type Pin,
  pinFor,
} from "./lock.ts";
export { parseLock, readLock } from "./lock_file.ts";
export { currentPlatform, goArch, goOs, RELEASE_PLATFORMS } from "./platform.ts";
export { type LockChanges, updateLock } from "./update_lock.ts";
