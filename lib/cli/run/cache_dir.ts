import { cacheFolder } from "../../install/mod.ts";
import type { CommandRun } from "../command_run.ts";

export default function (run: CommandRun): Promise<void> {
  const folder = cacheFolder(run.context.env);
  run.result({ folder }, [folder]);
  return Promise.resolve();
}
