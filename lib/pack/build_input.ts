import { basename, join, resolve } from "node:path";
import { EpackError } from "../errors.ts";
import { ioError, listFolder, refuseUnlistedNames } from "../files/mod.ts";
import { PACK } from "../limits.ts";
import { checkDistinctNames, checkEntryName } from "./entry_name.ts";
import { compareBytes } from "./content_digest.ts";

/** What to put into a pack: a file, or a folder with all that is below it. */
export interface BuildInput {
  path: string;
  /** The name below `artifacts/`, which may be written in front of it. Default: the file's or folder's own name. */
  as?: string;
  contentType?: string;
}

/** One file of the pack to be. */
export interface BuildFile {
  source: string;
  /** With `artifacts/` in front. */
  path: string;
  /** When it was found; another size later means that it is being written to. */
  sizeBytes: number;
  contentType?: string;
}

/**
 * Finds the files of all inputs, in the order of the pack: by path, bytewise. A folder keeps its name (`evidence` →
 * `artifacts/evidence/…`) unless it is written with a trailing slash or is `.`: then its contents go directly below `artifacts/`.
 *
 * @throws EpackError `file_not_found`, `file_refused` (links, special files), `limit_exceeded`; PackError for names a pack cannot have
 */
export async function gatherFiles(inputs: readonly BuildInput[], options: { cwd: string }): Promise<BuildFile[]> {
  const files: BuildFile[] = [];
  for (const input of inputs) {
    const source = resolve(options.cwd, input.path);
    const bare = /(?:^|\/)\.?$/.test(input.path) ? "" : basename(source);
    const name = input.as === undefined ? bare : input.as.replace(/^artifacts\//, "");
    await gather(source, name, { files, contentType: input.contentType });
    await refuseUnlistedNames(source);
  }
  if (files.length > PACK.artifacts) {
    throw new EpackError("limit_exceeded", `${files.length} files are too many for a pack: at most ${PACK.artifacts}`, {
      origin: "input",
    });
  }
  for (const { path } of files) checkEntryName(path);
  checkDistinctNames(files.map(({ path }) => path));
  const encoder = new TextEncoder();
  return files.map((file) => ({ file, key: encoder.encode(file.path) })).sort((a, b) => compareBytes(a.key, b.key)).map(
    ({ file }) => file,
  );
}

async function gather(
  source: string,
  name: string,
  options: { files: BuildFile[]; contentType?: string },
): Promise<void> {
  const refuse = (why: string) =>
    new EpackError("file_refused", `${JSON.stringify(source)} ${why}`, {
      origin: "input",
      hint: "leave it out, or copy what it stands for",
    });
  let info: Deno.FileInfo;
  try {
    info = await Deno.lstat(source);
  } catch (error) {
    throw ioError(error, source, { what: "input" });
  }
  if (info.isSymlink) throw refuse("is a link, and links are not followed");
  if (info.isDirectory) {
    for (const entry of await listFolder(source)) {
      await gather(join(source, entry.name), name === "" ? entry.name : `${name}/${entry.name}`, options);
    }
    return;
  }
  if (!info.isFile) throw refuse("is not a regular file");
  if (info.size > PACK.artifactBytes) {
    throw new EpackError(
      "limit_exceeded",
      `${JSON.stringify(source)} has ${info.size} bytes; an artifact has at most ${PACK.artifactBytes}`,
      { origin: "input" },
    );
  }
  options.files.push({ source, path: `artifacts/${name}`, sizeBytes: info.size, contentType: options.contentType });
}
