import type { Session } from "../adapter/mod.ts";
import type { Digest } from "../digest/mod.ts";
import type { Remote } from "../config/mod.ts";
import { EpackError } from "../errors.ts";
import type { FailedOutput, TargetConfig } from "../protocol/mod.ts";
import type { Events } from "./events.ts";
import { requestWithRetries, type RetriedRequest } from "./retry_request.ts";
import type { RunFile } from "./run_files.ts";

/** Which runs the remote has now, by id. */
export interface RunsOutcome {
  synced: string[];
  failed: string[];
  failedOutputs: FailedOutput[];
  /** Why the push must be called failed, though its release stands. */
  failure?: unknown;
}

export interface SyncRunsRequest {
  /** Found before anything was sent. */
  files: readonly RunFile[];
  packDigest: Digest;
  fileDigest: Digest;
  target: TargetConfig;
  runs: Remote["runs"];
  events: Events;
  request: RetriedRequest;
}

/**
 * Syncs the run results beside a pack. The release stands already, so nothing is thrown: a failure is a warning, or with
 * `runs.require_success`, as after an interruption, the outcome's `failure`.
 */
export async function syncRuns(session: Session, request: SyncRunsRequest): Promise<RunsOutcome> {
  const { files, runs: settings, events } = request;
  const outcome: RunsOutcome = { synced: [], failed: [], failedOutputs: [] };
  if (files.length === 0) return outcome;
  events.step("Syncing runs");
  const most = session.capabilities.limits.maxRunsPerSync || files.length;
  try {
    for (let at = 0; at < files.length; at += most) {
      await syncPart(session, files.slice(at, at + most), { ...request, outcome });
    }
    if (settings.requireSuccess && outcome.failed.length > 0) {
      outcome.failure = new EpackError(
        "adapter_error",
        `the release is made, but ${outcome.failed.length} of ${files.length} runs were not taken`,
        { origin: "remote" },
      );
    }
  } catch (error) {
    const done = new Set([...outcome.synced, ...outcome.failed]);
    outcome.failed.push(...files.map(({ runId }) => runId).filter((runId) => !done.has(runId)));
    if (!(error instanceof EpackError) || error.code === "interrupted" || settings.requireSuccess) {
      outcome.failure = error;
    } else events.warn(`the release is made, but its runs were not all synced: ${error.message}`);
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
  outcome.failedOutputs.push(...failedOutputs);
}
