import type { RegularFile } from "../files/mod.ts";
import type { Digest } from "../digest/mod.ts";
import type { Resolve, SafeUrl } from "../net/mod.ts";
import type { RetryOptions } from "./retry.ts";
import type { Throttle } from "./throttle.ts";

/** What users set for every transfer of a run. */
export interface TransferSettings {
  /** How often a failure that passes is tried again without progress. Default 5; 0 tries once. */
  retries?: number;
  /** Without a byte moving. Default 30 s. */
  idleMs?: number;
  /** Default: as fast as it goes. */
  bytesPerSecond?: number;
}

export interface TransferOptions extends Omit<TransferSettings, "bytesPerSecond">, RetryOptions {
  /** Bytes pass no faster, those of all transfers that have it together. */
  throttle?: Throttle;
  /** For proxies and SSL_CERT_FILE. */
  env: Readonly<Record<string, string>>;
  /** Default: the system's resolver. */
  resolve?: Resolve;
  onProgress?: (doneBytes: number, totalBytes: number | undefined) => void;
}

/** Where to, and by which request. */
export interface Endpoint {
  url: SafeUrl;
  /** Default PUT for uploads, GET for downloads. */
  method?: string;
  /** Checked by `safeHeaders`. */
  headers: Readonly<Record<string, string>>;
}

/** What is uploaded: an open file, and the digest that its bytes must still have. */
export interface UploadSource {
  file: RegularFile;
  fileDigest: Digest;
}

/** A stretch of an open file, in bytes, and the digest that it must still have. */
export interface FileSlice {
  file: RegularFile;
  offset: number;
  sizeBytes: number;
  digest: Digest;
}

export interface TransferResult {
  fileDigest: Digest;
  sizeBytes: number;
  /** 1 when the first try went through. */
  attempts: number;
}
