import { join } from "node:path";
import * as z from "zod";
import { type JsonValue, parseJson, showText } from "../codec/mod.ts";
import { type Digest, hexOf, isDigest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { confineBelow, readRegular } from "../files/mod.ts";
import { RELEASE } from "../limits.ts";
import { isPlainName } from "./asset.ts";

/** The file that says what a mirror holds. */
export const INDEX_NAME = "index.json";
/** Below the mirror: files by their digests, so that no name of a stranger's becomes a path. */
export const BLOB_FOLDER = join("blobs", "sha256");

const blob = z.strictObject({
  digest: z.custom<Digest>(isDigest, "is no digest"),
  size_bytes: z.int().nonnegative(),
});
const file = blob.extend({
  name: z.string().refine(isPlainName, "is no plain name"),
  url: z.url({ protocol: /^https?$/ }).optional(),
});
const asset = file.extend({ bundle: file.optional() });
const release = z.strictObject({
  tag: z.string().regex(/^[\u0021-\u007e]{1,255}$/),
  commit: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, "is no commit"),
  prerelease: z.boolean(),
  published_at: z.iso.datetime({ offset: true }).optional(),
  assets: z.array(asset).refine(
    (assets) => allDiffer(assets.flatMap(({ name, bundle }) => bundle ? [name, bundle.name] : [name])),
    "has a name twice",
  ),
});
const source = z.strictObject({
  source: z.string().regex(/^[A-Za-z0-9][\w-]{0,99}\/[A-Za-z0-9][\w.-]{0,99}$/, "is not owner/repo"),
  releases: z.array(release).refine((releases) => allDiffer(releases.map(({ tag }) => tag)), "has a tag twice"),
});

/** `index.json` of a mirror, version 1. Unknown fields are refused: what they would mean is not known. */
const indexSchema = z.strictObject({
  schema_version: z.literal(1),
  created_at: z.iso.datetime({ offset: true }),
  sources: z.array(source).refine((all) => allDiffer(all.map(({ source }) => source)), "has a source twice"),
  /** Whom to trust about the bundles, for a machine without a network. */
  trusted_root: blob.optional(),
});
export type MirrorIndex = z.infer<typeof indexSchema>;
export type MirroredRelease = MirrorIndex["sources"][number]["releases"][number];
export type MirroredFile = z.infer<typeof file>;

/**
 * The index of the mirror in a folder.
 *
 * @throws EpackError `file_not_found` when there is none, `file_refused` when it is a link or malformed
 */
export async function readMirrorIndex(folder: string): Promise<MirrorIndex> {
  const path = await confineBelow(folder, INDEX_NAME);
  const bytes = await readRegular(path, { what: "index of a mirror", maxBytes: RELEASE.mirrorIndexBytes });
  return parseMirrorIndex(bytes, { path });
}

/** @throws EpackError `file_refused` */
export function parseMirrorIndex(bytes: Uint8Array | string, options: { path: string }): MirrorIndex {
  const refuse = (why: string, cause?: unknown) =>
    new EpackError("file_refused", `the index of a mirror ${JSON.stringify(options.path)} ${why}`, {
      origin: "input",
      hint: "make the mirror again",
      cause,
    });
  let value: JsonValue;
  try {
    value = parseJson(bytes, {
      maxBytes: RELEASE.mirrorIndexBytes,
      maxDepth: RELEASE.answerDepth,
      maxValues: RELEASE.answerValues,
      what: "it",
    });
  } catch (error) {
    throw refuse("is no proper JSON", error);
  }
  const version = typeof value === "object" && value !== null && "schema_version" in value && value.schema_version;
  if (typeof version === "number" && version !== 1) {
    throw new EpackError(
      "file_refused",
      `the mirror's index ${JSON.stringify(options.path)} is of version ${version}; this program reads version 1`,
      { origin: "input", hint: "use a newer epack, or make the mirror again with this one" },
    );
  }
  const parsed = indexSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refuse(`is malformed: ${showText([...issue.path, issue.message].join(" "), { maxChars: 300 })}`);
}

/** Where a mirror has the bytes of a digest. */
export function blobPath(folder: string, digest: Digest): string {
  return join(folder, BLOB_FOLDER, hexOf(digest));
}

/** Capitals count for nothing: there are file systems and places of releases to which they do. */
function allDiffer(names: readonly string[]): boolean {
  return new Set(names.map((name) => name.toLowerCase())).size === names.length;
}
