import { foreseeAdapter, type ForeseenAdapter } from "../adapter/mod.ts";
import { foreseeReceipts } from "../receipt/mod.ts";
import { together } from "../together.ts";
import type { ReleaseFields } from "./deliver.ts";
import type { PushRequest } from "./push.ts";
import { releaseFields } from "./release_fields.ts";
import type { RunFile } from "./run_files.ts";
import { packFacts } from "./sendable.ts";
import { SharedPack } from "./shared_pack.ts";
import { runsOf } from "./wanted_runs.ts";

/** What a push would do. */
export interface PushPlan {
  /** Read and verified. */
  pack: ReturnType<typeof packFacts> & { stream: string; artifactCount: number; attestationCount: number };
  target: ReleaseFields["target"];
  release: ReleaseFields["release"];
  /** To be synced, if the adapter takes runs: nobody asks it. */
  runs: readonly RunFile[];
  adapter: ForeseenAdapter;
}

/**
 * Finds out what a push would do, with every check of {@link push} that starts no adapter and writes nothing.
 *
 * @throws EpackError as `push` would
 */
export async function planPush(request: PushRequest): Promise<PushPlan> {
  const { project, remote, verification, events } = request;
  await foreseeReceipts(project.root, "push", { remote: remote.name });
  events.step("Verifying the pack");
  const shared = request.shared ?? new SharedPack(request.packPath, 1, request);
  try {
    await shared.open();
    const [sendable, adapter] = await together(request.signal, [
      (signal) => shared.verified({ ...request, signal }),
      (signal) => foreseeAdapter(project, remote, { ...verification, signal }),
    ]);
    const { target, release } = releaseFields(sendable, request);
    const { stream, artifactCount, attestationCount } = sendable.verified;
    const runs = request.syncRuns && remote.runs.sync ? await runsOf(request) : [];
    return {
      pack: { ...packFacts(sendable), stream, artifactCount, attestationCount },
      target,
      release,
      runs,
      adapter,
    };
  } finally {
    if (request.shared === undefined) await shared.release();
  }
}
