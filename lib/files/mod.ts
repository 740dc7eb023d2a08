/** Files: opened without following links, written whole or not at all, left behind by nobody. */
export { breather } from "./breathe.ts";
export { confineBelow, confineOpen, ensureFolder } from "./confine.ts";
export { holdOutput, lockFile } from "./file_lock.ts";
export { hashFile } from "./hash_file.ts";
export { isAlive } from "./is_alive.ts";
export { ioError, systemCode } from "./io_error.ts";
export { listFolder, refuseUnlistedNames } from "./list_folder.ts";
export {
  type FileIdentity,
  type OpenOptions,
  openRegular,
  readAt,
  readRegular,
  RegularFile,
  sameFile,
} from "./open.ts";
export { type PrivateDir, privateDir, removeSealed } from "./private_dir.ts";
export { markOwned, ownerIsGone, type OwnerMark, ownerPath } from "./owner.ts";
export { createExclusive, syncFolder, writeAtomic } from "./replace.ts";
export type { ResumeKey } from "./kept_partial.ts";
export { createStaging, type ResumableStaging, type Staging, type StagingOptions } from "./staging.ts";
