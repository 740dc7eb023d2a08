import { buildCommand, buildRouteMap } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, switchFlag, textFlag } from "../flags.ts";
import type { ListFlags, ListWhat } from "../run/list.ts";

function listCommand(what: ListWhat, brief: string) {
  return buildCommand<ListFlags, [string], Context>({
    loader: action<ListFlags, [string]>(async () => {
      const { listPart } = await import("../run/list.ts");
      return { default: (run, flags, path) => listPart(run, flags, { path, what }) };
    }),
    parameters: {
      flags: {
        long: switchFlag("Sizes and digests too"),
        filter: textFlag("Only paths that match a glob", "glob"),
        ...commonFlags,
      },
      positional: { kind: "tuple", parameters: [{ brief: "The pack", parse: String, placeholder: "pack" }] },
      aliases: { ...commonAliases, l: "long" },
    },
    docs: {
      brief,
      fullDescription: `${brief}.

Examples:
  epack list ${what} evidence.epack
  epack list ${what} evidence.epack --json`,
    },
  });
}

export const list = buildRouteMap({
  routes: {
    all: listCommand("all", "List everything in a pack"),
    artifacts: listCommand("artifacts", "List a pack's artifacts"),
    attestations: listCommand("attestations", "List a pack's attestations"),
    sources: listCommand("sources", "List the sources that a pack names"),
  },
  defaultCommand: "all",
  docs: { brief: "List artifacts, attestations and sources of a pack" },
});
