import { buildCommand, buildRouteMap } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, configFlag, switchFlag } from "../flags.ts";
import { remoteFlags } from "../remote_flags.ts";
import type { AdapterListFlags } from "../run/adapter_list.ts";

const list = buildCommand<AdapterListFlags, [], Context>({
  loader: action(() => import("../run/adapter_list.ts")),
  parameters: {
    flags: {
      probe: switchFlag("Start those that are verified or built in, and show what they can do"),
      insecureAllowUnpinned: switchFlag("With --probe: start the unverified ones too"),
      timeout: remoteFlags.timeout,
      ...configFlag,
      ...commonFlags,
    },
    positional: { kind: "tuple", parameters: [] },
    aliases: { ...commonAliases, c: "config" },
  },
  docs: {
    brief: "List the adapters that are built in, installed, configured or on PATH",
    fullDescription: `Lists adapters by name, with what vouches for each. Starts none of them without --probe.

built in: part of this program. verified: its bytes were read, and are those that the lockfile pins. unverified: found, and nothing vouches for it. managed: in the lockfile, not installed. not found: configured, found nowhere.

Of several files of one name the first is shown: installed by lock, named by binary:, in the user's own folder, in .epack/bin, on PATH. What is only on PATH is never run by push or pull.

Examples:
  epack adapter list
  epack adapter list --probe --json
  epack adapter list --probe --insecure-allow-unpinned`,
  },
});

export const adapter = buildRouteMap({
  routes: { list },
  aliases: { ls: "list" },
  docs: { brief: "Adapters: list them, ask what they can do" },
});
