import { dirname, resolve } from "node:path";
import { foreseeAdapter, type ForeseenAdapter } from "../adapter/mod.ts";
import { ioError } from "../files/mod.ts";
import type { TargetConfig } from "../protocol/mod.ts";
import { foreseeReceipts } from "../receipt/mod.ts";
import { type PullRequest, pullTarget, refuseTaken } from "./pull.ts";

/** What a pull would do. */
export interface PullPlan {
  target: TargetConfig;
  /** Absolute; undefined when the name is to be made of the stream, which only the remote knows. */
  outputPath?: string;
  /** A file is there, and would be replaced. */
  replaces: boolean;
  adapter: ForeseenAdapter;
}

/**
 * Finds out what a pull would do, with every check of {@link pull} that starts no adapter and writes nothing.
 *
 * @throws EpackError as `pull` would
 */
export async function planPull(request: PullRequest): Promise<PullPlan> {
  const { project, remote, verification, signal, cwd, output, force } = request;
  await foreseeReceipts(project.root, "pull", { remote: remote.name });
  const adapter = await foreseeAdapter(project, remote, { ...verification, signal });
  const plan = { target: pullTarget(request), adapter };
  if (output === undefined) return { ...plan, replaces: false };
  const outputPath = resolve(cwd, output);
  await refuseTaken(outputPath, force);
  const replaces = await Deno.lstat(outputPath).then(() => true, () => false);
  const folder = dirname(outputPath);
  await Deno.stat(folder).catch((error) => {
    throw ioError(error, folder, { what: "folder" });
  });
  return { ...plan, outputPath, replaces };
}
