import type { Session } from "../adapter/mod.ts";
import type { Digest } from "../digest/mod.ts";
import type { Remote } from "../config/mod.ts";
import { EpackError } from "../errors.ts";
import type { FailedOutput, TargetConfig } from "../protocol/mod.ts";
import type { Events } from "./events.ts";
import { findRuns } from "./run_files.ts";

/** Which runs the remote has now, by id. */
export interface RunsOutcome {
  synced: string[];
  failed: string[];
  failedOutputs: FailedOutput[];
}

export const noRuns = (): RunsOutcome => ({ synced: [], failed: [], failedOutputs: [] });

export interface SyncRunsRequest {
  packPath: string;
  packDigest: Digest;
  fileDigest: Digest;
  target: TargetConfig;
  runs: Remote["runs"];
  extraPaths: readonly string[];
  events: Events;
}

/**
 * Syncs the run results beside a pack. The release stands already: a failure is a warning, unless the remote says
 * `runs.require_success`.
 *
 * @throws EpackError only with `require_success`
 */
export async function syncRuns(session: Session, request: SyncRunsRequest): Promise<RunsOutcome> {
  const { runs: settings, events } = request;
  const outcome = noRuns();
  const runs = await findRuns(request.packPath, { patterns: settings.paths, extra: request.extraPaths });
  if (runs.length === 0) return outcome;
  events.step("Syncing runs");
  const most = session.capabilities.limits.maxRunsPerSync || runs.length;
  try {
    for (let at = 0; at < runs.length; at += most) {
      const part = runs.slice(at, at + most);
      const { packDigest, fileDigest, target } = request;
      const { items, failedOutputs } = await session.request("runs.sync", {
        target,
        packDigest,
        fileDigest,
        runs: part,
      });
      const status = new Map(items.map((item) => [item.runId, item.status]));
      for (const { runId } of part) {
        (status.get(runId) === undefined || status.get(runId) === "rejected" ? outcome.failed : outcome.synced).push(
          runId,
        );
      }
      outcome.failedOutputs.push(...failedOutputs);
    }
  } catch (error) {
    if (!(error instanceof EpackError) || error.code === "interrupted" || settings.requireSuccess) throw error;
    const done = new Set([...outcome.synced, ...outcome.failed]);
    outcome.failed.push(...runs.map(({ runId }) => runId).filter((runId) => !done.has(runId)));
    events.warn(`the release is made, but its runs were not all synced: ${error.message}`);
  }
  if (settings.requireSuccess && outcome.failed.length > 0) {
    throw new EpackError(
      "adapter_error",
      `the release is made, but ${outcome.failed.length} of ${runs.length} runs were not taken`,
      { origin: "remote" },
    );
  }
  return outcome;
}
