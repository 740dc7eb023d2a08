import { resolve } from "node:path";
import type { Session } from "../adapter/mod.ts";
import type { Digest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { createStaging, type Staging } from "../files/mod.ts";
import { PACK } from "../limits.ts";
import { safeHeaders, safeUrl } from "../net/mod.ts";
import { openPack, verifyPack } from "../pack/mod.ts";
import {
  assertNotExpired,
  type PackMetadata,
  type PackRef,
  type Result,
  supportsPull,
  type TargetConfig,
} from "../protocol/mod.ts";
import { download } from "../transfer/mod.ts";
import { identityHints } from "./identity.ts";
import { outputName } from "./output_name.ts";
import type { PullRef } from "./pull_ref.ts";
import { openReceipts } from "../receipt/mod.ts";
import { adapterFacts, openSession, type RemoteRequest, transferOptions } from "./request.ts";
import { requestWithRetries } from "./retry_request.ts";

export interface PullRequest extends RemoteRequest {
  ref: PullRef;
  /** Relative outputs are below this folder. */
  cwd: string;
  /** Default: a name made of the stream. */
  output?: string;
  force: boolean;
  workspace?: string;
  stream?: string;
  /** Reads every artifact before the file gets its name. Default of the command: true. */
  verify: boolean;
}

export interface PullResult {
  outputPath: string;
  pack: PackMetadata;
  fileDigest: Digest;
  packDigest?: Digest;
  sizeBytes: number;
  target: TargetConfig;
  verified: boolean;
  signatures?: "none" | "not_checked";
  /** False: a release or version was asked for, and the remote's answer does not say which one it gave. */
  refConfirmed: boolean;
  adapter: ReturnType<typeof adapterFacts>;
  attempts: number;
  receiptPath: string;
}

/** What was found out about the downloaded file. */
interface Arrived {
  fileDigest: Digest;
  packDigest?: Digest;
  sizeBytes: number;
  attempts: number;
  signatures?: "none" | "not_checked";
}

/**
 * Pulls a pack. It is downloaded beside the output, compared with what was announced and asked for, verified, synced, and only
 * then given its name: whatever fails before leaves an old file untouched. A failed confirmation at the end keeps the new file.
 *
 * @throws EpackError of every step
 */
export async function pull(request: PullRequest): Promise<PullResult> {
  const { remote, events, project, ref } = request;
  await using cleanup = new AsyncDisposableStack();
  const receipts = await openReceipts(project.root, "pull", { remote: remote.name });
  events.step("Asking the remote");
  const session = cleanup.use(await openSession(request));
  if (!supportsPull(session.capabilities)) {
    throw new EpackError("unsupported", `adapter "${session.name}" cannot pull`, { origin: "adapter" });
  }
  const target: TargetConfig = {
    ...remote.target,
    ...(request.workspace ? { workspace: request.workspace } : {}),
    ...(request.stream ? { stream: request.stream } : {}),
  };
  const prepared = await requestWithRetries(session, "pull.prepare", {
    fields: async () => ({
      remote: remote.name,
      target,
      ref: wireRef(ref),
      identity: await identityHints(request, session),
    }),
    request,
  });
  const { pack } = prepared;
  const refConfirmed = checkRelease(ref, pack);
  const outputPath = resolve(request.cwd, request.output ?? outputName(pack.stream));
  await refuseTaken(outputPath, request.force);

  const staging = cleanup.use(await createStaging(outputPath));
  const arrived = await fetchPack(prepared, staging, { ...request, session, outputPath });
  await staging.commit({ force: request.force });
  const outcome = {
    outputPath,
    pack,
    target,
    verified: request.verify,
    refConfirmed,
    ...arrived,
    adapter: adapterFacts(session),
  };
  const failure = await confirm(session, prepared, { request, target });
  const receiptPath = await receipts.write(pullReceipt(outcome, remote.name, failure), {
    at: request.now(),
    digest: arrived.fileDigest,
  });
  if (failure !== undefined) {
    throw new EpackError(
      "adapter_error",
      `the pack is in ${
        JSON.stringify(outputPath)
      } and was checked, but the remote did not confirm the pull: ${failure}`,
      { origin: "remote" },
    );
  }
  return { ...outcome, receiptPath };
}

function wireRef(ref: PullRef): PackRef {
  switch (ref.by) {
    case "latest":
      return { latest: true };
    case "digest":
      return { digest: ref.digest };
    case "release":
      return { releaseId: ref.releaseId };
    case "version":
      return { version: ref.version };
  }
}

/** A release or version that was asked for must be the one that is given; says whether the remote told. @throws EpackError `pack_mismatch` */
function checkRelease(ref: PullRef, pack: PackMetadata): boolean {
  if (ref.by !== "release" && ref.by !== "version") return true;
  const [asked, given] = ref.by === "release" ? [ref.releaseId, pack.releaseId] : [ref.version, pack.version];
  if (given === undefined) return false;
  if (given === asked) return true;
  throw new EpackError(
    "pack_mismatch",
    `the remote gives ${ref.by} ${JSON.stringify(given)} instead of ${JSON.stringify(asked)}`,
    { origin: "remote" },
  );
}

/** Said before anything is downloaded; the commit holds to it whatever appears meanwhile. */
async function refuseTaken(outputPath: string, force: boolean): Promise<void> {
  const there = await Deno.lstat(outputPath).catch(() => undefined);
  if (there === undefined || (force && there.isFile)) return;
  if (!there.isFile) {
    throw new EpackError(
      "file_refused",
      `the output ${JSON.stringify(outputPath)} is no regular file and is not replaced`,
      { origin: "input" },
    );
  }
  throw new EpackError("file_exists", `the output ${JSON.stringify(outputPath)} exists already`, {
    origin: "input",
    hint: "replace it with --force, or choose another place with -o",
  });
}

async function fetchPack(
  prepared: Result<"pull.prepare">,
  staging: Staging,
  request: PullRequest & { session: Session; outputPath: string },
): Promise<Arrived> {
  const { download: from, pack } = prepared;
  const { session, events, remote, signal } = request;
  assertNotExpired(from.expiresAt, { now: request.now(), what: "download", adapterName: session.name });
  const headers = safeHeaders(from.headers);
  const url = safeUrl(from.url, { ...remote.transport, headers: from.headers });
  events.step("Downloading");
  const { fileDigest, sizeBytes, attempts } = await download({ url, method: from.method, headers }, staging, {
    ...transferOptions(request),
    output: request.outputPath,
    maxBytes: PACK.fileBytes,
    expectedBytes: pack.sizeBytes || undefined,
  });
  const asked = request.ref.by === "digest" ? request.ref.digest : undefined;
  const fileMatches = fileDigest === pack.digest && (asked === undefined || asked === fileDigest);
  // without a look into the pack, only the file's own digest can be compared
  if (!request.verify && fileMatches) return { fileDigest, sizeBytes, attempts };
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
  return { fileDigest, packDigest, sizeBytes, attempts, signatures };
}

/** Tells the remote that the pack arrived; returns what went wrong with that. An interruption is no answer of the remote. */
async function confirm(
  session: Session,
  { pack, finalizeToken }: Result<"pull.prepare">,
  { request, target }: { request: PullRequest; target: TargetConfig },
): Promise<string | undefined> {
  const remote = request.remote.name;
  try {
    await requestWithRetries(session, "pull.finalize", {
      fields: { remote, target, digest: pack.digest, packDigest: pack.digest, finalizeToken },
      request,
    });
    return undefined;
  } catch (error) {
    if (error instanceof EpackError) return error.message;
    throw error;
  }
}

function pullReceipt(
  result: Omit<PullResult, "receiptPath">,
  remote: string,
  failure: string | undefined,
): Record<string, unknown> {
  const { pack } = result;
  return {
    remote,
    target: result.target,
    pack: {
      output_path: result.outputPath,
      digest: pack.digest,
      file_digest: result.fileDigest,
      pack_digest: result.packDigest,
      size_bytes: result.sizeBytes,
      stream: pack.stream,
      created_at: pack.createdAt,
      release_id: pack.releaseId,
      version: pack.version,
    },
    verified: result.verified,
    signatures: result.signatures,
    ref_confirmed: result.refConfirmed,
    confirmed: failure === undefined,
    finalize_error: failure,
    adapter: result.adapter,
    transfer: { attempts: result.attempts },
  };
}
