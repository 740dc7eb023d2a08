import { EpackError } from "../errors.ts";
import { showLink } from "../codec/mod.ts";
import { openPack } from "../pack/mod.ts";
import type { ReleaseResult, TargetConfig } from "../protocol/mod.ts";
import { deliver, type TransferFacts } from "./deliver.ts";
import type { Events } from "./events.ts";
import { finalizeRelease } from "./finalize_release.ts";
import { pushReceipt } from "./push_receipt.ts";
import { openReceipts } from "../receipt/mod.ts";
import { releaseFields, type ReleaseWords } from "./release_fields.ts";
import { adapterFacts, openSession } from "./request.ts";
import { packFacts, requireAccepted, verifyForPush } from "./sendable.ts";
import type { SharedPack } from "./shared_pack.ts";
import { type RunsOutcome, syncRuns } from "./sync_runs.ts";
import { together } from "../together.ts";
import { type RunsRequest, wantedRuns } from "./wanted_runs.ts";

export interface PushRequest extends RunsRequest, ReleaseWords {
  syncRuns: boolean;
  /** The same pack for other pushes too. Default: it is opened and closed by this one. */
  shared?: SharedPack;
  /** False: an upload that was cut off is not gone on with, but begun anew. Default true. */
  resume?: boolean;
}

export interface PushResult {
  release: ReleaseResult;
  links: Record<string, string>;
  target: TargetConfig;
  pack: ReturnType<typeof packFacts>;
  runs: RunsOutcome;
  adapter: ReturnType<typeof adapterFacts>;
  transfer: TransferFacts;
  elapsedMs: number;
  receiptPath: string;
}

/**
 * Pushes a pack: verifies it while the adapter starts, sends the verified bytes, makes the release, syncs runs, leaves a receipt.
 *
 * @throws EpackError of every step; nothing is released when it fails before `push.finalize`, and a failure after that says
 *   `mayBeReleased` when it is not clear
 */
export async function push(request: PushRequest): Promise<PushResult> {
  const { remote, events, project } = request;
  const begun = performance.now();
  await using cleanup = new AsyncDisposableStack();
  const receipts = await openReceipts(project.root, "push", { remote: remote.name });
  events.step("Verifying the pack");
  const { shared } = request;
  const pack = shared === undefined ? cleanup.use(await openPack(request.packPath, request)) : await shared.open();
  const open = async (signal?: AbortSignal) => cleanup.use(await openSession(request, signal));
  const [sendable, opened] = await together(request.signal, [
    (signal) => shared?.verified({ ...request, signal }) ?? verifyForPush(pack, { ...request, signal }),
    (signal) => open(signal),
  ]);
  requireAccepted(opened, sendable);
  // what cannot be read is known before anything is sent
  const files = await wantedRuns(opened, request);

  const fields = releaseFields(sendable, request);
  const { target } = fields;
  const delivered = await deliver(opened, sendable, {
    release: fields,
    request: { ...request, resume: request.resume ?? true },
  });
  const { state, transfer } = delivered;
  if (state !== undefined) cleanup.use(state);
  events.step("Making the release");
  const { finalized, session } = await finalizeRelease(opened, {
    remote: remote.name,
    target,
    pack: fields.pack,
    finalizeToken: delivered.finalizeToken,
  }, { request, reopen: open, sentBefore: delivered.finalizeSent, state });
  const facts = packFacts(sendable);
  if (finalized.release.packDigest !== facts.packDigest) {
    throw new EpackError(
      "pack_mismatch",
      `the remote released another pack: ${finalized.release.packDigest} instead of ${facts.packDigest}`,
      { origin: "remote" },
    );
  }
  const { packDigest, fileDigest } = facts;
  const runs = await syncRuns(session, { files, packDigest, fileDigest, target, request, released: true });
  const outcome = {
    release: finalized.release,
    links: openable(finalized.links ?? {}, events),
    target,
    pack: facts,
    runs,
    adapter: adapterFacts(session),
    transfer,
    elapsedMs: Math.round(performance.now() - begun),
  };
  const receiptPath = await receipts.write(pushReceipt(outcome, remote.name), {
    at: request.now(),
    digest: packDigest,
  });
  state?.remove();
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
