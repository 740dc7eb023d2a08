import { describeRef, planPull, type PullRequest } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { foreseenJson, foreseenLines, planField } from "../render/foreseen.ts";

/** Says what a pull would do; it sends nothing, writes nothing and starts no adapter. */
export async function pullDryRun(run: CommandRun, request: PullRequest): Promise<void> {
  const { ref, remote, output, force, verify } = request;
  const { target, outputPath, replaces, adapter } = await planPull(request);
  const json = {
    dry_run: true,
    remote: remote.name,
    ref: describeRef(ref),
    output: output ?? "",
    workspace: target.workspace ?? "",
    environment: target.environment ?? "",
    force,
    verify,
    stream: target.stream ?? "",
    output_path: outputPath ?? null,
    replaces,
    resume: request.resume,
    adapter: foreseenJson(adapter),
  };
  run.result(json, [
    `Would pull ${describeRef(ref)} from ${remote.name}`,
    ...planField("Stream", target.stream),
    ...planField("Workspace", target.workspace),
    ...planField("Environment", target.environment),
    ...planField("Output", outputPath ?? "a name made of the stream, which the remote says"),
    ...planField(
      "It is",
      outputPath === undefined ? undefined : replaces ? "there, and would be replaced" : "not there yet",
    ),
    ...planField("Checks", verify ? "digests, and every artifact" : "digests alone (--verify=false)"),
    ...foreseenLines(adapter, run.paint),
    "Nothing was asked or written, and no adapter was started.",
  ]);
}
