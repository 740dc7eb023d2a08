import { buildCommand, buildRouteMap } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, switchFlag, textFlag } from "../flags.ts";
import type { TrustExportFlags } from "../run/trust_export.ts";
import type { TrustShowFlags } from "../run/trust_show.ts";

const show = buildCommand<TrustShowFlags, [], Context>({
  loader: action(() => import("../run/trust_show.ts")),
  parameters: {
    flags: {
      trustRoot: textFlag("Show this file instead of the root that this version carries", "file"),
      ...commonFlags,
    },
    positional: { kind: "tuple", parameters: [] },
    aliases: commonAliases,
  },
  docs: {
    brief: "Show the keys that signatures are held against",
    fullDescription:
      `Shows the certificate authorities, logs and time-stamp authorities of the trusted root, and when each is valid.

Examples:
  epack trust show
  epack trust show --trust-root trusted_root.json --json`,
  },
});

const exportRoot = buildCommand<TrustExportFlags, [], Context>({
  loader: action(() => import("../run/trust_export.ts")),
  parameters: {
    flags: {
      output: textFlag("Where to (default: trusted_root.json)", "file"),
      force: switchFlag("Replace a file that is there"),
      ...commonFlags,
    },
    positional: { kind: "tuple", parameters: [] },
    aliases: { ...commonAliases, o: "output" },
  },
  docs: {
    brief: "Write the trusted root to a file, for a machine without a network",
    fullDescription:
      `Writes the trusted root that this version carries, in the form that --trust-root and other tools of Sigstore read.

Examples:
  epack trust export
  epack trust export -o /mnt/stick/trusted_root.json`,
  },
});

export const trust = buildRouteMap({
  routes: { show, export: exportRoot },
  docs: { brief: "The keys that signatures are held against" },
});
