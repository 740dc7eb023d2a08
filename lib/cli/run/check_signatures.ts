import { resolve } from "node:path";
import { EpackError } from "../../errors.ts";
import { readRegular } from "../../files/mod.ts";
import { TRUST } from "../../limits.ts";
import { hasAttestations, type Pack } from "../../pack/mod.ts";
import type { VerifiedAttestation } from "../../trust/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { strictProduction } from "../process_env.ts";
import { trustRootPath } from "../trust_root.ts";

/** Whose signatures are accepted, and which root of keys they are held against. */
export interface SignatureFlags {
  issuer?: string;
  issuerRegexp?: string;
  subject?: string;
  subjectRegexp?: string;
  key?: string;
  trustRoot?: string;
  offline?: boolean;
  integrityOnly?: boolean;
  requireAttestation?: boolean;
  insecureSkipIdentityCheck?: boolean;
}

/** What was found out about a pack's signatures. */
export interface SignatureResult {
  state: "none" | "not_checked" | "verified" | "refused";
  attestations: readonly VerifiedAttestation[];
  embedded: readonly VerifiedAttestation[];
  attestationErrors: readonly string[];
  embeddedErrors: readonly string[];
  hint?: string;
}

const NO_IDENTITY = "the pack has signatures, and nobody said whose are accepted";

/**
 * Checks all signatures of a pack, its own and those of the packs that it was merged from, unless that is not wanted.
 *
 * @throws EpackError `usage`, `insecure_refused`, `signature_invalid` for a root that is none
 */
export async function checkSignatures(run: CommandRun, flags: SignatureFlags, pack: Pack): Promise<SignatureResult> {
  const found: SignatureResult = {
    state: "none",
    attestations: [],
    embedded: [],
    attestationErrors: [],
    embeddedErrors: [],
  };
  if (flags.requireAttestation && pack.attestations.length === 0) {
    return { ...found, state: "refused", attestationErrors: ["the pack has no attestation, and one is required"] };
  }
  const { issuer, issuerRegexp, subject, subjectRegexp, key } = flags;
  const namesIdentity = [issuer, issuerRegexp, subject, subjectRegexp].some((value) => value !== undefined);
  if (key !== undefined && namesIdentity) {
    throw new EpackError("usage", "--key and an identity were both given: a signature has one or the other", {
      origin: "input",
      hint: "say who must have signed with --key, or with --issuer and --subject",
    });
  }
  const saysWho = namesIdentity || key !== undefined;
  if (!hasAttestations(pack)) {
    if (saysWho) run.steps.warn("the pack has no signatures; --require-attestation refuses such packs");
    return found;
  }
  if (flags.integrityOnly) return { ...found, state: "not_checked" };
  if (!saysWho && !flags.insecureSkipIdentityCheck) {
    return {
      ...found,
      state: "refused",
      attestationErrors: pack.attestations.length > 0 ? [NO_IDENTITY] : [],
      embeddedErrors: pack.attestations.length > 0 ? [] : [NO_IDENTITY],
      hint:
        "say who must have signed with --issuer and --subject, or --key, or check digests alone with --integrity-only",
    };
  }
  // loaded for signed packs alone
  const { parseTrustedRoot, publicGoodRoot, verifyAttestations } = await import("../../trust/mod.ts");
  const rootPath = trustRootPath(run, flags);
  const root = rootPath === undefined
    ? publicGoodRoot()
    : parseTrustedRoot(await readRegular(rootPath, { maxBytes: TRUST.rootBytes, what: "trusted root" }));
  const signer = key !== undefined
    ? { publicKey: await readText(run, key, { maxBytes: TRUST.keyBytes, what: "key" }) }
    : saysWho
    ? { issuer, issuerRegexp, subject, subjectRegexp }
    : "anyone";
  const report = await verifyAttestations(pack, { root, signer, signal: run.signal });
  const good = report.attestationErrors.length === 0 && report.embeddedErrors.length === 0;
  return { ...report, state: good ? "verified" : "refused" };
}

async function readText(run: CommandRun, path: string, options: { maxBytes: number; what: string }): Promise<string> {
  return new TextDecoder().decode(await readRegular(resolve(run.context.cwd, path), options));
}

/** Refuses what a run may not skip. @throws EpackError `insecure_refused` */
export function refuseSkipping(run: CommandRun, flags: SignatureFlags): void {
  if (!flags.insecureSkipIdentityCheck || !strictProduction(run.context.env)) return;
  throw new EpackError("insecure_refused", "--insecure-skip-identity-check is refused by EPACK_STRICT_PRODUCTION", {
    origin: "input",
    hint: "say who must have signed with --issuer and --subject",
  });
}
