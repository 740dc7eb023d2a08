import type { Session } from "../adapter/mod.ts";
import { showText } from "../codec/mod.ts";
import type { Digest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { RUNS } from "../limits.ts";
import { redact } from "../net/mod.ts";
import { AdapterError, type FailedOutput, type TargetConfig } from "../protocol/mod.ts";
import type { RemoteRequest } from "./request.ts";
import { requestWithRetries } from "./retry_request.ts";
import type { RunFile } from "./run_files.ts";

/** Which runs the remote has now, by id. */
export interface RunsOutcome {
  synced: string[];
  failed: string[];
  /** Outputs of runs that did not arrive; their texts are cleaned and bounded. */
  failedOutputs: FailedOutput[];
  /** Why the command must be called failed, though a release may stand. */
  failure?: unknown;
}

export interface SyncRunsRequest {
  /** Found before anything was sent. */
  files: readonly RunFile[];
  packDigest: Digest;
  fileDigest: Digest;
  target: TargetConfig;
  request: RemoteRequest;
  /** True after a release: it stands whatever becomes of its runs, which the messages say. */
  released: boolean;
}

/**
 * Syncs the run results beside a pack, as many in one request as the adapter takes. An error answer to one request does not keep the
 * others from being sent. Nothing is thrown: what was synced is to stand in the receipt. After a release a failure is a
 * warning, but with `runs.require_success`, as after an interruption, and always without a release, it is the outcome's `failure`.
 */
export async function syncRuns(session: Session, options: SyncRunsRequest): Promise<RunsOutcome> {
  const { files, released, request: { remote, events } } = options;
  const outcome: RunsOutcome = { synced: [], failed: [], failedOutputs: [] };
  if (files.length === 0) return outcome;
  events.step("Syncing runs");
  const most = session.capabilities.limits.maxRunsPerSync || files.length;
  const before = released ? "the release is made, but " : "";
  let error: unknown;
  for (let at = 0; at < files.length; at += most) {
    const part = files.slice(at, at + most);
    try {
      await syncPart(session, part, { ...options, outcome });
    } catch (thrown) {
      error ??= thrown;
      outcome.failed.push(...part.map(({ runId }) => runId));
      if (thrown instanceof AdapterError) continue;
      outcome.failed.push(...files.slice(at + most).map(({ runId }) => runId));
      break;
    }
  }
  if (error !== undefined) {
    const isMinor = error instanceof EpackError && error.code !== "interrupted" && released;
    if (!isMinor || remote.runs.requireSuccess) outcome.failure = error;
    else events.warn(`${before}its runs were not all synced: ${error instanceof Error ? error.message : error}`);
  } else if (remote.runs.requireSuccess && outcome.failed.length > 0) {
    outcome.failure = new EpackError(
      "adapter_error",
      `${before}${outcome.failed.length} of ${files.length} runs were not taken`,
      { origin: "remote" },
    );
  }
  return outcome;
}

/** One request's worth of runs; what is not answered counts as failed. */
async function syncPart(
  session: Session,
  part: readonly RunFile[],
  { outcome, packDigest, fileDigest, target, request }: SyncRunsRequest & { outcome: RunsOutcome },
): Promise<void> {
  const { items, failedOutputs } = await requestWithRetries(session, "runs.sync", {
    fields: { target, packDigest, fileDigest, runs: [...part] },
    request,
  });
  const status = new Map(items.map((item) => [item.runId, item.status]));
  for (const { runId } of part) {
    const taken = status.get(runId) === "accepted" || status.get(runId) === "duplicate";
    (taken ? outcome.synced : outcome.failed).push(runId);
  }
  for (const { runId, path, reason } of failedOutputs) {
    outcome.failedOutputs.push({ runId: clean(runId), path: clean(path), reason: clean(reason) });
  }
}

function clean(text: string): string {
  return showText(redact(text), { maxChars: RUNS.outputWords });
}

/** As results and receipts spell them. */
export function runsFacts({ synced, failed, failedOutputs }: RunsOutcome) {
  return {
    synced,
    failed,
    failed_outputs: failedOutputs.map(({ runId, path, reason }) => ({ run_id: runId, path, reason })),
  };
}
