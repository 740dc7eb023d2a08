import { buildCommand } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, switchFlag, textFlag } from "../flags.ts";
import type { VerifyFlags } from "../run/verify.ts";

export const verify = buildCommand<VerifyFlags, [string], Context>({
  loader: action(() => import("../run/verify.ts")),
  parameters: {
    flags: {
      issuer: textFlag("Who must have vouched for the signer: the whole address of the OpenID provider", "url"),
      subject: textFlag("Who must have signed: the whole e-mail address or workflow of the certificate", "name"),
      issuerRegexp: textFlag("The issuer by a regular expression that matches the whole of it", "regexp"),
      subjectRegexp: textFlag("The subject by a regular expression that matches the whole of it", "regexp"),
      key: textFlag("Who must have signed: the holder of this public key (PEM), instead of an identity", "file"),
      requireAttestation: switchFlag("Fail when the pack has no attestation"),
      integrityOnly: switchFlag("Check structure and digests, and leave attestations unchecked"),
      trustRoot: textFlag("Keys to hold signatures against (default: Sigstore's, as this version has them)", "file"),
      offline: switchFlag("Ask nobody: this is so in any case, and the flag is there to say it"),
      insecureSkipIdentityCheck: switchFlag("INSECURE: accept a good signature of anybody"),
      ...commonFlags,
    },
    positional: { kind: "tuple", parameters: [{ brief: "The pack", parse: String, placeholder: "pack" }] },
    aliases: commonAliases,
  },
  docs: {
    brief: "Verify a pack's integrity and its signatures",
    fullDescription: `Reads every byte, and compares structure, sizes and digests with the manifest.
Then checks every attestation: its signature, certificate, transparency log and time of signing, that it is about this pack, and that the signer is the one that was asked for. Those of the packs that it was merged from are checked too. A pack with attestations needs --issuer and --subject, or --key, or --integrity-only. A pack without any passes, unless --require-attestation is given.

Nothing is asked for over the network.

Exit codes: 0 verified, 1 not verified, 2 no proper pack, 12 no proper trusted root, 20 no such file.

Examples:
  epack verify evidence.epack
  epack verify evidence.epack --issuer https://accounts.google.com --subject ada@example.com --require-attestation
  epack verify evidence.epack --issuer https://token.actions.githubusercontent.com --subject-regexp 'https://github.com/acme/.*'
  epack verify evidence.epack --trust-root trusted_root.json --issuer https://sso.example.com --subject ci@example.com
  epack verify evidence.epack --key release.pub
  epack verify evidence.epack --integrity-only --json`,
  },
});
