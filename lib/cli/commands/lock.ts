import { buildCommand } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, configFlag, switchFlag } from "../flags.ts";
import type { LockFlags } from "../run/lock.ts";

export const lock = buildCommand<LockFlags, string[], Context>({
  loader: action(() => import("../run/lock.ts")),
  parameters: {
    flags: { yes: switchFlag("Lock what adapters are allowed without asking"), ...configFlag, ...commonFlags },
    positional: {
      kind: "array",
      parameter: { brief: "Remotes to lock (default: all)", parse: String, placeholder: "remote" },
    },
    aliases: { ...commonAliases, c: "config", y: "yes" },
  },
  docs: {
    brief: "Pin the adapters of remotes in epack.lock.yaml",
    fullDescription:
      `Records the digest of each external adapter: from then on only these bytes run. Other programs' parts of the file stay as they are.

Examples:
  epack lock
  epack lock prod --yes --json`,
  },
});
