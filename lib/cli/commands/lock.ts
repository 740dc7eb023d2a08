import { buildCommand } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, switchFlag } from "../flags.ts";
import { lockFlags } from "../supply_flags.ts";
import type { LockFlags } from "../run/lock.ts";

export const lock = buildCommand<LockFlags, string[], Context>({
  loader: action(() => import("../run/lock.ts")),
  parameters: {
    flags: { check: switchFlag("Only say whether the lockfile is in step with the configuration"), ...lockFlags },
    positional: {
      kind: "array",
      parameter: { brief: "Remotes to lock (default: all)", parse: String, placeholder: "remote" },
    },
    aliases: { ...commonAliases, c: "config", y: "yes" },
  },
  docs: {
    brief: "Pin the adapters of remotes in epack.lock.yaml",
    fullDescription:
      `Records the digest of each adapter: from then on only these bytes run. Of a source it takes the highest release that fits, and
checks who built it; one that is locked already is kept while it fits. Other programs' parts of the file stay as they are.

Examples:
  epack lock
  epack lock prod --yes --json
  epack lock --all-platforms
  epack lock --check`,
  },
});
