import type { Session } from "../adapter/mod.ts";
import { EpackError } from "../errors.ts";
import { supportsRunsSync } from "../protocol/mod.ts";
import type { RemoteRequest } from "./request.ts";
import { findRuns, type RunFile } from "./run_files.ts";

export interface RunsRequest extends RemoteRequest {
  /** Absolute. */
  packPath: string;
  /** Patterns beside those of the configuration. */
  runsPaths: readonly string[];
}

/**
 * The runs to sync with a release: none where the configuration or the user does not want them.
 *
 * @throws EpackError `unsupported` when runs must be synced and the adapter cannot; nothing was sent then
 */
export async function wantedRuns(
  session: Session,
  request: RunsRequest & { syncRuns: boolean },
): Promise<RunFile[]> {
  const { remote: { runs }, events, runsPaths } = request;
  if (!request.syncRuns || !runs.sync) return [];
  if (supportsRunsSync(session.capabilities)) return await runsOf(request);
  if (runs.requireSuccess && (await runsOf(request)).length > 0) {
    throw cannotSync(session, "push without them: --no-runs");
  }
  if (runsPaths.length > 0) events.warn(`adapter "${session.name}" cannot sync runs: none are synced`);
  return [];
}

/** All runs beside a pack and in other places that were named. */
export function runsOf({ packPath, remote, runsPaths }: RunsRequest): Promise<RunFile[]> {
  return findRuns(packPath, { patterns: remote.runs.paths, extra: runsPaths });
}

export function cannotSync(session: Session, hint?: string): EpackError {
  return new EpackError("unsupported", `adapter "${session.name}" cannot sync runs`, { origin: "adapter", hint });
}
