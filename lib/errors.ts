/**
 * The one error type, the closed union of its codes, and the exit code of each.
 *
 * A room throws `EpackError` with the code that a caller decides by; the CLI alone turns it into words, hints and an exit code.
 * Tell errors by `code`, never by class name: minified builds rename classes.
 */

/** Who must act: the person who typed the command, the project's files, the adapter, the registry, the network, or us. */
export type ErrorOrigin = "input" | "project" | "adapter" | "remote" | "network" | "epack";

/** Every code with the exit code of the process that ends by it. */
const EXIT_CODES = {
  // 1: general, usage, an adapter's error answer, failed verification by `verify`
  usage: 1,
  internal: 1,
  io: 1,
  unsupported: 1,
  limit_exceeded: 1,
  project_not_found: 1,
  config_invalid: 1,
  remote_unknown: 1,
  file_exists: 1,
  file_refused: 1,
  in_use: 1,
  output_closed: 1,
  verification_failed: 1,
  adapter_error: 1,
  adapter_protocol: 1,
  adapter_crashed: 1,
  adapter_refused: 1,
  permission_denied: 1,
  insecure_refused: 1,
  identity_unavailable: 1,
  release_not_found: 1,
  receipt_invalid: 1,
  job_unknown: 1,
  job_invalid: 1,
  job_not_started: 1,
  job_not_provable: 1,
  // 2: a pack that is malformed, cannot be opened, or is not what was announced
  pack_invalid: 2,
  pack_mismatch: 2,
  pack_changed: 2,
  // 10: the lockfile
  lockfile_missing: 10,
  lockfile_invalid: 10,
  lockfile_mismatch: 10,
  adapter_not_pinned: 10,
  // 11 … 15
  adapter_digest_mismatch: 11,
  signature_invalid: 12,
  timeout: 13,
  adapter_not_installed: 14,
  network: 15,
  transfer_failed: 15,
  url_refused: 15,
  // 20: a file that was named is missing
  file_not_found: 20,
  // 128 + n: `interrupted` carries the signal's number
  interrupted: 130,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

/** What a remote says to do about an error: shown, never done without the user's word. Its texts are already cleaned. */
export type SuggestedAction =
  | { type: "run_command"; command: string }
  | { type: "open_url"; url: string }
  | { type: "text"; text: string };

export interface EpackErrorOptions {
  /** Default "epack". */
  origin?: ErrorOrigin;
  /** What the user can do next: one sentence, no full stop, added below the message by the CLI. */
  hint?: string;
  cause?: unknown;
  /** In words it is the hint's part. */
  action?: SuggestedAction;
  /** Overrides the table's exit code (signals: 128 + n). */
  exitCode?: number;
  /** The other side asks for this pause before a next try. */
  retryAfterMs?: number;
  /** Of the HTTP answer that this is about. */
  httpStatus?: number;
  /** A release may stand on the other side, though nothing says so. */
  mayBeReleased?: boolean;
}

/** Message: lower-case start, no full stop, names the thing that is wrong; untrusted text in it is already cleaned. */
export class EpackError extends Error {
  readonly code: ErrorCode;
  readonly origin: ErrorOrigin;
  readonly hint?: string;
  readonly action?: SuggestedAction;
  readonly exitCode: number;
  readonly retryAfterMs?: number;
  readonly httpStatus?: number;
  readonly mayBeReleased: boolean;

  constructor(code: ErrorCode, message: string, options: EpackErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = "EpackError";
    this.code = code;
    this.origin = options.origin ?? "epack";
    this.hint = options.hint;
    this.action = options.action;
    this.retryAfterMs = options.retryAfterMs;
    this.httpStatus = options.httpStatus;
    this.mayBeReleased = options.mayBeReleased ?? false;
    this.exitCode = options.exitCode ?? EXIT_CODES[code];
  }
}

/** True for an EpackError, of the given code when one is given. */
export function isEpackError(error: unknown, code?: ErrorCode): error is EpackError {
  return error instanceof EpackError && (code === undefined || error.code === code);
}

/** All codes with their exit codes, for documentation and tests. */
export function exitCodes(): Readonly<Record<ErrorCode, number>> {
  return EXIT_CODES;
}
