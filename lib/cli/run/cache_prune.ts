import { cacheFolder, pruneCache } from "../../install/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { showSize } from "../render/size.ts";

export default async function (run: CommandRun): Promise<void> {
  const folder = cacheFolder(run.context.env);
  const { files, bytes } = await pruneCache(folder);
  run.result({ folder, removed: files, size: bytes }, [`Removed ${files} files (${showSize(bytes)}) from ${folder}`]);
}
