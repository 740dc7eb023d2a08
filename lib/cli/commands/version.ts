import { buildCommand } from "@stricli/core";
import { BUILD_FACTS, VERSION } from "../../version.ts";
import type { Context } from "../context.ts";
import { commonAliases, type CommonFlags, commonFlags, textFlag } from "../flags.ts";

interface VersionFlags extends CommonFlags {
  verifySelf?: string;
}

/** Loaded with the command table itself, and loads nothing more: it must answer at once. */
export const version = buildCommand<VersionFlags, [], Context>({
  async func(this: Context, flags: VersionFlags) {
    if (flags.verifySelf !== undefined) {
      const { verifySelf } = await import("../run/verify_self.ts");
      this.exitCode = await verifySelf(this, flags, flags.verifySelf);
      return;
    }
    const { os, standalone } = Deno.build;
    const arch = Deno.build.arch === "x86_64" ? "amd64" : "arm64";
    const facts = {
      version: VERSION,
      commit: BUILD_FACTS?.commit ?? "unknown",
      os,
      arch,
      target: `${os}/${arch}`,
      deno: Deno.version.deno,
      v8: Deno.version.v8,
      compiled: standalone,
      adapters: BUILD_FACTS?.adapters ?? {},
    };
    this.stdout.write(
      flags.json
        ? `${JSON.stringify(facts, null, 2)}\n`
        : `epack ${VERSION} (${facts.target}, Deno ${facts.deno}, ${
          BUILD_FACTS === undefined ? "from source" : `commit ${facts.commit.slice(0, 12)}`
        })\n`,
    );
    this.exitCode = 0;
  },
  parameters: {
    flags: {
      verifySelf: textFlag("Compare the running program with a list of checksums, such as SHA256SUMS", "file"),
      ...commonFlags,
    },
    positional: { kind: "tuple", parameters: [] },
    aliases: commonAliases,
  },
  docs: {
    brief: "Print the version of this program",
    fullDescription:
      `Prints the version of this program. A release's version is push --release-version. With --json also the commit, the
platform, the runtime, and the digest of each built-in adapter's single-file module.

Examples:
  epack version --json
  epack version --verify-self SHA256SUMS`,
  },
});
