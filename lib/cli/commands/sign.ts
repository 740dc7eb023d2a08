import { buildCommand } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, textFlag } from "../flags.ts";
import type { SignFlags } from "../run/sign.ts";

export const sign = buildCommand<SignFlags, [string], Context>({
  loader: action(() => import("../run/sign.ts")),
  parameters: {
    flags: {
      identityTokenFile: textFlag(
        "Token of an OpenID provider that says who signs (default: SIGSTORE_ID_TOKEN)",
        "file",
      ),
      key: textFlag("Sign with this private key (PEM, PKCS #8, no passphrase) instead of an identity", "file"),
      fulcioUrl: textFlag("Certificate authority, which is shown the token (default: Sigstore's)", "url"),
      rekorUrl: textFlag("Transparency log, version 1 (default: Sigstore's)", "url"),
      tsaUrl: textFlag("Have the signature time-stamped there too", "url"),
      trustRoot: textFlag("Keys that the new signature must hold against before the pack is replaced", "file"),
      ...commonFlags,
    },
    positional: { kind: "tuple", parameters: [{ brief: "The pack", parse: String, placeholder: "pack" }] },
    aliases: commonAliases,
  },
  docs: {
    brief: "Sign a pack and put the attestation into it",
    fullDescription:
      `Verifies the pack's integrity, signs that its manifest is this one, and writes the pack anew with the attestation in it: under its name stands the old pack or the new one, never a part. Its other entries, and so its digests, stay as they are.

Who signs is whom the identity token names, by --identity-token-file or in SIGSTORE_ID_TOKEN (or EPACK_OIDC_TOKEN), for the audience "sigstore"; or the holder of --key. The token goes to the certificate authority alone. The signature is recorded in the transparency log, which is public and keeps it for ever: the identity or key, and the manifest's digest.

A pack that has attestations gets one more; one by the same --key is replaced. With Sigstore's own services, or with --trust-root, the new signature is verified before the pack is replaced.

Exit codes: 0 signed, 1 no token or key, or the service refuses it, 2 no proper pack, 12 what came back is no good signature, 15 a service cannot be reached or fails, 20 no such file. Whatever fails, the pack is as it was.

Examples:
  epack sign evidence.epack --identity-token-file token.jwt
  SIGSTORE_ID_TOKEN=... epack sign evidence.epack
  epack sign evidence.epack --key release.key
  epack sign evidence.epack --fulcio-url https://fulcio.example.com --rekor-url https://rekor.example.com --trust-root trusted_root.json`,
  },
});
