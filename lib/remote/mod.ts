/**
 * The exported API of the remote package of the specification, camel-cased, from the rooms that have it. Names that were methods
 * on pointers are methods here too; `New…` functions are `new…`.
 */
import { ADAPTER } from "../limits.ts";
import type { Events } from "../workflow/mod.ts";

/** Calls of adapters a second, and how many may come at once. */
export const DEFAULT_ADAPTER_RATE_LIMIT: number = ADAPTER.startsPerSecond;
export const DEFAULT_ADAPTER_RATE_BURST: number = ADAPTER.startsBurst;

/** Time-out of a command, in milliseconds. */
export const DEFAULT_TIMEOUT: number = ADAPTER.commandMs;

/** Commands of an adapter, which are also the types of their requests; a result's type has `.result` behind it. */
export const CommandCapabilities = "--capabilities";
export const CommandPushPrepare = "push.prepare";
export const CommandPushFinalize = "push.finalize";
export const CommandPullPrepare = "pull.prepare";
export const CommandPullFinalize = "pull.finalize";
export const CommandRunsSync = "runs.sync";
export const CommandAuthLogin = "auth.login";
export const CommandAuthWhoami = "auth.whoami";
export {
  CommandAuthLogin as TypeAuthLogin,
  CommandAuthWhoami as TypeAuthWhoami,
  CommandPullFinalize as TypePullFinalize,
  CommandPullPrepare as TypePullPrepare,
  CommandPushFinalize as TypePushFinalize,
  CommandPushPrepare as TypePushPrepare,
  CommandRunsSync as TypeRunsSync,
};
export const TypePushPrepareResult = "push.prepare.result";
export const TypePushFinalizeResult = "push.finalize.result";
export const TypePullPrepareResult = "pull.prepare.result";
export const TypePullFinalizeResult = "pull.finalize.result";
export const TypeRunsSyncResult = "runs.sync.result";
export const TypeAuthLoginResult = "auth.login.result";
export const TypeAuthWhoamiResult = "auth.whoami.result";
export const TypeError = "error";

/** Error codes that adapters answer with. */
export const ErrCodeUnsupportedProtocol = "unsupported_protocol";
export const ErrCodeInvalidRequest = "invalid_request";
export const ErrCodeAuthRequired = "auth_required";
export const ErrCodeForbidden = "forbidden";
export const ErrCodeNotFound = "not_found";
export const ErrCodeConflict = "conflict";
export const ErrCodeRateLimited = "rate_limited";
export const ErrCodeServerError = "server_error";
export const ErrCodeNetworkError = "network_error";

/** What vouches for an adapter. `built_in` is a status of this program alone. */
export const StatusVerified = "verified";
export const StatusUnverified = "unverified";
export const StatusManaged = "managed";
export const StatusNotFound = "not_found";

export {
  type ActionHint,
  AdapterError,
  type AuthHints,
  type AuthLoginInstructions,
  type AuthLoginRequest,
  type AuthLoginResponse,
  type AuthWhoamiRequest,
  type AuthWhoamiResponse,
  type Capabilities,
  type CapabilityAuth,
  type CapabilityFeatures,
  type CapabilityLimits,
  type DownloadInfo,
  type ErrorInfo,
  type ErrorResponse,
  type FinalizeRequest,
  type FinalizeResponse,
  type IdentityResult,
  type PackInfo,
  type PackMetadata,
  type PackRef,
  type PrepareRequest,
  type PrepareResponse,
  PROTOCOL_VERSION,
  type PullFinalizeRequest,
  type PullFinalizeResponse,
  type PullPrepareRequest,
  type PullPrepareResponse,
  type ReleaseInfo,
  type ReleaseResult,
  type RunInfo,
  type RunsSyncRequest,
  type RunsSyncResponse,
  type RunSyncItem,
  type SourceInfo,
  supportsAuthLogin,
  supportsAuthMode,
  supportsPrepareFinalize,
  supportsProtocolVersion,
  supportsPull,
  supportsRunsSync,
  supportsWhoami,
  type TargetConfig,
  type UploadInfo,
} from "../protocol/mod.ts";
export {
  type AdapterStatus,
  checkAdapterSecurity,
  defaultVerificationOptions,
  discoverAdapters,
  type DiscoveredAdapter,
  type DiscoverOptions,
  Executor,
  findAdapter,
  lookupAdapterPath,
  newExecutor,
  newVerifiedExecutor,
  type PrepareOptions as AdapterExecutorOptions,
  prepareSession as prepareAdapterExecutor,
  type PromptInstall as PromptInstallFunc,
  queryCapabilities,
  queryCapabilitiesVerified,
  resolveAdapterPath,
  resolveAdapterPathWithInstall,
  type VerificationOptions,
} from "../adapter/mod.ts";
export { type Pin as AdapterDigestInfo, pinFor as getAdapterDigestInfo } from "../lockfile/mod.ts";
export { resolveRemote as resolveRemoteConfig } from "../config/mod.ts";

/** Called when a step of a workflow begins; the one before it is done. */
export type StepCallback = Events["step"];
