/** Moving bytes: verified on the way, to and from https, loopback http and folders. */
export { countSent } from "./count_sent.ts";
export { download, type DownloadResult } from "./download.ts";
export type { DownloadBounds, DownloadTarget } from "./http_download.ts";
export { addressExpired } from "./http_answer.ts";
export { digestParts } from "./part_digests.ts";
export { cutParts, type Part, type PartBounds, type PartPlan, planParts } from "./part_plan.ts";
export { isPassing, type RetryOptions, type Wait, withRetries } from "./retry.ts";
export type { Endpoint, TransferOptions, TransferResult, TransferSettings, UploadSource } from "./transfer_types.ts";
export { type DigestedPart, uploadParts } from "./upload_parts.ts";
export { Throttle } from "./throttle.ts";
export { upload } from "./upload.ts";
