import { buildCommand, looseBooleanParser } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, switchFlag, textFlag } from "../flags.ts";
import type { PullFlags } from "../run/pull.ts";
import { remoteFlags } from "../remote_flags.ts";
import { detachAlias, detachFlag } from "../detach_flag.ts";
import { proposeRemotes } from "../proposals.ts";
import { transferFlags } from "../transfer_flags.ts";

export const pull = buildCommand<PullFlags, [string, string?], Context>({
  loader: action(() => import("../run/pull.ts")),
  parameters: {
    flags: {
      output: textFlag("Where to write (default: a name made of the stream)", "file"),
      force: switchFlag("Replace an existing file, once the new one is complete"),
      digest: textFlag("Pull by digest, of the file or of the pack", "digest"),
      release: textFlag("Pull by release id", "id"),
      version: textFlag("Pull by version", "version"),
      workspace: textFlag("Workspace, instead of the configuration's", "name"),
      stream: textFlag("Only releases of this stream", "stream"),
      verify: {
        kind: "parsed",
        parse: looseBooleanParser,
        brief: "Read and check every artifact (default true; --verify=false compares digests only)",
        optional: true,
        placeholder: "true|false",
      },
      noResume: switchFlag("Begin at zero, and keep nothing of a download that is cut"),
      dryRun: switchFlag("Check and say what would be pulled; ask nothing, start no adapter"),
      ...detachFlag,
      ...transferFlags,
      ...remoteFlags,
    },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Name of the remote in epack.yaml",
          parse: String,
          placeholder: "remote",
          proposeCompletions: proposeRemotes,
        },
        {
          brief: "A digest, a release id (rel_…) or a version; default latest",
          parse: String,
          placeholder: "ref",
          optional: true,
        },
      ],
    },
    aliases: { ...commonAliases, ...detachAlias, c: "config", o: "output" },
  },
  docs: {
    brief: "Pull a pack from a remote",
    fullDescription:
      `Downloads beside the output, compares with what was announced and asked for, verifies, and only then gives the file its name.

Examples:
  epack pull local
  epack pull prod v1.2.0 -o evidence.epack
  epack pull prod --digest sha256:… --force --json
  epack pull prod --detach`,
  },
});
