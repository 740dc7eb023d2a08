import { resolve } from "node:path";
import { createExclusive, writeAtomic } from "../../files/mod.ts";
import { publicGoodRoot } from "../../trust/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";

export interface TrustExportFlags extends CommonFlags {
  output?: string;
  force?: boolean;
}

export default async function (run: CommandRun, flags: TrustExportFlags): Promise<void> {
  const name = flags.output ?? "trusted_root.json";
  const path = resolve(run.context.cwd, name);
  const { json, digest, keys } = publicGoodRoot();
  const text = `${JSON.stringify(json, null, 2)}\n`;
  await (flags.force ? writeAtomic(path, text) : createExclusive(path, text));
  run.result({ path, digest, keys: keys.length }, [
    `${run.paint.green("Wrote")} ${name}: ${keys.length} keys`,
    `  Digest: ${digest}`,
  ]);
}
