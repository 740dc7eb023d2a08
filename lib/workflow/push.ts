import { EpackError } from "../errors.ts";
import type { Session } from "../adapter/mod.ts";
import { showLink } from "../codec/mod.ts";
import { safeHeaders, safeUrl } from "../net/mod.ts";
import { digestFile, type FileDigests, openPack, type Pack, type VerifiedPack, verifyPack } from "../pack/mod.ts";
import {
  assertNotExpired,
  type ReleaseResult,
  type Result,
  supportsPrepareFinalize,
  supportsRunsSync,
  type TargetConfig,
} from "../protocol/mod.ts";
import { hexOf } from "../digest/mod.ts";
import { upload } from "../transfer/mod.ts";
import { afterLogin } from "./after_login.ts";
import { buildContext } from "./build_context.ts";
import type { Events } from "./events.ts";
import { identityHints } from "./identity.ts";
import { openReceipts } from "../receipt/mod.ts";
import { adapterFacts, openSession, type RemoteRequest, transferOptions } from "./request.ts";
import { requestWithRetries } from "./retry_request.ts";
import { findRuns, type RunFile } from "./run_files.ts";
import { type RunsOutcome, syncRuns } from "./sync_runs.ts";
import { together } from "../together.ts";

export interface PushRequest extends RemoteRequest {
  /** Absolute. */
  packPath: string;
  workspace?: string;
  /** Beside those of the configuration. */
  labels: readonly string[];
  notes?: string;
  releaseVersion?: string;
  syncRuns: boolean;
  /** Patterns beside those of the configuration. */
  runsPaths: readonly string[];
}

export interface PushResult {
  release: ReleaseResult;
  links: Record<string, string>;
  target: TargetConfig;
  pack: { path: string; packDigest: string; fileDigest: string; sizeBytes: number; signatures: string };
  runs: RunsOutcome;
  adapter: ReturnType<typeof adapterFacts>;
  /** How the bytes got there; "skip": the adapter had them or sent them itself. */
  transfer: { method: "upload" | "skip"; attempts: number };
  receiptPath: string;
}

/** A pack that may be sent: verified, and hashed as a whole through the same handle. */
interface Sendable extends FileDigests {
  verified: VerifiedPack;
}

/**
 * Pushes a pack: verifies it while the adapter starts, sends the verified bytes, makes the release, syncs runs, leaves a receipt.
 *
 * @throws EpackError of every step; nothing is released when it fails before `push.finalize`
 */
export async function push(request: PushRequest): Promise<PushResult> {
  const { remote, events, project } = request;
  await using cleanup = new AsyncDisposableStack();
  const receipts = await openReceipts(project.root, "push", { remote: remote.name });
  events.step("Verifying the pack");
  const pack = cleanup.use(await openPack(request.packPath, request));
  const [sendable, session] = await together(request.signal, [
    (signal) => verifyForPush(pack, { ...request, signal }),
    async (signal) => cleanup.use(await openSession(request, signal)),
  ]);
  requireAccepted(session, sendable);
  // what cannot be read is known before anything is sent
  const runFiles = await wantedRuns(session, request);

  const target: TargetConfig = {
    ...remote.target,
    ...(request.workspace ? { workspace: request.workspace } : {}),
    stream: pack.stream,
  };
  const packInfo = describePack(sendable);
  events.step("Preparing the release");
  const prepared = await requestWithRetries(session, "push.prepare", {
    fields: async () => ({
      remote: remote.name,
      target,
      pack: packInfo,
      release: releaseInfo(request),
      identity: await identityHints(request, session),
    }),
    request,
  });
  const transfer = await send(prepared, sendable, { ...request, session });
  events.step("Making the release");
  const finalized = await afterLogin(session, request, () =>
    session.request("push.finalize", {
      remote: remote.name,
      target,
      pack: packInfo,
      finalizeToken: prepared.finalizeToken,
    }));
  if (finalized.release.packDigest !== sendable.verified.packDigest) {
    throw new EpackError(
      "pack_mismatch",
      `the remote released another pack: ${finalized.release.packDigest} instead of ${sendable.verified.packDigest}`,
      { origin: "remote" },
    );
  }
  const runs = await syncRuns(session, {
    files: runFiles,
    packDigest: sendable.verified.packDigest,
    fileDigest: sendable.fileDigest,
    target,
    runs: remote.runs,
    events,
    request,
  });
  const outcome = {
    release: finalized.release,
    links: openable(finalized.links ?? {}, events),
    target,
    pack: {
      path: pack.path,
      packDigest: sendable.verified.packDigest,
      fileDigest: sendable.fileDigest,
      sizeBytes: pack.sizeBytes,
      signatures: sendable.verified.signatures,
    },
    runs,
    adapter: adapterFacts(session),
    transfer,
  };
  const receiptPath = await receipts.write(pushReceipt(outcome, remote.name), {
    at: request.now(),
    digest: sendable.verified.packDigest,
  });
  // the release stands and has its receipt; only now may its runs fail the push
  if (runs.failure !== undefined) throw runs.failure;
  return { ...outcome, receiptPath };
}

/** The adapter's links that are something to open: whoever reads the result or the receipt gets no others. */
function openable(links: Readonly<Record<string, string>>, events: Events): Record<string, string> {
  const entries = Object.entries(links);
  const kept = entries.flatMap(([name, link]) => {
    const shown = showLink(link);
    return shown === undefined ? [] : [[name, shown]];
  });
  if (kept.length < entries.length) {
    events.warn(`${entries.length - kept.length} of the remote's links left out: not plain https addresses`);
  }
  return Object.fromEntries(kept);
}

async function verifyForPush(pack: Pack, request: PushRequest): Promise<Sendable> {
  const { signal, events } = request;
  // a push sends attestations on as they are: whether they are good is for who relies on them, unless the remote is strict
  const verified = await verifyPack(pack, {
    signal,
    integrityOnly: !request.remote.verify.strict,
    onProgress: (done, total) => events.progress(done, total),
  });
  return { verified, ...await digestFile(pack.file, { signal }) };
}

function requireAccepted(session: Session, { verified }: Sendable): void {
  const { features, limits } = session.capabilities;
  if (!supportsPrepareFinalize(session.capabilities) && !features.directUpload) {
    throw new EpackError("unsupported", `adapter "${session.name}" cannot push`, { origin: "adapter" });
  }
  if (limits.maxPackBytes && verified.sizeBytes > limits.maxPackBytes) {
    throw new EpackError(
      "limit_exceeded",
      `the pack has ${verified.sizeBytes} bytes; the remote takes at most ${limits.maxPackBytes}`,
      { origin: "remote" },
    );
  }
}

function describePack({ verified, fileDigest, checksumMd5 }: Sendable) {
  return {
    path: verified.pack.path,
    digest: verified.packDigest,
    sizeBytes: verified.sizeBytes,
    manifestDigest: hexOf(verified.manifestDigest),
    fileDigest,
    checksum: checksumMd5,
  };
}

function releaseInfo(request: PushRequest) {
  const { release } = request.remote;
  const labels = [...new Set([...release.labels, ...request.labels])];
  const context = buildContext(release.source, request.env);
  const source = { gitSha: context.git_sha, ciRunUrl: context.ci_run_url };
  return {
    labels: labels.length > 0 ? labels : undefined,
    notes: request.notes ?? release.notes,
    source: source.gitSha || source.ciRunUrl ? source : undefined,
    buildContext: Object.keys(context).length > 0 ? context : undefined,
    version: request.releaseVersion,
  };
}

async function send(
  { upload: to }: Result<"push.prepare">,
  sendable: Sendable,
  request: PushRequest & { session: Session },
): Promise<PushResult["transfer"]> {
  const { session, events, remote } = request;
  if (to.method?.toLowerCase() === "skip") return { method: "skip", attempts: 0 };
  if (session.capabilities.features.directUpload && !session.capabilities.features.prepareFinalize) {
    throw new EpackError(
      "adapter_protocol",
      `adapter "${session.name}" uploads by itself, and yet asks for an upload`,
      { origin: "adapter" },
    );
  }
  assertNotExpired(to.expiresAt, { now: request.now(), what: "upload", adapterName: session.name });
  const headers = safeHeaders(to.headers);
  const url = safeUrl(to.url ?? "", { ...remote.transport, headers: to.headers });
  events.step("Uploading");
  const { attempts } = await upload({ url, method: to.method, headers }, {
    file: sendable.verified.pack.file,
    fileDigest: sendable.fileDigest,
  }, transferOptions(request));
  return { method: "upload", attempts };
}

/** The runs to sync with the release: none where the adapter or the user does not want them. */
async function wantedRuns(session: Session, request: PushRequest): Promise<RunFile[]> {
  const { sync, paths } = request.remote.runs;
  if (!request.syncRuns || !sync || !supportsRunsSync(session.capabilities)) return [];
  return await findRuns(request.packPath, { patterns: paths, extra: request.runsPaths });
}

/** The receipt's own spelling, which other tools read too. */
function pushReceipt(result: Omit<PushResult, "receiptPath">, remote: string): Record<string, unknown> {
  const { release, pack } = result;
  return {
    remote,
    target: result.target,
    pack: { path: pack.path, digest: pack.packDigest, file_digest: pack.fileDigest, size_bytes: pack.sizeBytes },
    release: {
      release_id: release.releaseId,
      pack_digest: release.packDigest,
      version: release.version,
      created_at: release.createdAt,
      canonical_ref: release.canonicalRef,
    },
    links: result.links,
    runs: { synced: result.runs.synced, failed: result.runs.failed },
    adapter: result.adapter,
    transfer: result.transfer,
    signatures: pack.signatures,
  };
}
