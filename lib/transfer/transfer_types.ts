import type { RegularFile } from "../files/mod.ts";
import type { Digest } from "../digest/mod.ts";
import type { Resolve, SafeUrl } from "../net/mod.ts";

export interface TransferOptions {
  /** For proxies and SSL_CERT_FILE. */
  env: Readonly<Record<string, string>>;
  signal?: AbortSignal;
  /** Default: the system's resolver. */
  resolve?: Resolve;
  onProgress?: (doneBytes: number, totalBytes: number | undefined) => void;
  /** Without a byte moving. Default 30 s. */
  idleMs?: number;
  /** Pause before the first retry; doubled each time. Default 500 ms. */
  retryMs?: number;
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

export interface TransferResult {
  fileDigest: Digest;
  sizeBytes: number;
  /** 1 when the first try went through. */
  attempts: number;
}
