/** `manifest.json` of an evidence pack (pack.md 3 and 4). Keys are the file format's own. */
import * as z from "zod";
import { canonicalJson, JsonError, type JsonValue, parseJson, showText } from "../codec/mod.ts";
import { type Digest, digestOf, isDigest } from "../digest/mod.ts";
import { PACK } from "../limits.ts";
import { BUNDLE_MEDIA_TYPE } from "./attestation.ts";
import { checkDistinctNames, checkEntryName } from "./entry_name.ts";
import { PackError } from "./fault.ts";

const whole = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const digest = z.custom<Digest>(isDigest, "is not sha256: and 64 lower-case hex digits");

/** exactly `YYYY-MM-DDTHH:MM:SSZ`, and a time that exists. */
export const timestamp = z.string().refine(
  (text) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && new Date(text).toJSON()?.slice(0, 19) === text.slice(0, 19),
  "is not a time of the form YYYY-MM-DDTHH:MM:SSZ",
);

/**
 * opaque to verification, so of any shape. Only a count of artifacts must be one, as the specification's vectors want
 * it; the Go tool writes a list there.
 */
const source = z.looseObject({
  artifacts: z.unknown().refine(
    (value) => typeof value !== "number" || whole.safeParse(value).success,
    "is not a whole number",
  ).optional(),
});

const artifact = z.looseObject({
  type: z.literal("embedded"),
  path: z.string(),
  digest,
  size: whole,
  content_type: z.string().optional(),
  display_name: z.string().optional(),
  description: z.string().optional(),
  collected_at: z.string().optional(),
  schema: z.string().optional(),
  controls: z.array(z.string()).optional(),
});

const sourcePack = z.looseObject({
  stream: z.string().min(1),
  pack_digest: digest,
  // R-044 asks for it; the specification's own vectors leave it out, and they decide
  manifest_digest: z.string().regex(/^[0-9a-f]{64}$/, "is not 64 lower-case hex digits").optional(),
  artifacts: whole,
  // whole Sigstore bundles; what they say is for who checks their signatures
  embedded_attestations: z.array(z.looseObject({
    mediaType: z.string().regex(BUNDLE_MEDIA_TYPE, "is not that of a Sigstore bundle"),
    verificationMaterial: z.looseObject({}),
    dsseEnvelope: z.looseObject({}),
  })).optional(),
});

export const provenanceSchema = z.looseObject({
  type: z.enum(["single", "merged"]),
  merged_at: timestamp.optional(),
  source_packs: z.array(sourcePack).optional(),
}).refine((value) => value.type !== "merged" || value.merged_at !== undefined, {
  path: ["merged_at"],
  error: "is required of a merged pack",
})
  .refine((value) => value.type !== "merged" || (value.source_packs?.length ?? 0) > 0, {
    path: ["source_packs"],
    error: "is required of a merged pack",
  });

// the specification has strings, the Go tool lists of objects: both are kept as they are
const extension = z.unknown().optional();

export const manifestSchema = z.strictObject({
  spec_version: z.literal("1.0", 'is not "1.0", the one version that is read'),
  stream: z.string().min(1),
  generated_at: timestamp,
  pack_digest: digest,
  sources: z.array(source),
  artifacts: z.array(artifact),
  provenance: provenanceSchema.optional(),
  profile: extension,
  profiles: extension,
  overlays: extension,
  profile_lock: extension,
});

export type Manifest = z.infer<typeof manifestSchema>;
export type Artifact = Manifest["artifacts"][number];

/**
 * Reads a manifest: strict JSON, the fields and their forms, artifact names and their uniqueness.
 *
 * @returns the manifest, and the SHA-256 of its RFC 8785 form
 * @throws PackError `manifest_too_large`, `invalid_json`, `invalid_manifest`, …
 */
export function parseManifest(bytes: Uint8Array): { manifest: Manifest; manifestDigest: Digest } {
  if (bytes.length > PACK.manifestBytes) throw new PackError("manifest_too_large", { detail: `${bytes.length} bytes` });
  let value: JsonValue;
  try {
    value = parseJson(bytes, { maxBytes: PACK.manifestBytes, maxDepth: PACK.manifestDepth, what: "manifest.json" });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new PackError("invalid_json", { detail: error.message, cause: error });
  }
  checkArtifactTypes(value);
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw new PackError("invalid_manifest", { detail: firstIssue(parsed.error) });
  const manifest = parsed.data;
  if (manifest.artifacts.length > PACK.artifacts) {
    throw new PackError("too_many_artifacts", { detail: `${manifest.artifacts.length}` });
  }
  const paths = new Set<string>();
  for (const { path } of manifest.artifacts) {
    checkEntryName(path);
    if (!path.startsWith("artifacts/") || path.endsWith("/")) {
      throw new PackError("invalid_path", { entry: path, detail: "it is no file below artifacts/" });
    }
    if (paths.has(path)) throw new PackError("duplicate_artifact_path", { entry: path });
    paths.add(path);
  }
  checkDistinctNames([...paths]);
  return { manifest, manifestDigest: digestOf(canonicalManifest(value)) };
}

function canonicalManifest(value: JsonValue): string {
  try {
    return canonicalJson(value);
  } catch (error) {
    throw new PackError("invalid_json", { detail: "it has a number that is not finite", cause: error });
  }
}

/** Reference artifacts are of the specification, but optional, and not supported here: that deserves its own words. */
function checkArtifactTypes(value: JsonValue): void {
  if (value === null || typeof value !== "object" || Array.isArray(value) || !Array.isArray(value.artifacts)) return;
  for (const item of value.artifacts) {
    if (item === null || typeof item !== "object" || Array.isArray(item) || typeof item.type !== "string") continue;
    if (item.type === "embedded") continue;
    const entry = [item.path, item.name].find((name) => typeof name === "string");
    throw new PackError("unsupported_artifact_type", {
      entry: typeof entry === "string" ? entry : undefined,
      detail: item.type,
    });
  }
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  const path = issue.path.map(String).join(".");
  return showText(path === "" ? issue.message : `${path}: ${issue.message}`);
}
