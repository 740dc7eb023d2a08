/** Moving bytes: verified on the way, to and from https, loopback http and folders. */
export { download } from "./download.ts";
export type { DownloadBounds, DownloadTarget } from "./http_download.ts";
export { addressExpired } from "./http_answer.ts";
export { isPassing, type RetryOptions, type Wait, withRetries } from "./retry.ts";
export type { Endpoint, TransferOptions, TransferResult, TransferSettings, UploadSource } from "./transfer_types.ts";
export { upload } from "./upload.ts";
