/** The command line: arguments in, an exit code out. */
import { proposeCompletions, run } from "@stricli/core";
import { EpackError, isEpackError } from "../errors.ts";
import { app } from "./app.ts";
import type { Context } from "./context.ts";

export type { Context, Output } from "./context.ts";
export { streamOutput } from "./output.ts";
export { processEnv } from "./process_env.ts";

/** Runs one command line; never throws. Returns the exit code. */
export async function runCli(outside: Omit<Context, "process" | "exitCode">): Promise<number> {
  let said = "";
  let help = "";
  const context: Context = {
    ...outside,
    exitCode: 0,
    // undefined: stricli must say when it has an error of its own
    process: {
      stdout: { write: (text) => void (help += text) },
      stderr: { write: (text) => void (said += text) },
      exitCode: undefined,
    },
  };
  try {
    if (context.args[0] === "__complete") return await complete(context);
    if (context.args[0] === "__job" && context.args.length > 2 && context.job === undefined) {
      return await (await import("./job_process.ts")).runAsJob(outside, runCli);
    }
    await run(app, helpFirst(context.args), context);
    if (help !== "") context.stdout.write(help);
    const code = context.process.exitCode ?? 0;
    if (code === 0 || said.trim() === "") return context.exitCode;
    throw usageError(said);
  } catch (thrown) {
    const { renderError, toEpackError } = await import("./render/error.ts");
    const error = isEpackError(thrown) ? thrown : toEpackError(thrown);
    renderError(error, {
      context,
      flags: {
        json: context.args.includes("--json"),
        noColor: context.args.includes("--no-color"),
        logFormat: /(?:^|\n)--log-format[\n=]json(?:\n|$)/.test(context.args.join("\n")) ? "json" : undefined,
      },
    });
    return error.exitCode;
  }
}

/** `epack help push` means `epack push --help`; no words at all mean help. */
function helpFirst(args: readonly string[]): string[] {
  if (args.length === 0) return ["--help"];
  return args[0] === "help" ? [...args.slice(1), "--help"] : [...args];
}

function usageError(said: string): EpackError {
  const [first, ...rest] = said.trim().split("\n");
  return new EpackError("usage", [first.charAt(0).toLowerCase() + first.slice(1), ...rest].join("\n"), {
    origin: "input",
    hint: "see epack --help, and --help of each command",
  });
}

async function complete(context: Context): Promise<number> {
  for (const { completion, brief } of await proposeCompletions(app, context.args.slice(1), context)) {
    context.stdout.write(`${completion}\t${brief}\n`);
  }
  return 0;
}
