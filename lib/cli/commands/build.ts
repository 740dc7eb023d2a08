import { buildCommand } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, configFlag, listFlag, switchFlag, textFlag } from "../flags.ts";
import type { BuildFlags } from "../run/build.ts";

export const build = buildCommand<BuildFlags, string[], Context>({
  loader: action(() => import("../run/build.ts")),
  parameters: {
    flags: {
      stream: textFlag("What the pack is called (default: stream of epack.yaml)", "name"),
      output: textFlag("The pack to write, instead of the first argument", "file"),
      file: listFlag("A file and its place: src:dest, or src; repeatable", "src:dest"),
      source: listFlag("A collector that the evidence came from: name or name:version; repeatable", "name:version"),
      stdin: textFlag("Read one artifact from stdin, and store it under this path", "path"),
      contentType: textFlag("Content type of the artifacts", "type"),
      generatedAt: textFlag(
        "Time of the manifest, for the same bytes again (default: SOURCE_DATE_EPOCH, else now)",
        "time",
      ),
      force: switchFlag("Replace an existing pack, once the new one is complete"),
      ...configFlag,
      ...commonFlags,
    },
    positional: {
      kind: "array",
      parameter: { brief: "The pack to write, then files and folders", parse: String, placeholder: "pack> <artifact" },
    },
    aliases: { ...commonAliases, c: "config", s: "stream", o: "output", f: "file" },
  },
  docs: {
    brief: "Build a pack from files and folders",
    fullDescription:
      `Stores each file under artifacts/ with its name; a folder with its name and all that is below it, or, with a trailing slash, its contents.
The same files and time give the same bytes. Links are refused.

Examples:
  epack build evidence.epack reports/ policy.pdf --stream acme/prod
  epack build -o evidence.epack --file scan.json:artifacts/scans/today.json
  SOURCE_DATE_EPOCH=0 epack build evidence.epack evidence`,
  },
});
