import type { Context } from "./context.ts";
import type { CommonFlags } from "./flags.ts";

/** A command's work, in a module of its own that is loaded when the command runs. */
export interface ActionModule<Flags, Args extends readonly unknown[]> {
  default: (run: import("./command_run.ts").CommandRun, flags: Flags, ...args: Args) => Promise<void>;
}

/** Makes stricli's loader: loads the work, runs it with signals, turns errors into words and an exit code. */
export function action<Flags extends CommonFlags, Args extends readonly unknown[]>(
  load: () => Promise<ActionModule<Flags, Args>>,
) {
  return async () => {
    const [{ default: work }, { CommandRun }] = await Promise.all([load(), import("./command_run.ts")]);
    return async function (this: Context, flags: Flags, ...args: Args): Promise<void> {
      const run = new CommandRun(this, flags);
      this.exitCode = await run.perform(() => work(run, flags, ...args));
    };
  };
}
