import { resolve } from "node:path";
import { showText } from "../../codec/mod.ts";
import { openPack } from "../../pack/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { showSize } from "../render/size.ts";
import { remoteRequest } from "./open_remote.ts";
import type { PushFlags, PushTargets } from "./push.ts";

/** Says what a push would do, and starts nothing. */
export async function pushDryRun(run: CommandRun, flags: PushFlags, { remotes, packs }: PushTargets): Promise<void> {
  const plans = [];
  for (const pack of packs) {
    for (const remote of remotes) plans.push(await planOf(run, flags, { remote, pack }));
  }
  const json = plans.map((plan) => plan.json);
  run.result(plans.length === 1 ? json[0] : { dry_run: true, results: json }, plans.flatMap((plan) => plan.lines));
}

async function planOf(run: CommandRun, flags: PushFlags, named: { remote: string; pack: string }) {
  const request = await remoteRequest(run, flags, { name: named.remote });
  const packPath = resolve(run.context.cwd, named.pack);
  using pack = await openPack(packPath, request);
  const { remote } = request;
  const labels = [...new Set([...remote.release.labels, ...(flags.label ?? [])])];
  const workspace = flags.workspace ?? remote.target.workspace ?? "";
  const environment = remote.target.environment ?? "";
  const json = {
    dry_run: true,
    remote: remote.name,
    pack: packPath,
    stream: pack.stream,
    size: pack.sizeBytes,
    artifacts: pack.manifest.artifacts.length,
    attestations: pack.attestations.length,
    workspace,
    environment,
    labels,
    notes: flags.notes ?? remote.release.notes ?? "",
    sync_runs: !flags.noRuns && remote.runs.sync,
  };
  return {
    json,
    lines: [
      `Would push ${packPath} to ${remote.name}`,
      `  Stream:    ${showText(pack.stream)}`,
      `  Size:      ${showSize(pack.sizeBytes)}`,
      `  Artifacts: ${pack.manifest.artifacts.length}`,
      workspace === "" ? undefined : `  Workspace: ${workspace}`,
      environment === "" ? undefined : `  Environment: ${environment}`,
      labels.length === 0 ? undefined : `  Labels:    ${labels.join(", ")}`,
      "Nothing was sent, and the pack's contents were not verified.",
    ],
  };
}
