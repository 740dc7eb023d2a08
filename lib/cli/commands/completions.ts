import { buildChoiceParser, buildCommand } from "@stricli/core";
import type { Context } from "../context.ts";
import { COMPLETION_SCRIPTS, type Shell } from "../completion_scripts.ts";

const SHELLS = ["bash", "zsh", "fish"] as const satisfies readonly Shell[];

export const completions = buildCommand<Record<never, never>, [Shell], Context>({
  func(this: Context, _flags, shell: Shell) {
    this.stdout.write(COMPLETION_SCRIPTS[shell]);
    this.exitCode = 0;
  },
  parameters: {
    positional: {
      kind: "tuple",
      parameters: [{
        brief: "bash, zsh or fish",
        parse: buildChoiceParser(SHELLS),
        placeholder: "shell",
        proposeCompletions: () => [...SHELLS],
      }],
    },
  },
  docs: {
    brief: "Print a completion script for bash, zsh or fish",
    fullDescription: `Examples:
  source <(epack completions bash)
  epack completions zsh > ~/.zfunc/_epack
  epack completions fish > ~/.config/fish/completions/epack.fish`,
  },
});
