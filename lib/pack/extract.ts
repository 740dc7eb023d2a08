import { dirname, join } from "node:path";
import { createHasher } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { createStaging, ensureFolder, ioError } from "../files/mod.ts";
import { globTest, nearestName } from "../codec/mod.ts";
import { PackError } from "./fault.ts";
import type { Artifact } from "./manifest.ts";
import type { Pack } from "./pack_file.ts";

export interface ExtractOptions {
  /** The folder that gets `artifacts/…`; made when missing. */
  output: string;
  /** Artifact paths or globs, with or without `artifacts/` in front. Default: all. */
  select?: readonly string[];
  /** Replaces files that are there. Default false. */
  force?: boolean;
  /** Only lists what would be written. */
  dryRun?: boolean;
  signal?: AbortSignal;
  onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/**
 * Writes artifacts below a folder. Each file appears only after its size, CRC and digest held; links on the way are refused,
 * and nothing is replaced without `force`.
 *
 * @returns the paths that were written (or would be), in the pack's order
 * @throws PackError; EpackError `usage`, `file_exists`, `file_refused`, `io`
 */
export async function extractPack(pack: Pack, options: ExtractOptions): Promise<string[]> {
  const artifacts = await selectArtifacts(pack.manifest.artifacts, options.select);
  const targets = artifacts.map((artifact) => ({ artifact, path: join(options.output, artifact.path) }));
  if (options.dryRun) return targets.map(({ path }) => path);
  const totalBytes = artifacts.reduce((sum, artifact) => sum + artifact.size, 0);
  try {
    await Deno.mkdir(options.output, { recursive: true });
  } catch (error) {
    throw ioError(error, options.output, { what: "output folder" });
  }
  let doneBytes = 0;
  for (const { artifact, path } of targets) {
    await ensureFolder(dirname(path), { below: options.output });
    await writeArtifact(pack, artifact, {
      ...options,
      path,
      onBlock: (bytes) => options.onProgress?.(doneBytes += bytes, totalBytes),
    });
  }
  return targets.map(({ path }) => path);
}

async function writeArtifact(
  pack: Pack,
  artifact: Artifact,
  options: ExtractOptions & { path: string; onBlock: (bytes: number) => void },
): Promise<void> {
  await using staging = await createStaging(options.path, { mode: 0o644 });
  const hasher = createHasher();
  let size = 0;
  try {
    for await (const block of pack.read(artifact.path, options)) {
      hasher.update(block);
      size += block.length;
      for (let written = 0; written < block.length;) written += staging.file.writeSync(block.subarray(written));
      options.onBlock(block.length);
    }
  } catch (error) {
    throw ioError(error, options.path);
  }
  if (size !== artifact.size) throw new PackError("artifact_size_mismatch", { entry: artifact.path });
  if (hasher.digest() !== artifact.digest) throw new PackError("artifact_digest_mismatch", { entry: artifact.path });
  await staging.commit({ force: options.force ?? false });
}

async function selectArtifacts(
  artifacts: readonly Artifact[],
  select: readonly string[] | undefined,
): Promise<readonly Artifact[]> {
  if (select === undefined || select.length === 0) return artifacts;
  const chosen = new Set<Artifact>();
  for (const word of select) {
    const wanted = word.startsWith("artifacts/") ? word : `artifacts/${word}`;
    const exact = artifacts.find(({ path }) => path === wanted);
    const found = exact ? [exact] : await matching(artifacts, wanted);
    if (found.length === 0) {
      const near = nearestName(wanted, artifacts.slice(0, 200).map(({ path }) => path));
      throw new EpackError("usage", `no artifact matches ${JSON.stringify(word)}`, {
        origin: "input",
        hint: near === undefined
          ? "list them with: epack list artifacts <pack>"
          : `did you mean ${JSON.stringify(near)}?`,
      });
    }
    for (const artifact of found) chosen.add(artifact);
  }
  return artifacts.filter((artifact) => chosen.has(artifact));
}

async function matching(artifacts: readonly Artifact[], pattern: string): Promise<Artifact[]> {
  if (!/[*?[{(]/.test(pattern)) return [];
  const matches = await globTest(pattern);
  return artifacts.filter(({ path }) => matches(path));
}
