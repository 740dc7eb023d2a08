import { buildCommand } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, switchFlag } from "../flags.ts";
import type { VerifyFlags } from "../run/verify.ts";

export const verify = buildCommand<VerifyFlags, [string], Context>({
  loader: action(() => import("../run/verify.ts")),
  parameters: {
    flags: {
      integrityOnly: switchFlag("Check structure and digests, and leave attestations unchecked"),
      requireAttestation: switchFlag("Fail when the pack has no attestation"),
      ...commonFlags,
    },
    positional: { kind: "tuple", parameters: [{ brief: "The pack", parse: String, placeholder: "pack" }] },
    aliases: commonAliases,
  },
  docs: {
    brief: "Verify a pack's integrity",
    fullDescription: `Reads every byte, and compares structure, sizes and digests with the manifest.
This version does not check signatures: a pack with attestations needs --integrity-only.

Exit codes: 0 verified, 1 not verified, 2 no proper pack, 20 no such file.

Examples:
  epack verify evidence.epack
  epack verify evidence.epack --integrity-only --json`,
  },
});
