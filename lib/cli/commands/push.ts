import { buildCommand } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, listFlag, switchFlag, textFlag } from "../flags.ts";
import type { PushFlags } from "../run/push.ts";
import { remoteFlags } from "../remote_flags.ts";
import { detachAlias, detachFlag } from "../detach_flag.ts";
import { proposeRemotes } from "../proposals.ts";
import { transferFlags } from "../transfer_flags.ts";

export const push = buildCommand<PushFlags, string[], Context>({
  loader: action(() => import("../run/push.ts")),
  parameters: {
    flags: {
      remote: {
        ...listFlag("Push to this remote; repeatable, and then all arguments are packs", "remote"),
        proposeCompletions: proposeRemotes,
      },
      workspace: textFlag("Workspace, instead of the configuration's", "name"),
      label: listFlag("Label of the release; repeatable", "label"),
      notes: textFlag("Notes of the release", "text"),
      releaseVersion: textFlag("Version of the release (default: the remote chooses)", "version"),
      noRuns: switchFlag("Do not sync the runs beside the pack"),
      runsOnly: switchFlag("Sync the runs of a pack that was released before, and make no release"),
      runsPath: listFlag("More run results: a path or pattern; repeatable", "path"),
      yes: switchFlag("Never ask anything"),
      dryRun: switchFlag("Verify, check and say what would be pushed; send nothing, start no adapter"),
      noResume: switchFlag("Begin an upload anew, instead of going on with one that was cut off"),
      ...detachFlag,
      ...transferFlags,
      ...remoteFlags,
    },
    positional: {
      kind: "array",
      parameter: {
        brief: "Name of the remote in epack.yaml, then the pack, or several",
        parse: String,
        placeholder: "remote> <pack",
        proposeCompletions: proposeRemotes,
      },
    },
    aliases: { ...commonAliases, ...detachAlias, c: "config", y: "yes" },
  },
  docs: {
    brief: "Push packs to remotes",
    fullDescription:
      `Verifies the pack, sends the verified bytes through the remote's adapter, makes the release and leaves a receipt.
Several packs, or several remotes, go at the same time, every pack to every remote. One that fails stops no other; the exit code is that of the first failure, in the order in which they were named.

Examples:
  epack push local evidence.epack
  epack push prod evidence.epack --env staging --label monthly
  epack push prod evidence.epack --release-version v1.2.0 --frozen --json
  epack push prod evidence.epack --detach
  epack push prod january.epack february.epack
  epack push --remote prod --remote backup evidence.epack
  epack push prod evidence.epack --runs-only`,
  },
});
