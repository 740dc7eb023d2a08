import { resolveRemote } from "../../config/mod.ts";
import { isEpackError } from "../../errors.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";
import { openProject } from "./open_remote.ts";

export interface RemoteListFlags extends CommonFlags {
  config?: string;
}

export default async function (run: CommandRun, flags: RemoteListFlags): Promise<void> {
  const { config } = await openProject(run, flags);
  const remotes = Object.keys(config.remotes).sort().map((name) => {
    const { source, binary, target, insecure_endpoint: insecureEndpoint, adapter } = config.remotes[name];
    const shared = {
      name,
      source,
      binary,
      workspace: target?.workspace,
      environment: target?.environment,
      insecure_endpoint: insecureEndpoint,
    };
    try {
      const remote = resolveRemote(config, name);
      return { ...shared, adapter: remote.adapterName, kind: remote.kind };
    } catch (error) {
      // one remote that cannot be used here does not hide the others
      if (!isEpackError(error)) throw error;
      return { ...shared, adapter: adapter ?? "", error: error.message };
    }
  });
  if (remotes.length === 0) {
    return run.result({ remotes }, [
      "No remotes are configured.",
      "Add one below remotes: in epack.yaml; epack init writes an example.",
    ]);
  }
  run.result(
    { remotes },
    remotes.flatMap((remote) => [
      run.paint.bold(remote.name),
      `  Adapter:   ${remote.adapter}${"kind" in remote ? ` (${remote.kind.replace("_", " ")})` : ""}`,
      remote.source === undefined ? undefined : `  Source:    ${remote.source}`,
      remote.binary === undefined ? undefined : `  Binary:    ${remote.binary}`,
      remote.workspace === undefined ? undefined : `  Workspace: ${remote.workspace}`,
      remote.environment === undefined ? undefined : `  Environment: ${remote.environment}`,
      remote.insecure_endpoint === undefined
        ? undefined
        : `  Endpoint:  ${remote.insecure_endpoint} (insecure override)`,
      "error" in remote ? `  ${run.paint.red("Cannot be used:")} ${remote.error}` : undefined,
    ]),
  );
}
