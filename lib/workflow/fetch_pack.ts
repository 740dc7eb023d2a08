/** The middle of a pull: a prepared download becomes a checked file beside the output. */
import type { Session } from "../adapter/mod.ts";
import { showSize } from "../codec/mod.ts";
import type { Digest } from "../digest/mod.ts";
import { EpackError, type ErrorCode, isEpackError } from "../errors.ts";
import { createStaging, type Staging } from "../files/mod.ts";
import { PACK, TRANSFER } from "../limits.ts";
import { safeHeaders, safeUrl } from "../net/mod.ts";
import { openPack, verifyPack } from "../pack/mod.ts";
import { assertNotExpired, type Result } from "../protocol/mod.ts";
import { addressExpired, download, type DownloadResult, type DownloadTarget, type Endpoint } from "../transfer/mod.ts";
import type { PullRequest } from "./pull.ts";
import { transferOptions } from "./request.ts";

type Prepared = Result<"pull.prepare">;

/** What was found out about the downloaded file. */
export interface Arrived extends DownloadResult {
  /** Of the transfer, in milliseconds. */
  elapsedMs: number;
  /** Known when the pack was read. */
  packDigest?: Digest;
  signatures?: "none" | "not_checked";
}

export interface FetchRequest extends PullRequest {
  session: Session;
  /** Absolute. */
  outputPath: string;
  /** Asks for another address of the same pack. */
  prepareAnew: () => Promise<Prepared>;
}

/** The staging file of a pull, with what an earlier run left of the same pack. @throws as `createStaging`, and for an address that is refused */
export async function openStaging(prepared: Prepared, request: FetchRequest): Promise<Staging> {
  const { pack } = prepared;
  const { remote, outputPath } = request;
  const mayResume = request.resume && endpointOf(prepared, request).url.kind !== "file";
  const key = { remote: remote.name, digest: pack.digest, sizeBytes: pack.sizeBytes || undefined };
  return await createStaging(outputPath, { resume: mayResume && key });
}

/**
 * Downloads the pack and compares it with what was announced and asked for. What was joined to an earlier part and turns out wrong is
 * downloaded once more, as a whole. A part that is worth it is left to a later run when the download is cut.
 */
export async function fetchPack(prepared: Prepared, staging: Staging, request: FetchRequest): Promise<Arrived> {
  try {
    const arrived = await transfer(prepared, staging, request);
    try {
      return { ...arrived, ...await check(prepared, { ...request, staging, arrived }) };
    } catch (error) {
      if (arrived.resumedBytes === 0 || !(error instanceof EpackError) || !WRONG.has(error.code)) throw error;
      request.events.warn("what was kept of an earlier download does not fit; all of it is downloaded anew");
      staging.resume?.forget();
      const { file, path } = staging;
      const whole = await transfer(prepared, { file, path }, request);
      return { ...whole, ...await check(prepared, { ...request, staging, arrived: whole }) };
    }
  } catch (error) {
    throw keepPart(request.signal.aborted ? request.signal.reason : error, staging, prepared);
  }
}

/** Codes of a file that is not the one that was announced. */
const WRONG: ReadonlySet<ErrorCode> = new Set([
  "pack_mismatch",
  "pack_invalid",
  "verification_failed",
  "limit_exceeded",
]);

/** Codes of failures that say nothing against the bytes that came. */
const CUT: ReadonlySet<ErrorCode> = new Set(["network", "timeout", "transfer_failed", "interrupted", "adapter_error"]);

/** Leaves the part to a later run, if it is of use to one, and says so in the error. */
function keepPart(error: unknown, staging: Staging, { pack }: Prepared): unknown {
  if (!(error instanceof EpackError) || !CUT.has(error.code) || !staging.resume?.leave()) return error;
  // an adapter's own error tells callers more than a copy could
  if (error.code === "adapter_error") return error;
  const { code, message, origin, exitCode, httpStatus, retryAfterMs } = error;
  const of = pack.sizeBytes ? ` of ${showSize(pack.sizeBytes)}` : "";
  const kept = `${showSize(staging.resume.part.sizeBytes)}${of} are kept; run it again to go on`;
  const hint = error.hint === undefined ? kept : `${error.hint}; ${kept}`;
  return new EpackError(code, message, { origin, hint, exitCode, httpStatus, retryAfterMs, cause: error });
}

/** Downloads from the prepared address, and from others of the same pack when it expires meanwhile. */
async function transfer(
  first: Prepared,
  target: DownloadTarget,
  request: FetchRequest,
): Promise<DownloadResult & { elapsedMs: number }> {
  const { events, outputPath } = request;
  const begunAt = performance.now();
  let prepared = first;
  let failed = 0;
  const there = target.resume?.part.sizeBytes ?? 0;
  events.step(there === 0 ? "Downloading" : `Downloading what is missing: ${showSize(there)} are there already`);
  for (let addresses = 1;; addresses++) {
    let retries = 0;
    const options = transferOptions(request);
    try {
      const result = await download(endpointOf(prepared, request), target, {
        ...options,
        output: outputPath,
        maxBytes: PACK.fileBytes,
        expectedBytes: first.pack.sizeBytes || undefined,
        onWait(wait) {
          retries++;
          options.onWait?.(wait);
        },
      });
      const elapsedMs = Math.round(performance.now() - begunAt);
      return { ...result, attempts: result.attempts + failed, elapsedMs };
    } catch (error) {
      const { expiresAt } = prepared.download;
      const now = request.now().getTime();
      // an address that answered before, and refuses now, is over whatever the store calls it
      const isOver = addressExpired(error, expiresAt, now) || (retries > 0 && isRefused(error));
      if (!isOver || !isEpackError(error) || addresses > TRANSFER.addressesAnew) throw error;
      failed += retries + 1;
      events.waiting(`${error.message}: the address expired, and another one is asked for`, 0);
      prepared = await request.prepareAnew();
      requireSame(first, prepared);
    }
  }
}

function isRefused(error: unknown): boolean {
  return isEpackError(error, "transfer_failed") && [401, 403, 410].includes(error.httpStatus ?? 0);
}

/** @throws EpackError `pack_mismatch` */
function requireSame({ pack: before }: Prepared, { pack: now }: Prepared): void {
  if (before.digest === now.digest && (before.sizeBytes || 0) === (now.sizeBytes || 0)) return;
  throw new EpackError(
    "pack_mismatch",
    `the remote gives another pack now: ${now.digest} instead of ${before.digest}`,
    {
      origin: "remote",
      hint: "run it again to pull that one",
    },
  );
}

function endpointOf({ download: from }: Prepared, request: FetchRequest): Endpoint {
  assertNotExpired(from.expiresAt, { now: request.now(), what: "download", adapterName: request.session.name });
  const headers = safeHeaders(from.headers);
  const url = safeUrl(from.url, { ...request.remote.transport, headers: from.headers });
  return { url, method: from.method, headers };
}

/** Compares what arrived with what was announced and asked for. @throws EpackError `pack_mismatch`, and as `verifyPack` */
async function check(
  { pack }: Prepared,
  request: FetchRequest & { staging: Staging; arrived: DownloadResult },
): Promise<{ packDigest?: Digest; signatures?: "none" | "not_checked" }> {
  const { events, remote, signal, staging, arrived: { fileDigest } } = request;
  const asked = request.ref.by === "digest" ? request.ref.digest : undefined;
  const fileMatches = fileDigest === pack.digest && (asked === undefined || asked === fileDigest);
  // without a look into the pack, only the file's own digest can be compared
  if (!request.verify && fileMatches) return {};
  if (request.verify) events.step("Verifying the pack");
  using opened = await openPack(staging.path, { signal });
  // reading it all is what proves that its pack_digest is its own
  const { packDigest, signatures } = await verifyPack(opened, {
    signal,
    integrityOnly: !remote.verify.strict,
    onProgress: (done, total) => events.progress(done, total),
  });
  const digests: string[] = [fileDigest, packDigest];
  if (!digests.includes(pack.digest)) {
    throw new EpackError("pack_mismatch", `the remote announced ${pack.digest}, and sent ${fileDigest}`, {
      origin: "remote",
    });
  }
  if (asked !== undefined && !digests.includes(asked)) {
    throw new EpackError("pack_mismatch", `the remote sent ${fileDigest} (pack ${packDigest}) instead of ${asked}`, {
      origin: "remote",
    });
  }
  return { packDigest, signatures };
}
