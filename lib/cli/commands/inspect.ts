import { buildCommand } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, switchFlag } from "../flags.ts";
import type { InspectFlags } from "../run/inspect.ts";

export const inspect = buildCommand<InspectFlags, [string], Context>({
  loader: action(() => import("../run/inspect.ts")),
  parameters: {
    flags: {
      digest: switchFlag("Print the pack_digest only"),
      raw: switchFlag("Print manifest.json as it is stored"),
      summary: switchFlag("Print one line"),
      ...commonFlags,
    },
    positional: { kind: "tuple", parameters: [{ brief: "The pack", parse: String, placeholder: "pack" }] },
    aliases: commonAliases,
  },
  docs: {
    brief: "Show what a pack says of itself",
    fullDescription:
      `Reads the structure and the manifest; contents are not compared with their digests: that is what verify does.

Examples:
  epack inspect evidence.epack
  epack inspect evidence.epack --digest
  epack inspect evidence.epack --raw`,
  },
});
