/** The Remote Adapter Protocol v1: every message in both dialects, with strict readers. The wire's snake_case stays in here. */
export { type ActionHint, AdapterError, type ErrorInfo, type ErrorResponse, errorResponse } from "./adapter_error.ts";
export type {
  AuthLoginInstructions,
  AuthLoginRequest,
  AuthLoginResponse,
  AuthWhoamiRequest,
  AuthWhoamiResponse,
  IdentityResult,
} from "./auth.ts";
export {
  type Capabilities,
  capabilitiesSchema,
  type CapabilityAuth,
  type CapabilityFeatures,
  type CapabilityLimits,
  parseCapabilities,
  supportsAuthLogin,
  supportsAuthMode,
  supportsPrepareFinalize,
  supportsProtocolVersion,
  supportsPull,
  supportsRunsSync,
  supportsWhoami,
} from "./capabilities.ts";
export {
  ADAPTER_ERROR_CODES,
  type AdapterErrorCode,
  CAPABILITIES,
  type Command,
  COMMANDS,
  PROTOCOL_VERSION,
} from "./command.ts";
export type { AuthHints, PackInfo, ReleaseInfo, SourceInfo, TargetConfig } from "./fields.ts";
export { type RequestFields, REQUESTS, type Result, RESULTS, type WireRequest } from "./messages.ts";
export { MULTIPART_UPLOAD, multipartOf, type MultipartOffer, type PartAddress, type StoredPart } from "./multipart.ts";
export type {
  DownloadInfo,
  PackMetadata,
  PackRef,
  PullFinalizeRequest,
  PullFinalizeResponse,
  PullPrepareRequest,
  PullPrepareResponse,
} from "./pull.ts";
export type {
  FinalizeRequest,
  FinalizeResponse,
  PrepareRequest,
  PrepareResponse,
  ReleaseResult,
  UploadInfo,
} from "./push.ts";
export { assertNotExpired } from "./expiry.ts";
export { protocolError } from "./protocol_error.ts";
export { parseReply, type ReplyOptions } from "./reply.ts";
export { type ListedRelease, RELEASES_LIST, releasesListOf, type ReleasesOffer } from "./releases.ts";
export { requestFor } from "./request.ts";
export type { FailedOutput, RunInfo, RunsSyncRequest, RunsSyncResponse, RunSyncItem } from "./runs.ts";
