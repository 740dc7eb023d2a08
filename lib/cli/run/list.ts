import { resolve } from "node:path";
import { globTest, showText } from "../../codec/mod.ts";
import { openPack } from "../../pack/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";
import { showSize } from "../render/size.ts";

export interface ListFlags extends CommonFlags {
  long?: boolean;
  filter?: string;
}

export type ListWhat = "all" | "artifacts" | "attestations" | "sources";

/** Prints one part of a pack, or all three. */
export async function listPart(
  run: CommandRun,
  flags: ListFlags,
  options: { path: string; what: ListWhat },
): Promise<void> {
  using pack = await openPack(resolve(run.context.cwd, options.path), run);
  const { filter } = flags;
  const passes = filter === undefined ? () => true : await globTest(filter, { matchBase: !filter.includes("/") });
  const artifacts = pack.manifest.artifacts.filter(({ path }) => passes(path));
  const attestations = pack.attestations.map(({ name }) => name).filter(passes);
  const { sources } = pack.manifest;
  const lines = {
    artifacts: artifacts.map((
      { path, size, digest },
    ) => (flags.long ? `${digest}  ${showSize(size).padStart(10)}  ${showText(path)}` : showText(path))),
    attestations: attestations.map((name) => showText(name)),
    sources: sources.map((source) => showText(`${source.name ?? "?"} ${source.version ?? ""}`.trim())),
  };
  if (options.what !== "all") {
    return run.result({ artifacts, attestations, sources }[options.what], lines[options.what]);
  }
  const section = (
    title: string,
    part: string[],
  ) => [run.paint.bold(`${title} (${part.length})`), ...part.map((line) => `  ${line}`)];
  run.result({ artifacts, attestations, sources }, [
    ...section("Artifacts", lines.artifacts),
    ...section("Attestations", lines.attestations),
    ...section("Sources", lines.sources),
  ]);
}
