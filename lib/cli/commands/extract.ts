import { buildCommand } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, listFlag, switchFlag, textFlag } from "../flags.ts";
import type { ExtractFlags } from "../run/extract.ts";

export const extract = buildCommand<ExtractFlags, string[], Context>({
  loader: action(() => import("../run/extract.ts")),
  parameters: {
    flags: {
      output: textFlag("Folder to write to (default: the working folder)", "folder"),
      all: switchFlag("All artifacts: the default when none is named"),
      filter: listFlag("Only paths that match a glob; repeatable", "glob"),
      force: switchFlag("Replace files that are there"),
      dryRun: switchFlag("Say what would be written, and write nothing"),
      ...commonFlags,
    },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: { brief: "The pack, then artifacts (default: all)", parse: String, placeholder: "pack> <artifact" },
    },
    aliases: { ...commonAliases, o: "output" },
  },
  docs: {
    brief: "Extract artifacts from a pack",
    fullDescription:
      `Each file appears only after its size and digest held. Nothing is replaced without --force, and no link is followed.

Examples:
  epack extract evidence.epack -o evidence
  epack extract evidence.epack artifacts/scan.json
  epack extract evidence.epack --filter '**/*.json' --dry-run`,
  },
});
