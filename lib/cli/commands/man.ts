import { buildCommand } from "@stricli/core";
import type { Context } from "../context.ts";

export const man = buildCommand<Record<never, never>, [], Context>({
  async func(this: Context) {
    const { manPage } = await import("../run/man.ts");
    this.stdout.write(manPage());
    this.exitCode = 0;
  },
  parameters: { positional: { kind: "tuple", parameters: [] } },
  docs: {
    brief: "Print the manual page",
    fullDescription: `Prints the manual page, for man(1).

Examples:
  epack man | man -l -
  epack man > ~/.local/share/man/man1/epack.1`,
  },
});
