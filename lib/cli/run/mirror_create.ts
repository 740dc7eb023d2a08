import { join, resolve } from "node:path";
import { showText } from "../../codec/mod.ts";
import { privateDir } from "../../files/mod.ts";
import { packMirror } from "../../release/mod.ts";
import { mirrorLocked } from "../../supply/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { TrustFlags } from "../supply_flags.ts";
import { openProject } from "./open_remote.ts";
import { installContext } from "./supply.ts";

export default async function (run: CommandRun, flags: TrustFlags, name: string): Promise<void> {
  const { project, config } = await openProject(run, flags);
  const path = resolve(run.context.cwd, name);
  // a tar is made of a folder that is nobody's business
  const temporary = /\.tar$/i.test(path) ? privateDir("epack-mirror-") : undefined;
  using _ = { [Symbol.dispose]: () => temporary?.remove() };
  const folder = temporary === undefined ? path : join(temporary.path, "mirror");
  run.steps.step("Mirroring adapters");
  const install = await installContext(run, flags);
  const { mirrored } = await mirrorLocked({
    ...install,
    project,
    config,
    folder,
    signal: run.signal,
    now: run.context.now,
  });
  if (temporary !== undefined) await packMirror(folder, path, run);
  run.result({ [temporary === undefined ? "folder" : "archive"]: path, mirrored }, [
    ...mirrored.map(({ name, version, platforms }) =>
      `Mirrored ${name} ${showText(version)} for ${platforms.join(", ")}`
    ),
    `Mirror: ${path}`,
    `On the other machine: epack sync --from <${temporary === undefined ? "folder" : "tar"}>`,
  ]);
}
