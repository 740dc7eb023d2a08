import { buildCommand, buildRouteMap } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, configFlag, switchFlag, textFlag } from "../flags.ts";
import { proposeRemotes } from "../proposals.ts";
import { type RemoteFlags, remoteFlags } from "../remote_flags.ts";
import type { RemoteLoginFlags } from "../run/remote_login.ts";
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
      "Asks the adapters of all remotes, some at a time, for the current identity. One that fails does not stop the others; ends with the first failure's code.\n\nExamples:\n  epack remote whoami\n  epack remote whoami prod --json",
  },
});

const login = buildCommand<RemoteLoginFlags, [string], Context>({
  loader: action(() => import("../run/remote_login.ts")),
  parameters: {
    flags: {
      open: switchFlag("Open the address in the browser, when it is an https one"),
      again: switchFlag("Log in also when the remote knows you already"),
      ...remoteFlags,
      timeout: {
        ...remoteFlags.timeout,
        brief: "How long to wait for you, such as 5m (default: as long as the code is good)",
      },
    },
    positional: { kind: "tuple", parameters: [remoteName] },
    aliases,
  },
  docs: {
    brief: "Log in to a remote with a code that you enter in the browser",
    fullDescription:
      `Starts the login of the remote's adapter and shows, on stderr, an address and a code: enter the code there, on this machine or another. Meanwhile the adapter is asked who you are, every few seconds, until it knows. What it got it keeps by itself; this program stores no credentials. Ctrl-C ends it.

Exit codes: 0 logged in, also when you were before; 1 refused, or the adapter has no login; 13 nobody entered the code in time.

Examples:
  epack remote login prod
  epack remote login prod --open
  epack remote login prod --timeout 2m --json`,
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
  routes: { list, info, whoami, login, releases },
  aliases: { ls: "list" },
  docs: { brief: "Remotes: list them, look at one, log in, ask who you are and which releases are there" },
});
