import { digestFromHex } from "../digest/mod.ts";
import { isEpackError } from "../errors.ts";
import { breather } from "../files/mod.ts";
import { checkAttestation, type Pack } from "../pack/mod.ts";
import type { Signer } from "./certificate.ts";
import type { TrustedRoot } from "./trusted_root.ts";
import { type ExpectedSigner, type VerifiedBundle, verifyBundle } from "./verify_bundle.ts";

export interface VerifyAttestationsOptions {
  root: TrustedRoot;
  signer: ExpectedSigner;
  signal?: AbortSignal;
}

/** An attestation whose signature holds, and which is about the manifest that it should be about. */
export interface VerifiedAttestation {
  /** Its entry in the pack, or where in the manifest's provenance it stands. */
  path: string;
  signer?: Signer;
  /** The earliest proved time. */
  signedAt: Date;
}

/** What a check of all signatures found; empty lists of errors are good news. */
export interface AttestationReport {
  attestations: readonly VerifiedAttestation[];
  /** Of the packs that this one was merged from. */
  embedded: readonly VerifiedAttestation[];
  /** One message for each that is not good: it begins with its path. */
  attestationErrors: readonly string[];
  embeddedErrors: readonly string[];
}

/**
 * Verifies the signatures of a pack, all of them: its own, which must be about its manifest, and those of the packs that it was
 * merged from, each of which must be about that pack's manifest.
 *
 * @throws EpackError `usage` when the expected signer is none
 */
export async function verifyAttestations(pack: Pack, options: VerifyAttestationsOptions): Promise<AttestationReport> {
  const own = pack.attestations.map(({ name, bundle }) => ({
    path: name,
    verify: () => verifyBundle(bundle, { ...options, artifact: { digest: pack.manifestDigest } }),
  }));
  const embedded = embeddedIn(pack).map(({ path, bundle, manifestHex }) => ({
    path,
    verify: () => {
      if (manifestHex === undefined) throw new Error("its pack has no manifest_digest that it could be held against");
      const manifestDigest = digestFromHex(manifestHex);
      checkAttestation(new TextEncoder().encode(JSON.stringify(bundle)), { entry: path, manifestDigest });
      return verifyBundle(bundle, { ...options, artifact: { digest: manifestDigest } });
    },
  }));
  const [first, second] = [await verifyEach(own, options), await verifyEach(embedded, options)];
  return {
    attestations: first.good,
    embedded: second.good,
    attestationErrors: first.errors,
    embeddedErrors: second.errors,
  };
}

function embeddedIn(pack: Pack): { path: string; bundle: object; manifestHex?: string }[] {
  return (pack.manifest.provenance?.source_packs ?? []).flatMap((source, at) =>
    (source.embedded_attestations ?? []).map((bundle, index) => ({
      path: `provenance.source_packs[${at}].embedded_attestations[${index}]`,
      bundle,
      manifestHex: source.manifest_digest,
    }))
  );
}

async function verifyEach(
  list: readonly { path: string; verify: () => VerifiedBundle }[],
  options: { signal?: AbortSignal },
): Promise<{ good: VerifiedAttestation[]; errors: string[] }> {
  const breathe = breather(options.signal);
  const good: VerifiedAttestation[] = [];
  const errors: string[] = [];
  for (const { path, verify } of list) {
    await breathe();
    try {
      const { signer, timestamps } = verify();
      good.push({ path, signer, signedAt: new Date(Math.min(...timestamps.map((time) => time.getTime()))) });
    } catch (error) {
      // an expectation that is none is the caller's fault, not the attestation's
      if (isEpackError(error, "usage")) throw error;
      if (!(error instanceof Error)) throw error;
      errors.push(`${JSON.stringify(path)}: ${error.message}`);
    }
  }
  return { good, errors };
}
