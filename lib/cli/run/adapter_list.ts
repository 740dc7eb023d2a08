import { checkOverrides, discoverAdapters, type DiscoveredAdapter } from "../../adapter/mod.ts";
import { EpackError, exitCodes } from "../../errors.ts";
import { toWire } from "../../protocol/case.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";
import { labelled, line, showStatus } from "../render/adapter_status.ts";
import type { Palette } from "../render/palette.ts";
import { mayReadEnv, strictProduction } from "../process_env.ts";

export interface AdapterListFlags extends CommonFlags {
  config?: string;
  probe?: boolean;
  insecureAllowUnpinned?: boolean;
  timeout?: number;
}

export default async function (run: CommandRun, flags: AdapterListFlags): Promise<void> {
  const { probe, insecureAllowUnpinned: allowUnpinned } = flags;
  const { env, cwd: workDir } = run.context;
  if (allowUnpinned && !probe) {
    throw new EpackError("usage", "--insecure-allow-unpinned starts nothing without --probe", { origin: "input" });
  }
  checkOverrides(undefined, { allowUnpinned, strictProduction: strictProduction(env) });
  const unread = ["PATH", "HOME"].filter((variable) => !mayReadEnv(variable));
  if (unread.length > 0) run.steps.warn(`${unread.join(" and ")} may not be read: adapters there are not listed`);
  if (allowUnpinned) run.steps.warn("adapters that nothing vouches for are started too");
  if (probe) run.steps.step("Asking adapters");
  const adapters = await discoverAdapters({
    env,
    workDir,
    configPath: flags.config,
    probeManaged: probe,
    probePath: allowUnpinned,
    timeoutMs: flags.timeout,
    signal: run.signal,
    onLog: (name, text) => run.steps.adapterLog(name, text),
  });
  const failed = adapters.find(({ errorCode }) => errorCode !== undefined)?.errorCode;
  if (failed !== undefined) run.exitCode = exitCodes()[failed];
  run.result(
    { adapters: adapters.map((adapter) => toWire(adapter)) },
    adapters.flatMap((adapter) => linesOf(adapter, { paint: run.paint, probe })),
  );
}

function linesOf(adapter: DiscoveredAdapter, { paint, probe }: { paint: Palette; probe?: boolean }): string[] {
  const { status, binaryPath, source, remotes, capabilities, error } = adapter;
  const can = Object.entries(toWire(capabilities?.features ?? {})).filter(([, does]) => does).map(([name]) => name);
  const notAsked = probe && status === "unverified" && capabilities === undefined && error === undefined;
  const runs = status === "built_in" || (binaryPath !== undefined && error === undefined);
  const place = { managed: "", path: " (PATH)", both: " (also on PATH)" }[source];
  return [
    paint.bold(adapter.name),
    line("Status", showStatus(status, paint)),
    ...labelled("Kind", adapter.kind.replace("_", " ")),
    ...labelled("Version", adapter.version),
    ...labelled("Binary", binaryPath && `${binaryPath}${place}`),
    ...labelled("Digest", adapter.digest),
    ...labelled("Remotes", remotes.length === 0 ? undefined : remotes.join(", ")),
    ...labelled("Runs as", runs ? adapter.confinement : undefined),
    ...labelled("Can", capabilities && (can.join(", ") || "nothing")),
    ...labelled(
      "Not asked",
      notAsked ? "it is not pinned; --insecure-allow-unpinned starts it all the same" : undefined,
    ),
    ...labelled("Problem", error, paint.red),
  ];
}
