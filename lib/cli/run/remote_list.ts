import { type RemoteStatus, remoteStatuses } from "../../adapter/remote_status.ts";
import { type Config, type Remote, resolveRemote } from "../../config/mod.ts";
import { isEpackError } from "../../errors.ts";
import { readLock } from "../../lockfile/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";
import { labelled, line, showStatus } from "../render/adapter_status.ts";
import { openProject } from "./open_remote.ts";

export interface RemoteListFlags extends CommonFlags {
  config?: string;
}

interface ListedRemote extends Partial<RemoteStatus> {
  name: string;
  adapter: string;
  source?: string;
  binary?: string;
  workspace?: string;
  environment?: string;
  insecure_endpoint?: string;
  /** Why the remote itself cannot be used. */
  error?: string;
}

export default async function (run: CommandRun, flags: RemoteListFlags): Promise<void> {
  const { project, config } = await openProject(run, flags);
  const { signal } = run;
  const statusOf = remoteStatuses(project, { lock: await readLock(project.lockPath), signal });
  const remotes: ListedRemote[] = [];
  for (const name of Object.keys(config.remotes).sort()) remotes.push(await listed(name, { config, statusOf, signal }));
  if (remotes.length === 0) {
    return run.result({ remotes }, [
      "No remotes are configured.",
      "Add one below remotes: in epack.yaml; epack init writes an example.",
    ]);
  }
  run.result({ remotes }, remotes.flatMap((remote) => linesOf(run, remote)));
}

interface Known {
  config: Config;
  statusOf: (remote: Remote) => Promise<RemoteStatus>;
  signal: AbortSignal;
}

async function listed(name: string, { config, statusOf, signal }: Known): Promise<ListedRemote> {
  const { source, binary, target, insecure_endpoint, adapter = "" } = config.remotes[name];
  const { workspace, environment } = target ?? {};
  const shared = { name, source, binary, workspace, environment, insecure_endpoint };
  try {
    const remote = resolveRemote(config, name);
    return { ...shared, adapter: remote.adapterName, ...await statusOf(remote) };
  } catch (error) {
    // one remote that cannot be used here does not hide the others
    signal.throwIfAborted();
    if (!isEpackError(error)) throw error;
    return { ...shared, adapter, error: error.message };
  }
}

function linesOf({ paint }: CommandRun, remote: ListedRemote): string[] {
  const { kind, status, insecure_endpoint: endpoint } = remote;
  return [
    paint.bold(remote.name),
    ...labelled("Adapter", `${remote.adapter}${kind === undefined ? "" : ` (${kind.replace("_", " ")})`}`),
    ...(status === undefined ? [] : [line("Status", showStatus(status, paint))]),
    ...labelled("Version", remote.version),
    ...labelled("Source", remote.source),
    ...labelled("Binary", remote.path ?? remote.binary),
    ...labelled("Runs as", remote.confinement),
    ...labelled("Workspace", remote.workspace),
    ...labelled("Environment", remote.environment),
    ...labelled("Endpoint", endpoint && `${endpoint} (insecure override)`),
    ...labelled("Problem", remote.problem, paint.red),
    ...labelled("Cannot be used", remote.error, paint.red),
  ];
}
