import { resolve } from "node:path";
import { showText } from "../../codec/mod.ts";
import type { EpackError } from "../../errors.ts";
import { planPush, type PushPlan, type RemoteRequest, SharedPack } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { toEpackError } from "../render/error.ts";
import { errorFields } from "../render/error_fields.ts";
import { foreseenJson, foreseenLines, planField } from "../render/foreseen.ts";
import { showSize } from "../render/size.ts";
import { remoteRequest } from "./open_remote.ts";
import { type PushFlags, pushRequest, type PushTargets } from "./push.ts";

type Plan =
  & { remote: string; packPath: string }
  & ({ plan: PushPlan; syncRuns: boolean; error?: undefined } | { error: EpackError });

/** Says what a push would do; it reads and verifies, sends nothing, writes nothing and starts no adapter. */
export async function pushDryRun(run: CommandRun, flags: PushFlags, { remotes, packs }: PushTargets): Promise<void> {
  const requests: RemoteRequest[] = [];
  for (const name of remotes) requests.push(await remoteRequest(run, flags, { name }));
  const plans: Plan[] = [];
  for (const pack of packs) {
    const shared = new SharedPack(resolve(run.context.cwd, pack), requests.length, run);
    for (const request of requests) plans.push(await planOf(run, flags, { ...request, pack, shared }));
  }
  const failures = plans.flatMap(({ error }) => error ?? []);
  if (plans.length === 1 && failures.length === 1) throw failures[0];
  run.exitCode = failures[0]?.exitCode ?? 0;
  const json = plans.map(planJson);
  const several = { dry_run: true, would_push: plans.length - failures.length, failed: failures.length, results: json };
  run.result(plans.length === 1 ? json[0] : several, [
    ...plans.flatMap((plan) => planLines(run, plan)),
    "Nothing was sent, nothing was written, and no adapter was started.",
  ]);
}

async function planOf(
  run: CommandRun,
  flags: PushFlags,
  request: RemoteRequest & { pack: string; shared: SharedPack },
): Promise<Plan> {
  const { pack, shared } = request;
  const about = { remote: request.remote.name, packPath: resolve(run.context.cwd, pack) };
  try {
    const plan = await planPush({ ...pushRequest(run, flags, request), shared });
    return { ...about, plan, syncRuns: !flags.noRuns && request.remote.runs.sync };
  } catch (error) {
    run.signal.throwIfAborted();
    return { ...about, error: toEpackError(error) };
  } finally {
    await shared.release();
  }
}

/** With the Go tool's fields first; docs/json-output.md has all of them. */
function planJson(planned: Plan) {
  if (planned.error !== undefined) {
    return { dry_run: true, remote: planned.remote, pack: planned.packPath, error: errorFields(planned.error) };
  }
  const { remote, packPath, syncRuns, plan: { pack, target, release, runs, adapter } } = planned;
  return {
    dry_run: true,
    remote,
    pack: packPath,
    stream: pack.stream,
    size: pack.sizeBytes,
    artifacts: pack.artifactCount,
    attestations: pack.attestationCount,
    workspace: target.workspace ?? "",
    environment: target.environment ?? "",
    labels: release?.labels ?? [],
    notes: release?.notes ?? "",
    sync_runs: syncRuns,
    version: release?.version,
    build_context: release?.buildContext,
    runs: runs.map(({ runId, resultPath }) => ({ run_id: runId, result_path: resultPath })),
    verified: true,
    pack_digest: pack.packDigest,
    file_digest: pack.fileDigest,
    signatures: pack.signatures,
    adapter: foreseenJson(adapter),
  };
}

function planLines({ paint }: CommandRun, planned: Plan): string[] {
  const { remote, packPath, error } = planned;
  if (error !== undefined) {
    return [
      `${paint.red("Would not push")} ${packPath} to ${remote}`,
      ...planField("Error", error.message.replaceAll("\n", " ")),
      ...planField("Hint", error.hint),
    ];
  }
  const { pack, target, release, runs, adapter } = planned.plan;
  return [
    `Would push ${packPath} to ${remote}`,
    ...planField("Pack", `${showSize(pack.sizeBytes)}, read and verified`),
    ...planField("Digest", pack.packDigest),
    ...planField("Stream", pack.stream),
    ...planField("Artifacts", String(pack.artifactCount)),
    ...planField("Signatures", pack.signatures === "none" ? undefined : `${pack.attestationCount}, not checked`),
    ...planField("Workspace", target.workspace),
    ...planField("Environment", target.environment),
    ...planField("Version", release?.version),
    ...planField("Labels", release?.labels?.join(", ")),
    ...planField("Notes", release?.notes),
    ...Object.entries(release?.buildContext ?? {}).flatMap(([name, value]) =>
      planField("Built by", `${name} ${value}`)
    ),
    ...planField("Runs", runs.length === 0 ? undefined : `${runs.length}, if the adapter takes runs`),
    ...runs.map(({ runId }) => `               ${showText(runId)}`),
    ...foreseenLines(adapter, paint),
  ];
}
