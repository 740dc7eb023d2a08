import { buildChoiceParser, buildCommand, buildRouteMap } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, configFlag, switchFlag, textFlag } from "../flags.ts";
import { proposeReceipts, proposeRemotes } from "../proposals.ts";
import type { ReceiptsListFlags } from "../run/receipts_list.ts";
import type { ReceiptsFlags } from "../run/receipts_show.ts";
import type { ReceiptsVerifyFlags } from "../run/receipts_verify.ts";
import { parseCount, parseSince } from "../since.ts";

const aliases = { ...commonAliases, c: "config" } as const;
const receipt = {
  brief: "latest, a name, how one begins, or a path",
  parse: String,
  placeholder: "receipt",
  proposeCompletions: proposeReceipts,
} as const;

const list = buildCommand<ReceiptsListFlags, [], Context>({
  loader: action(() => import("../run/receipts_list.ts")),
  parameters: {
    flags: {
      remote: { ...textFlag("Only those of this remote", "name"), proposeCompletions: proposeRemotes },
      kind: {
        kind: "parsed",
        parse: buildChoiceParser(["push", "pull", "runs"]),
        brief: "Only those of pushes, of pulls, or of synced runs",
        optional: true,
        placeholder: "push|pull|runs",
        proposeCompletions: () => ["push", "pull", "runs"],
      },
      since: {
        kind: "parsed",
        parse: parseSince,
        brief: "Only those of this date or later, such as 2026-01-31, or of the last 36h or 7d",
        optional: true,
        placeholder: "time",
      },
      digest: textFlag("Only those of this file or pack, by its digest or how that begins", "digest"),
      limit: { kind: "parsed", parse: parseCount, brief: "At most so many", optional: true, placeholder: "number" },
      ...configFlag,
      ...commonFlags,
    },
    positional: { kind: "tuple", parameters: [] },
    aliases,
  },
  docs: {
    brief: "List what was pushed and pulled, the newest first",
    fullDescription: `Reads the receipts below .epack/receipts. Damaged ones are named, and are no reason to fail.

Examples:
  epack receipts list
  epack receipts list --remote prod --kind push --since 7d
  epack receipts list --digest sha256:f5fd00f1 --json`,
  },
});

const show = buildCommand<ReceiptsFlags, [string], Context>({
  loader: action(() => import("../run/receipts_show.ts")),
  parameters: {
    flags: { ...configFlag, ...commonFlags },
    positional: { kind: "tuple", parameters: [receipt] },
    aliases,
  },
  docs: {
    brief: "Show a receipt",
    fullDescription: "Examples:\n  epack receipts show latest\n  epack receipts show push/prod/20260131_ --json",
  },
});

const verify = buildCommand<ReceiptsVerifyFlags, string[], Context>({
  loader: action(() => import("../run/receipts_verify.ts")),
  parameters: {
    flags: { all: switchFlag("All receipts of the project"), ...configFlag, ...commonFlags },
    positional: { kind: "array", parameter: receipt },
    aliases,
  },
  docs: {
    brief: "Say whether the packs that receipts name are still there and unchanged",
    fullDescription:
      `Compares the file's digest with the receipt's, and reads all of the pack's contents. A relative path in a receipt is below the project.
Ends with 0 when all are unchanged; else as the first that is not: 2 changed, 20 missing, 1 a damaged receipt.

Examples:
  epack receipts verify latest
  epack receipts verify --all --json`,
  },
});

export const receipts = buildRouteMap({
  routes: { list, show, verify },
  aliases: { ls: "list" },
  docs: { brief: "Receipts: list them, look at one, hold them against the packs" },
});
