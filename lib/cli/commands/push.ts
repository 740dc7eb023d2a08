import { buildCommand } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, listFlag, switchFlag, textFlag } from "../flags.ts";
import type { PushFlags } from "../run/push.ts";
import { remoteFlags } from "../remote_flags.ts";
import { transferFlags } from "../transfer_flags.ts";

export const push = buildCommand<PushFlags, [string, string], Context>({
  loader: action(() => import("../run/push.ts")),
  parameters: {
    flags: {
      workspace: textFlag("Workspace, instead of the configuration's", "name"),
      label: listFlag("Label of the release; repeatable", "label"),
      notes: textFlag("Notes of the release", "text"),
      releaseVersion: textFlag("Version of the release (default: the remote chooses)", "version"),
      noRuns: switchFlag("Do not sync the runs beside the pack"),
      runsPath: listFlag("More run results: a path or pattern; repeatable", "path"),
      yes: switchFlag("Never ask anything"),
      dryRun: switchFlag("Say what would be pushed, and start nothing"),
      ...transferFlags,
      ...remoteFlags,
    },
    positional: {
      kind: "tuple",
      parameters: [
        { brief: "Name of the remote in epack.yaml", parse: String, placeholder: "remote" },
        { brief: "The pack", parse: String, placeholder: "pack" },
      ],
    },
    aliases: { ...commonAliases, c: "config", y: "yes" },
  },
  docs: {
    brief: "Push a pack to a remote",
    fullDescription:
      `Verifies the pack, sends the verified bytes through the remote's adapter, makes the release and leaves a receipt.

Examples:
  epack push local evidence.epack
  epack push prod evidence.epack --env staging --label monthly
  epack push prod evidence.epack --release-version v1.2.0 --frozen --json`,
  },
});
