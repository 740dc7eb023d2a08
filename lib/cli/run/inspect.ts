import { resolve } from "node:path";
import { showText } from "../../codec/mod.ts";
import { hexOf } from "../../digest/mod.ts";
import { EpackError } from "../../errors.ts";
import { openPack } from "../../pack/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";
import { showSize } from "../render/size.ts";

export interface InspectFlags extends CommonFlags {
  digest?: boolean;
  raw?: boolean;
  summary?: boolean;
}

export default async function (run: CommandRun, flags: InspectFlags, path: string): Promise<void> {
  if ([flags.digest, flags.raw, flags.summary].filter(Boolean).length > 1) {
    throw new EpackError("usage", "--digest, --raw and --summary exclude each other", { origin: "input" });
  }
  using pack = await openPack(resolve(run.context.cwd, path), run);
  const { manifest } = pack;
  const attestations = pack.attestations.map(({ name }) => name);
  if (flags.raw) return run.context.stdout.write(new TextDecoder().decode(pack.manifestBytes));
  if (flags.digest) return run.result({ pack_digest: manifest.pack_digest }, [manifest.pack_digest]);
  const json = {
    spec_version: manifest.spec_version,
    stream: manifest.stream,
    pack_digest: manifest.pack_digest,
    manifest_digest: hexOf(pack.manifestDigest),
    generated_at: manifest.generated_at,
    artifact_count: manifest.artifacts.length,
    attestation_count: attestations.length,
    sources: manifest.sources,
    artifacts: manifest.artifacts,
    attestations,
    provenance: manifest.provenance,
  };
  if (flags.summary) {
    return run.result(json, [
      `${showText(pack.stream)}  ${
        manifest.pack_digest.slice(0, 19)
      }…  ${manifest.artifacts.length} artifacts  ${attestations.length} attestations`,
    ]);
  }
  const width = Math.min(60, Math.max(0, ...manifest.artifacts.map((artifact) => artifact.path.length)));
  run.result(json, [
    run.paint.bold(path),
    `  Stream:          ${showText(manifest.stream)}`,
    `  Pack digest:     ${manifest.pack_digest}`,
    `  Manifest digest: ${pack.manifestDigest}`,
    `  Generated at:    ${manifest.generated_at}`,
    `  Size:            ${showSize(pack.sizeBytes)}`,
    manifest.provenance === undefined
      ? undefined
      : `  Provenance:      ${showText(manifest.provenance.type)}, ${
        manifest.provenance.source_packs?.length ?? 0
      } source packs`,
    "",
    run.paint.bold(`Artifacts (${manifest.artifacts.length})`),
    ...manifest.artifacts.map((artifact) =>
      `  ${showText(artifact.path).padEnd(width)}  ${showSize(artifact.size)}${
        artifact.content_type ? `  ${showText(artifact.content_type)}` : ""
      }`
    ),
    "",
    run.paint.bold(`Attestations (${attestations.length})`),
    ...attestations.map((name) => `  ${showText(name)}`),
    "",
    run.paint.bold(`Sources (${manifest.sources.length})`),
    ...manifest.sources.map((source) => `  ${showText(`${source.name ?? "?"} ${source.version ?? ""}`.trim())}`),
  ]);
}
