/** Adapters: where they are, whether they may run, and the conversation with them. */
export {
  type AdapterStatus,
  discoverAdapters,
  type DiscoveredAdapter,
  type DiscoverOptions,
  findAdapter,
} from "./discover.ts";
export {
  Executor,
  type ExecutorOptions,
  newExecutor,
  newVerifiedExecutor,
  queryCapabilities,
  queryCapabilitiesVerified,
} from "./executor.ts";
export { foreseeAdapter, type ForeseenAdapter } from "./foresee.ts";
export { lookupAdapterPath } from "./lookup.ts";
export {
  checkAdapterSecurity,
  checkOverrides,
  defaultVerificationOptions,
  type VerificationOptions,
} from "./policy.ts";
export { type PrepareOptions, prepareSession } from "./prepare.ts";
export { type RemoteStatus, remoteStatuses } from "./remote_status.ts";
export { type PromptInstall, resolveAdapterPath, resolveAdapterPathWithInstall } from "./resolve.ts";
export { type Assurance, type OngoingCommand, Session, type SessionOptions } from "./session.ts";
