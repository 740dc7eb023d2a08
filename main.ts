/** The program's entry: the one place that reads arguments, environment and working folder, and that exits. */

if (Deno.args[0] === "__confined") {
  await (await import("./lib/sandbox/confined/supervisor.ts")).supervise();
}
const { processEnv, runCli, streamOutput } = await import("./lib/cli/mod.ts");
Deno.exit(
  await runCli({
    args: Deno.args,
    env: processEnv(),
    cwd: Deno.cwd(),
    stdin: Deno.stdin.readable,
    interactive: Deno.stdin.isTerminal(),
    stdout: streamOutput(Deno.stdout),
    stderr: streamOutput(Deno.stderr, { lossy: true }),
    now: () => new Date(),
    exit: Deno.exit,
  }),
);
