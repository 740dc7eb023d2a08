/** Adapters: where they are, whether they may run, and the conversation with them. */
export {
  Executor,
  type ExecutorOptions,
  newExecutor,
  newVerifiedExecutor,
  queryCapabilities,
  queryCapabilitiesVerified,
} from "./executor.ts";
export {
  checkAdapterSecurity,
  checkOverrides,
  defaultVerificationOptions,
  type VerificationOptions,
} from "./policy.ts";
export { type PrepareOptions, prepareSession } from "./prepare.ts";
export { resolveAdapterPath } from "./resolve.ts";
export { type Assurance, Session, type SessionOptions } from "./session.ts";
