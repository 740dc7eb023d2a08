/**
 * The folder that the filesystem adapter keeps releases in:
 *
 *     <root>/.uploads/<upload id>/            an upload that is under way
 *     <root>/<workspace>/<environment>/<stream>/<version>/{pack.epack,release.json}
 *     <root>/<workspace>/<environment>/.runs/<run id>.json
 *
 * A finished upload becomes a release by one rename of its folder: it appears whole or not at all, and a version that exists
 * cannot be taken twice, since a folder never replaces one that has something in it.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";

export const PACK_FILE = "pack.epack";
const RELEASE_FILE = "release.json";
const UPLOADS = ".uploads";
const UPLOAD_KEPT_MS = 24 * 60 * 60_000;

export interface Target {
  workspace?: string;
  environment?: string;
  stream?: string;
}

/** `release.json`. */
export interface Release {
  releaseId: string;
  version: string;
  uploadId: string;
  createdAt: string;
  target: Target;
  packDigest: string;
  fileDigest: string;
  sizeBytes: number;
  labels: string[];
  notes?: string;
  buildContext?: Record<string, string>;
}

/** A name as a folder's name, on any system: lower-case letters, digits, `-`, `_` and inner dots stay, all else is escaped. */
export function folderName(text: string | undefined): string {
  if (text === undefined || text === "") return "_";
  const escaped = [...new TextEncoder().encode(text)].map((byte, index, all) => {
    const letter = String.fromCharCode(byte);
    const plain = /[a-z0-9-]/.test(letter) || (letter === "_" && all.length > 1) ||
      (letter === "." && index > 0 && index < all.length - 1);
    return plain ? letter : `%${byte.toString(16).padStart(2, "0")}`;
  }).join("");
  return escaped.length <= 200
    ? escaped
    : `${escaped.slice(0, 100)}~${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
}

export class FilesystemStore {
  constructor(readonly root: string) {}

  environmentFolder(target: Target): string {
    return join(this.root, folderName(target.workspace), folderName(target.environment));
  }

  uploadFolder(uploadId: string): string {
    return join(this.root, UPLOADS, uploadId);
  }

  /** Makes the folder of a new upload; sweeps those that nobody finished within a day. */
  async beginUpload(): Promise<string> {
    await Deno.mkdir(join(this.root, UPLOADS), { recursive: true });
    for await (const entry of Deno.readDir(join(this.root, UPLOADS))) {
      const path = join(this.root, UPLOADS, entry.name);
      const info = await Deno.lstat(path).catch(() => undefined);
      if (info?.mtime && Date.now() - info.mtime.getTime() > UPLOAD_KEPT_MS) {
        await Deno.remove(path, { recursive: true }).catch(() => {});
      }
    }
    const uploadId = crypto.randomUUID();
    await Deno.mkdir(this.uploadFolder(uploadId));
    return uploadId;
  }

  /**
   * Turns an upload into a release. Without a version it takes the next free number: v1, v2, …
   *
   * @returns undefined when the version exists already
   */
  async publish(release: Omit<Release, "version">, options: { version?: string }): Promise<Release | undefined> {
    const streamFolder = join(this.environmentFolder(release.target), folderName(release.target.stream));
    await Deno.mkdir(streamFolder, { recursive: true });
    for (;;) {
      const version = options.version ?? `v${await this.lastNumber(streamFolder) + 1}`;
      const complete: Release = { ...release, version };
      await this.writeSynced(
        join(this.uploadFolder(release.uploadId), RELEASE_FILE),
        JSON.stringify(complete, null, 2),
      );
      try {
        await Deno.rename(this.uploadFolder(release.uploadId), join(streamFolder, folderName(version)));
      } catch (error) {
        if (!await isThere(join(streamFolder, folderName(version)))) throw error;
        if (options.version !== undefined) return undefined;
        continue;
      }
      await syncFolder(streamFolder);
      return complete;
    }
  }

  /** All releases of a target, the newest first; of one stream when the target names one. */
  async releases(target: Target): Promise<{ release: Release; packPath: string }[]> {
    const folder = this.environmentFolder(target);
    const streams = target.stream === undefined ? await foldersIn(folder) : [folderName(target.stream)];
    const found: { release: Release; packPath: string }[] = [];
    for (const stream of streams) {
      for (const version of await foldersIn(join(folder, stream))) {
        const path = join(folder, stream, version);
        const text = await Deno.readTextFile(join(path, RELEASE_FILE)).catch(() => undefined);
        if (text !== undefined) found.push({ release: JSON.parse(text), packPath: join(path, PACK_FILE) });
      }
    }
    return found.sort((
      a,
      b,
    ) => (a.release.createdAt < b.release.createdAt
      ? 1
      : a.release.createdAt > b.release.createdAt
      ? -1
      : byNumber(b.release, a.release))
    );
  }

  /** Records a run; says whether it is new, the same as before, or another result under the same id. */
  async recordRun(
    target: Target,
    run: { runId: string; resultDigest: string; record: unknown },
  ): Promise<"accepted" | "duplicate" | "rejected"> {
    const folder = join(this.environmentFolder(target), ".runs");
    await Deno.mkdir(folder, { recursive: true });
    const path = join(folder, `${folderName(run.runId)}.json`);
    const text = JSON.stringify(run.record, null, 2);
    try {
      await Deno.writeTextFile(path, text, { createNew: true });
      return "accepted";
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      const before = JSON.parse(await Deno.readTextFile(path));
      return before.resultDigest === run.resultDigest ? "duplicate" : "rejected";
    }
  }

  private async lastNumber(streamFolder: string): Promise<number> {
    const numbers = (await foldersIn(streamFolder)).map((name) => Number(name.match(/^v(\d{1,15})$/)?.[1] ?? 0));
    return Math.max(0, ...numbers);
  }

  private async writeSynced(path: string, text: string): Promise<void> {
    using file = await Deno.open(path, { create: true, truncate: true, write: true });
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
    await file.sync();
  }
}

function byNumber(a: Release, b: Release): number {
  return a.version.localeCompare(b.version, "en", { numeric: true });
}

/** Real folders only: a link in the store is not followed. */
async function foldersIn(folder: string): Promise<string[]> {
  try {
    const names: string[] = [];
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isDirectory && !entry.name.startsWith(".")) names.push(entry.name);
    }
    return names.sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await Deno.open(path, { read: true }).catch(() => undefined);
  await folder?.sync().catch(() => {});
  folder?.close();
}

/** Size and SHA-256 of a regular file; undefined when it is missing or something else. */
export async function digestOfFile(path: string): Promise<{ digest: string; sizeBytes: number } | undefined> {
  const info = await Deno.lstat(path).catch(() => undefined);
  if (info === undefined || !info.isFile) return undefined;
  using file = await Deno.open(path, { read: true });
  const hash = createHash("sha256");
  const block = new Uint8Array(1024 * 1024);
  let sizeBytes = 0;
  for (;;) {
    const count = file.readSync(block);
    if (count === null) break;
    hash.update(block.subarray(0, count));
    sizeBytes += count;
  }
  return { digest: `sha256:${hash.digest("hex")}`, sizeBytes };
}
