import { resolve } from "node:path";
import type { Session } from "../adapter/mod.ts";
import { EpackError } from "../errors.ts";
import { type PackMetadata, type PackRef, type Result, supportsPull, type TargetConfig } from "../protocol/mod.ts";
import { type Arrived, fetchPack, openStaging } from "./fetch_pack.ts";
import { holdOutput } from "../files/mod.ts";
import { identityHints } from "./identity.ts";
import { outputName } from "./output_name.ts";
import type { PullRef } from "./pull_ref.ts";
import { openReceipts } from "../receipt/mod.ts";
import { adapterFacts, openSession, type RemoteRequest } from "./request.ts";
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
  /** Goes on with what an interrupted run left, and leaves such a part when it is interrupted. Default of the command: true. */
  resume: boolean;
}

export interface PullResult extends Arrived {
  outputPath: string;
  pack: PackMetadata;
  target: TargetConfig;
  verified: boolean;
  /** False: a release or version was asked for, and the remote's answer does not say which one it gave. */
  refConfirmed: boolean;
  adapter: ReturnType<typeof adapterFacts>;
  receiptPath: string;
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
  const target = pullTarget(request);
  const prepare = (asked: PackRef) =>
    requestWithRetries(session, "pull.prepare", {
      fields: async () => ({
        remote: remote.name,
        target,
        ref: asked,
        identity: await identityHints(request, session),
      }),
      request,
    });
  let prepared = await prepare(wireRef(ref));
  const { pack } = prepared;
  const refConfirmed = checkRelease(ref, pack);
  const outputPath = resolve(request.cwd, request.output ?? outputName(pack.stream));
  await refuseTaken(outputPath, request.force);
  cleanup.use(await holdOutput(outputPath, { command: `pull ${remote.name}` }));
  // whoever held it a moment ago has finished
  await refuseTaken(outputPath, request.force);

  const fetching = {
    ...request,
    session,
    outputPath,
    // the latest release may be another one by now
    prepareAnew: async () => (prepared = await prepare(ref.by === "latest" ? sameRelease(pack) : wireRef(ref))),
  };
  const staging = cleanup.use(await openStaging(prepared, fetching));
  const arrived = await fetchPack(prepared, staging, fetching);
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
  const receiptPath = await receipts.write(pullReceipt(outcome, remote.name, failure?.message), {
    at: request.now(),
    digest: arrived.fileDigest,
  });
  if (failure !== undefined) {
    throw new EpackError(
      "adapter_error",
      `the pack is in ${
        JSON.stringify(outputPath)
      } and was checked, but the remote did not confirm the pull: ${failure.message}`,
      { origin: "remote", hint: failure.hint, action: failure.action, cause: failure },
    );
  }
  return { ...outcome, receiptPath };
}

/** Where the pack is looked for. */
export function pullTarget({ remote, workspace, stream }: PullRequest): TargetConfig {
  return { ...remote.target, ...(workspace ? { workspace } : {}), ...(stream ? { stream } : {}) };
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

function sameRelease({ releaseId }: PackMetadata): PackRef {
  return releaseId === undefined ? { latest: true } : { releaseId };
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
export async function refuseTaken(outputPath: string, force: boolean): Promise<void> {
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

/** Tells the remote that the pack arrived; returns what went wrong with that. An interruption is no answer of the remote. */
async function confirm(
  session: Session,
  { pack, finalizeToken }: Result<"pull.prepare">,
  { request, target }: { request: PullRequest; target: TargetConfig },
): Promise<EpackError | undefined> {
  const remote = request.remote.name;
  try {
    await requestWithRetries(session, "pull.finalize", {
      fields: { remote, target, digest: pack.digest, packDigest: pack.digest, finalizeToken },
      request,
    });
    return undefined;
  } catch (error) {
    if (error instanceof EpackError) return error;
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
    transfer: { attempts: result.attempts, resumed_bytes: result.resumedBytes, elapsed_ms: result.elapsedMs },
  };
}
