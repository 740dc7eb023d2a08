import { openPack } from "../pack/mod.ts";
import { supportsRunsSync, type TargetConfig } from "../protocol/mod.ts";
import { together } from "../together.ts";
import { openReceipts } from "../receipt/mod.ts";
import { targetOf } from "./release_fields.ts";
import { adapterFacts, openSession } from "./request.ts";
import { packFacts, verifyForPush } from "./sendable.ts";
import { runsFacts, type RunsOutcome, syncRuns } from "./sync_runs.ts";
import { cannotSync, runsOf, type RunsRequest } from "./wanted_runs.ts";

export interface PushRunsRequest extends RunsRequest {
  workspace?: string;
}

export interface PushRunsResult {
  target: TargetConfig;
  pack: ReturnType<typeof packFacts>;
  runs: RunsOutcome;
  adapter: ReturnType<typeof adapterFacts>;
  elapsedMs: number;
  receiptPath: string;
}

/**
 * Syncs the runs of a pack that was released before, and leaves a receipt of its own kind. The pack is verified, and not sent.
 *
 * @throws EpackError `unsupported`; with `runs.require_success`, when not all runs were taken; as {@link push}
 */
export async function pushRuns(request: PushRunsRequest): Promise<PushRunsResult> {
  const { remote, events, project } = request;
  const begun = performance.now();
  await using cleanup = new AsyncDisposableStack();
  const receipts = await openReceipts(project.root, "runs", { remote: remote.name });
  events.step("Verifying the pack");
  const pack = cleanup.use(await openPack(request.packPath, request));
  const [sendable, session] = await together(request.signal, [
    (signal) => verifyForPush(pack, { ...request, signal }),
    async (signal) => cleanup.use(await openSession(request, signal)),
  ]);
  if (!supportsRunsSync(session.capabilities)) throw cannotSync(session);
  const target = targetOf(request, pack.stream);
  const { packDigest, ...facts } = packFacts(sendable);
  const runs = await syncRuns(session, {
    files: await runsOf(request),
    packDigest,
    fileDigest: facts.fileDigest,
    target,
    request,
    released: false,
  });
  const adapter = adapterFacts(session);
  const elapsedMs = Math.round(performance.now() - begun);
  const receiptPath = await receipts.write({
    kind: "runs",
    remote: remote.name,
    target,
    pack: { path: facts.path, digest: packDigest, file_digest: facts.fileDigest, size_bytes: facts.sizeBytes },
    runs: runsFacts(runs),
    adapter,
    elapsed_ms: elapsedMs,
  }, { at: request.now(), digest: packDigest });
  if (runs.failure !== undefined) throw runs.failure;
  return { target, pack: { packDigest, ...facts }, runs, adapter, elapsedMs, receiptPath };
}
