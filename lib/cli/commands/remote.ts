import { buildCommand, buildRouteMap } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, configFlag } from "../flags.ts";
import { type RemoteFlags, remoteFlags } from "../remote_flags.ts";
import type { RemoteListFlags } from "../run/remote_list.ts";

const aliases = { ...commonAliases, c: "config" } as const;

const list = buildCommand<RemoteListFlags, [], Context>({
  loader: action(() => import("../run/remote_list.ts")),
  parameters: { flags: { ...configFlag, ...commonFlags }, positional: { kind: "tuple", parameters: [] }, aliases },
  docs: {
    brief: "List the remotes of epack.yaml",
    fullDescription:
      `Lists the remotes of epack.yaml: what vouches for the adapter of each (its file is read and compared with the lockfile), its version in the lockfile, and how it is confined. Starts no adapter.

Examples:
  epack remote list
  epack remote list --json`,
  },
});

const info = buildCommand<RemoteFlags, [string], Context>({
  loader: action(() => import("../run/remote_info.ts")),
  parameters: {
    flags: remoteFlags,
    positional: { kind: "tuple", parameters: [{ brief: "Name of the remote", parse: String, placeholder: "remote" }] },
    aliases,
  },
  docs: {
    brief: "Show a remote: its adapter, what vouches for it, how it is confined, what it can do",
    fullDescription:
      "Starts the adapter to ask for its capabilities, by the same rules as push and pull.\n\nExamples:\n  epack remote info prod\n  epack remote info prod --json",
  },
});

const whoami = buildCommand<RemoteFlags, [string?], Context>({
  loader: action(() => import("../run/remote_whoami.ts")),
  parameters: {
    flags: remoteFlags,
    positional: {
      kind: "tuple",
      parameters: [{
        brief: "Name of the remote (default: all)",
        parse: String,
        placeholder: "remote",
        optional: true,
      }],
    },
    aliases,
  },
  docs: {
    brief: "Show who a remote thinks you are",
    fullDescription:
      "Asks each remote's adapter for the current identity. Ends with the first failure's code.\n\nExamples:\n  epack remote whoami\n  epack remote whoami prod --json",
  },
});

export const remote = buildRouteMap({
  routes: { list, info, whoami },
  aliases: { ls: "list" },
  docs: { brief: "Remotes: list them, look at one, ask who you are" },
});
