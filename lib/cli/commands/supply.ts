/** The commands that get adapters from releases. */
import { buildCommand, buildRouteMap } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, type CommonFlags, commonFlags, configFlag, switchFlag, textFlag } from "../flags.ts";
import { lockFlags, type SupplyFlags, type TrustFlags, trustFlags } from "../supply_flags.ts";
import type { SyncFlags } from "../run/sync.ts";
import type { UpdateFlags } from "../run/update.ts";

interface ConfigFlags extends CommonFlags {
  config?: string;
}

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
      from: textFlag("Install from this mirror, and touch no network", "folder|tar"),
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
  epack sync --frozen
  epack sync --from /media/usb/mirror.tar`,
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

const create = buildCommand<TrustFlags, [string], Context>({
  loader: action(() => import("../run/mirror_create.ts")),
  parameters: {
    flags: trustFlags,
    positional: {
      kind: "tuple",
      parameters: [{
        brief: "Folder of the mirror, made when it is missing, or a file x.tar",
        parse: String,
        placeholder: "folder|tar",
      }],
    },
    aliases,
  },
  docs: {
    brief: "Put what the lockfile pins into a folder, for machines without a network",
    fullDescription:
      `The adapters of all locked platforms, their bundles and the trusted root, each verified. On the other machine: epack sync --from.

Examples:
  epack lock --all-platforms
  epack mirror create /media/usb/mirror
  epack mirror create mirror.tar`,
  },
});

export const mirror = buildRouteMap({ routes: { create }, docs: { brief: "Adapters for machines without a network" } });

const dir = buildCommand<CommonFlags, [], Context>({
  loader: action(() => import("../run/cache_dir.ts")),
  parameters: { flags: commonFlags, positional: none, aliases: commonAliases },
  docs: { brief: "Print the folder of the cache", fullDescription: "Examples:\n  epack cache dir" },
});

const prune = buildCommand<CommonFlags, [], Context>({
  loader: action(() => import("../run/cache_prune.ts")),
  parameters: { flags: commonFlags, positional: none, aliases: commonAliases },
  docs: {
    brief: "Empty the cache",
    fullDescription:
      "Installed adapters stay; what is needed again is downloaded again.\n\nExamples:\n  epack cache prune",
  },
});

export const cache = buildRouteMap({
  routes: { dir, prune },
  docs: { brief: "Downloaded adapters, shared by projects" },
});

export const audit = buildCommand<ConfigFlags, [], Context>({
  loader: action(() => import("../run/audit.ts")),
  parameters: { flags: { ...configFlag, ...commonFlags }, positional: none, aliases },
  docs: {
    brief: "Say of each remote what runs, who vouches for it, and what it may do",
    fullDescription:
      `Reads the configuration, the lockfile, what is installed and the receipts; starts nothing and asks nobody. Exits 1 when anything is
unpinned, insecure, wider than locked or broken.

Examples:
  epack audit
  epack audit --json`,
  },
});
