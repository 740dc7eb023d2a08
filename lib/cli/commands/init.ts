import { buildCommand } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, textFlag } from "../flags.ts";
import type { InitFlags } from "../run/init.ts";

export const init = buildCommand<InitFlags, [], Context>({
  loader: action(() => import("../run/init.ts")),
  parameters: {
    flags: {
      stream: textFlag("What this project's packs are called (default: the folder's name)", "name"),
      fileRoot: textFlag("Folder that keeps the releases (default: releases/ here)", "folder"),
      ...commonFlags,
    },
    positional: { kind: "tuple", parameters: [] },
    aliases: { ...commonAliases, s: "stream" },
  },
  docs: {
    brief: "Start a project: write an epack.yaml with a filesystem remote",
    fullDescription: `Writes epack.yaml in the working folder, with comments; never over an existing one.

Examples:
  epack init
  epack init --stream acme/prod --file-root /srv/packs`,
  },
});
