import { buildCommand, buildRouteMap } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, configFlag, switchFlag, textFlag } from "../flags.ts";
import { proposeRemotes } from "../proposals.ts";
import { type RemoteFlags, remoteFlags } from "../remote_flags.ts";
import type { RemoteListFlags } from "../run/remote_list.ts";
import type { RemoteReleasesFlags } from "../run/remote_releases.ts";
import { parseCount } from "../since.ts";

const aliases = { ...commonAliases, c: "config" } as const;
const remoteName = {
  brief: "Name of the remote",
  parse: String,
  placeholder: "remote",
  proposeCompletions: proposeRemotes,
} as const;

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
    positional: { kind: "tuple", parameters: [remoteName] },
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
        ...remoteName,
        brief: "Name of the remote (default: all)",
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

const releases = buildCommand<RemoteReleasesFlags, [string], Context>({
  loader: action(() => import("../run/remote_releases.ts")),
  parameters: {
    flags: {
      stream: textFlag("Only releases of this stream", "stream"),
      limit: {
        kind: "parsed",
        parse: parseCount,
        brief: "At most so many (default 30)",
        optional: true,
        placeholder: "number",
      },
      all: switchFlag("All of them"),
      workspace: textFlag("Workspace, instead of the configuration's", "name"),
      ...remoteFlags,
    },
    positional: { kind: "tuple", parameters: [remoteName] },
    aliases,
  },
  docs: {
    brief: "List the releases of a remote, the newest first",
    fullDescription: `For adapters that can list them; changes nothing.

Examples:
  epack remote releases local
  epack remote releases prod --stream acme/prod --limit 5
  epack remote releases prod --all --json`,
  },
});

export const remote = buildRouteMap({
  routes: { list, info, whoami, releases },
  aliases: { ls: "list" },
  docs: { brief: "Remotes: list them, look at one, ask who you are and which releases are there" },
});
