import { basename, join, resolve } from "node:path";
import { CONFIG_NAME, starterConfig } from "../../config/mod.ts";
import { EpackError, isEpackError } from "../../errors.ts";
import { createExclusive } from "../../files/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";

export interface InitFlags extends CommonFlags {
  stream?: string;
  fileRoot?: string;
}

export default async function (run: CommandRun, flags: InitFlags): Promise<void> {
  const { cwd } = run.context;
  const path = join(cwd, CONFIG_NAME);
  const stream = flags.stream ?? (basename(cwd) || "evidence");
  const fileRoot = resolve(cwd, flags.fileRoot ?? "releases");
  try {
    await createExclusive(path, starterConfig({ stream, fileRoot }));
  } catch (error) {
    if (!isEpackError(error, "file_exists")) throw error;
    throw new EpackError("file_exists", `${CONFIG_NAME} is here already`, {
      origin: "input",
      hint: "change it in an editor; init never replaces it",
    });
  }
  run.result({ path, stream, remotes: ["local"], file_root: fileRoot }, [
    `${
      run.paint.green("Wrote")
    } ${CONFIG_NAME}: stream ${stream}, one remote "local" that keeps releases in ${fileRoot}`,
    "Next:",
    "  epack build evidence.epack <files>   build a pack",
    "  epack push local evidence.epack      push it",
  ]);
}
