/** Where adapters come from: locking, installing and updating them. Apart from the workflows, which need none of its weight. */
export { type AuditedRemote, auditRemotes } from "./audit.ts";
export { checkLock } from "./check_lock.ts";
export { type LockOutcome, lockRemotes, type LockRequest } from "./lock.ts";
export { type InstallContext, lockSource } from "./lock_source.ts";
export { mirrorLocked, type MirrorOutcome, type MirrorRequest } from "./mirror_locked.ts";
export { openInstall, type OpenInstallOptions } from "./open_install.ts";
export { findOutdated, type Outdated } from "./outdated.ts";
export { type SyncOutcome, syncRemotes, type SyncRequest } from "./sync.ts";
