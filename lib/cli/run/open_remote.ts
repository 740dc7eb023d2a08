import { type Config, findProject, loadConfig, type Project, resolveRemote } from "../../config/mod.ts";
import type { RemoteRequest } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { isOn, strictProduction } from "../process_env.ts";
import type { RemoteFlags } from "../remote_flags.ts";

/** The project around the working folder, and its configuration. */
export async function openProject(
  run: CommandRun,
  flags: { config?: string },
): Promise<{ project: Project; config: Config }> {
  const project = await findProject(run.context.cwd, { configPath: flags.config });
  return { project, config: await loadConfig(project.configPath) };
}

/** What a workflow with this remote needs: flags and their variables in one place. */
export async function remoteRequest(
  run: CommandRun,
  flags: RemoteFlags,
  options: { name: string },
): Promise<RemoteRequest & { config: Config }> {
  const { context } = run;
  const { env } = context;
  const { project, config } = await openProject(run, flags);
  const remote = resolveRemote(config, options.name, { environment: flags.env });
  const request = {
    project,
    config,
    remote,
    verification: {
      frozen: flags.frozen,
      allowUnpinned: flags.insecureAllowUnpinned || isOn(env.EPACK_INSECURE_ALLOW_UNPINNED),
      allowUnverified: flags.insecureAllowUnverified,
      strictProduction: strictProduction(env),
    },
    timeoutMs: flags.timeout,
    env,
    signal: run.signal,
    events: run.steps,
    now: context.now,
  };
  if (request.verification.allowUnpinned && remote.kind !== "built_in") {
    run.steps.warn(`the adapter of "${remote.name}" may run without being pinned`);
  }
  if (remote.endpoint !== undefined) {
    run.steps.warn(`the adapter of "${remote.name}" uses the custom endpoint ${remote.endpoint}`);
  }
  return request;
}
