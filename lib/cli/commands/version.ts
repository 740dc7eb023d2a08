import { buildCommand } from "@stricli/core";
import type { Context } from "../context.ts";
import { commonAliases, type CommonFlags, commonFlags } from "../flags.ts";

/** Loaded with the command table itself, and loads nothing more: it must answer at once. */
export const version = buildCommand<CommonFlags, [], Context>({
  async func(this: Context, flags: CommonFlags) {
    const { VERSION } = await import("../../version.ts");
    const arch = Deno.build.arch === "x86_64" ? "amd64" : "arm64";
    const facts = {
      version: VERSION,
      os: Deno.build.os,
      arch,
      deno: Deno.version.deno,
      v8: Deno.version.v8,
      compiled: Deno.build.standalone,
    };
    this.stdout.write(
      flags.json
        ? `${JSON.stringify(facts, null, 2)}\n`
        : `epack ${VERSION} (${facts.os}/${arch}, Deno ${facts.deno})\n`,
    );
    this.exitCode = 0;
  },
  parameters: { flags: commonFlags, positional: { kind: "tuple", parameters: [] }, aliases: commonAliases },
  docs: {
    brief: "Print the version of this program",
    fullDescription:
      "Prints the version of this program. A release's version is push --release-version.\n\nExamples:\n  epack version --json",
  },
});
