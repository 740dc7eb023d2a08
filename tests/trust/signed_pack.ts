import { digestOf } from "../../lib/digest/mod.ts";
import { canonicalJson, type JsonObject, parseJson } from "../../lib/codec/mod.ts";
import { forge, type ForgedEntry, manifestFor, packEntries } from "../pack/forge.ts";
import { type Authority, sign, type SignOptions } from "./authority.ts";

/** What an attestation of a pack says of a manifest (its text). */
export function statementAbout(manifest: string, change: Record<string, unknown> = {}): string {
  const value = parseJson(manifest, { maxBytes: manifest.length, what: "manifest" });
  return JSON.stringify({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "manifest.json", digest: { sha256: digestOf(canonicalJson(value)).slice(7) } }],
    predicateType: "https://evidencepack.org/attestation/v1",
    predicate: {},
    ...change,
  });
}

export interface SignedPackOptions {
  /** Of the manifest. */
  change?: Record<string, unknown>;
  /** One attestation each; one good one by default. */
  attestations?: SignOptions[];
  /** Changes a finished bundle. */
  edit?: (bundle: JsonObject) => JsonObject;
  /** Changes the entries of the zip. */
  entries?: (entries: ForgedEntry[]) => ForgedEntry[];
}

/** A pack's bytes with attestations about its manifest. */
export async function signedPack(
  authority: Authority,
  options: SignedPackOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const artifacts = { "artifacts/a.txt": "hello" };
  const payload = statementAbout(manifestFor(artifacts, options.change));
  const entries = packEntries(artifacts, options.change);
  for (const [index, attestation] of (options.attestations ?? [{}]).entries()) {
    const bundle = await sign(authority, { payload, ...attestation });
    entries.push({
      name: `attestations/${index}.sigstore.json`,
      data: JSON.stringify(options.edit ? options.edit(bundle) : bundle),
    });
  }
  return forge(options.entries ? options.entries(entries) : entries);
}

/** Provenance of a merge of packs with these manifests (texts) and bundles. */
export function mergedFrom(
  sources: readonly { manifest: string; bundles: readonly JsonObject[]; manifestDigest?: string | null }[],
): Record<string, unknown> {
  return {
    provenance: {
      type: "merged",
      merged_at: "2026-01-02T03:04:05Z",
      source_packs: sources.map(({ manifest, bundles, manifestDigest }) => {
        const value = parseJson(manifest, { maxBytes: manifest.length, what: "manifest" }) as JsonObject;
        const digest = manifestDigest ?? digestOf(canonicalJson(value)).slice(7);
        return {
          stream: value.stream,
          pack_digest: value.pack_digest,
          ...(manifestDigest !== null && { manifest_digest: digest }),
          artifacts: 1,
          embedded_attestations: bundles,
        };
      }),
    },
  };
}
