/** The commands that get adapters from releases. */
import { buildCommand } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, switchFlag } from "../flags.ts";
import { lockFlags, type SupplyFlags, type TrustFlags, trustFlags } from "../supply_flags.ts";
import type { SyncFlags } from "../run/sync.ts";
import type { UpdateFlags } from "../run/update.ts";

const aliases = { ...commonAliases, c: "config" } as const;
const names = {
  kind: "array",
  parameter: { brief: "Remotes (default: all that have a source)", parse: String, placeholder: "remote" },
} as const;
const none = { kind: "tuple", parameters: [] } as const;

export const sync = buildCommand<SyncFlags, [], Context>({
  loader: action(() => import("../run/sync.ts")),
  parameters: {
    flags: {
      frozen: switchFlag("Refuse a lockfile that is not in step, and every insecure flag (for CI)"),
      ...trustFlags,
    },
    positional: none,
    aliases,
  },
  docs: {
    brief: "Install the adapters that the lockfile pins",
    fullDescription:
      `Installs the locked release of each remote with a source into .epack/remotes. Its digest and who built it are checked before
anything of it may run.

Examples:
  epack sync
  epack sync --frozen`,
  },
});

export const install = buildCommand<SupplyFlags, string[], Context>({
  loader: action(() => import("../run/install.ts")),
  parameters: { flags: lockFlags, positional: names, aliases: { ...aliases, y: "yes" } },
  docs: {
    brief: "Lock and install the adapters of remotes",
    fullDescription: `Locks what is not locked yet, and installs it.

Examples:
  epack install
  epack install prod --yes`,
  },
});

export const update = buildCommand<UpdateFlags, string[], Context>({
  loader: action(() => import("../run/update.ts")),
  parameters: {
    flags: { dryRun: switchFlag("Say what would change, and change nothing"), ...lockFlags },
    positional: names,
    aliases: { ...aliases, y: "yes" },
  },
  docs: {
    brief: "Move adapters to the newest release that their source allows",
    fullDescription:
      `Locks the newest release that fits, and installs it. A step back, a tag that moved, another builder or wider permissions are
shown and asked about.

Examples:
  epack update --dry-run
  epack update prod`,
  },
});

export const outdated = buildCommand<TrustFlags, [], Context>({
  loader: action(() => import("../run/outdated.ts")),
  parameters: { flags: trustFlags, positional: none, aliases },
  docs: {
    brief: "Compare the locked adapters with their newest releases",
    fullDescription: "Changes nothing.\n\nExamples:\n  epack outdated\n  epack outdated --json",
  },
});
