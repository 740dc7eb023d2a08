import { join, relative, resolve } from "node:path";
import { showText } from "../../codec/mod.ts";
import { EpackError } from "../../errors.ts";
import { extractPack, openPack } from "../../pack/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";
import { showSize } from "../render/size.ts";

export interface ExtractFlags extends CommonFlags {
  output?: string;
  all?: boolean;
  filter?: readonly string[];
  force?: boolean;
  dryRun?: boolean;
}

export default async function (run: CommandRun, flags: ExtractFlags, ...words: string[]): Promise<void> {
  const { context } = run;
  const [path, ...names] = words;
  const select = [...names, ...(flags.filter ?? [])];
  if (flags.all && select.length > 0) {
    throw new EpackError("usage", "--all and names exclude each other", { origin: "input" });
  }
  const outputName = flags.output ?? ".";
  const output = resolve(context.cwd, outputName);
  using pack = await openPack(resolve(context.cwd, path), run);
  run.steps.step("Extracting");
  const written = await extractPack(pack, {
    output,
    select,
    force: flags.force,
    dryRun: flags.dryRun,
    signal: run.signal,
    onProgress: (done, total) => run.steps.progress(done, total),
  });
  const shown = written.map((file) => join(outputName, relative(output, file)));
  if (flags.dryRun) {
    const artifacts = written.map((file) => relative(output, file));
    const totalSize = pack.manifest.artifacts.filter((artifact) => artifacts.includes(artifact.path)).reduce(
      (sum, { size }) => sum + size,
      0,
    );
    run.result({
      dry_run: true,
      would_extract: artifacts,
      count: artifacts.length,
      total_size: totalSize,
      output: outputName,
    }, [
      `Would extract ${artifacts.length} artifacts (${showSize(totalSize)}) to ${outputName}`,
      ...artifacts.map((artifact) => `  ${showText(artifact)}`),
    ]);
    return;
  }
  run.result({ extracted: shown, count: shown.length, output: outputName }, [
    `${run.paint.green("Extracted")} ${shown.length} artifacts to ${outputName}`,
    ...(flags.quiet ? [] : shown.map((file) => `  ${showText(file)}`)),
  ]);
}
