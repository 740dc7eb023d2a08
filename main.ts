/** The program's entry: the one place that reads arguments, environment and working folder, and that exits. */
if (Deno.args[0] === "__confined") {
  await (await import("./lib/sandbox/confined/supervisor.ts")).supervise();
}
