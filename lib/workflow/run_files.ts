import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { globTest } from "../codec/mod.ts";
import { type Digest, digestOf } from "../digest/mod.ts";
import { listFolder, readRegular } from "../files/mod.ts";
import { EpackError } from "../errors.ts";
import { RUNS } from "../limits.ts";

/** A result of a tool or collector run, to be synced with a release. */
export interface RunFile {
  /** The name of the folder that holds `result.json`. */
  runId: string;
  resultPath: string;
  resultDigest: Digest;
}

const DEFAULT_PATTERNS = ["tools/**/result.json", "runs/**/result.json"];

/** The folder of a pack's runs: its path with `.epack` taken off and `.runs` added. */
export function sidecarFolder(packPath: string): string {
  return packPath.replace(/\.epack$/, "") + ".runs";
}

/**
 * The run results beside a pack. Patterns are relative to its sidecar folder; an absolute one stands for itself.
 * Links are not followed; what is no regular file is left out.
 */
export async function findRuns(
  packPath: string,
  options: { patterns: readonly string[]; extra: readonly string[] },
): Promise<RunFile[]> {
  const patterns = [...(options.patterns.length > 0 ? options.patterns : DEFAULT_PATTERNS), ...options.extra];
  const sidecar = sidecarFolder(resolve(packPath));
  const paths = new Set<string>();
  for (const pattern of patterns) {
    const base = isAbsolute(pattern) ? literalFolder(pattern) : sidecar;
    const rest = isAbsolute(pattern) ? relative(base, pattern) : pattern;
    if (!await isThere(base)) continue;
    const matches = await globTest(rest);
    for await (const path of regularFiles(base, 0)) {
      if (matches(relative(base, path))) paths.add(path);
      if (paths.size > RUNS.files) {
        throw new EpackError("limit_exceeded", `more than ${RUNS.files} run results match`, { origin: "input" });
      }
    }
  }
  const found: RunFile[] = [];
  for (const path of [...paths].sort()) {
    const bytes = await readRegular(path, { maxBytes: RUNS.resultBytes, what: "run result" });
    found.push({ runId: basename(dirname(path)), resultPath: path, resultDigest: digestOf(bytes) });
  }
  return found;
}

/** The part of an absolute pattern before its first magic segment. */
function literalFolder(pattern: string): string {
  const segments = pattern.split("/");
  const magic = segments.findIndex((segment) => /[*?[\]{}()!+@]/.test(segment));
  return (magic === -1 ? segments.slice(0, -1) : segments.slice(0, magic)).join("/") || "/";
}

async function* regularFiles(folder: string, depth: number): AsyncGenerator<string> {
  if (depth > RUNS.depth) return;
  for (const entry of await listFolder(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* regularFiles(path, depth + 1);
    else if (entry.isFile) yield path;
  }
}

/** A pack without a sidecar folder has no runs. */
async function isThere(folder: string): Promise<boolean> {
  return await Deno.lstat(folder).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
}
