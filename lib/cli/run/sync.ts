import { resolve } from "node:path";
import type { PrivateDir } from "../../files/mod.ts";
import { openMirror, unpackMirror } from "../../release/mod.ts";
import { checkLock, syncRemotes } from "../../supply/mod.ts";
import { EpackError } from "../../errors.ts";
import type { CommandRun } from "../command_run.ts";
import type { TrustFlags } from "../supply_flags.ts";
import { openProject } from "./open_remote.ts";
import { installContext } from "./supply.ts";
import { syncedJson, syncedLines } from "./synced.ts";

export interface SyncFlags extends TrustFlags {
  frozen?: boolean;
  from?: string;
}

export default async function (run: CommandRun, flags: SyncFlags): Promise<void> {
  const { project, config } = await openProject(run, flags);
  if (flags.frozen && flags.insecureSkipVerify) {
    throw new EpackError("insecure_refused", "--insecure-skip-verify is refused under --frozen", { origin: "input" });
  }
  const faults = flags.frozen ? await checkLock({ project, config }) : [];
  if (faults.length > 0) {
    throw new EpackError("lockfile_mismatch", `the lockfile is not in step: ${faults.join("; ")}`, {
      origin: "project",
      hint: "bring it up to date where it may change: epack lock",
    });
  }
  run.steps.step("Installing adapters");
  const from = flags.from === undefined ? undefined : resolve(run.context.cwd, flags.from);
  let unpacked: PrivateDir | undefined;
  const openFrom = async (path: string) => {
    if (!await isFile(path)) return await openMirror(path);
    unpacked = await unpackMirror(path, run);
    return await openMirror(unpacked.path);
  };
  using _ = { [Symbol.dispose]: () => unpacked?.remove() };
  const outcome = await syncRemotes({
    project,
    config,
    names: [],
    frozen: flags.frozen,
    signal: run.signal,
    openInstall: async () => {
      // what a mirror says of itself decides nothing: pins and bundles do, held against a root that came another way
      const store = from === undefined ? undefined : await openFrom(from);
      return await installContext(run, flags, { store });
    },
  });
  run.result(syncedJson(outcome), syncedLines(run, outcome));
}

const isFile = (path: string) => Deno.stat(path).then((found) => found.isFile, () => false);
