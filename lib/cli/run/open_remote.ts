import { type Config, findProject, loadConfig, type Project, type Remote, resolveRemote } from "../../config/mod.ts";
import type { RemoteRequest } from "../../workflow/mod.ts";
import { confirm } from "../ask.ts";
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
    promptInstall: isAsked(run, flags) ? (missing: Remote) => offerInstall(run, flags, missing) : undefined,
  };
  if (request.verification.allowUnpinned && remote.kind !== "built_in") {
    run.steps.warn(`the adapter of "${remote.name}" may run without being pinned`);
  }
  if (remote.endpoint !== undefined) {
    run.steps.warn(`the adapter of "${remote.name}" uses the custom endpoint ${remote.endpoint}`);
  }
  return request;
}

/** Somebody is there to be asked, and installing is not against the flags. */
function isAsked({ context }: CommandRun, flags: RemoteFlags): boolean {
  return context.interactive && context.stderr.isTerminal && !flags.frozen && !flags.json && !flags.quiet;
}

/** Offers to lock and install a missing adapter in the middle of something; what that needs is loaded only then. */
async function offerInstall(run: CommandRun, flags: RemoteFlags, remote: Remote): Promise<boolean> {
  run.steps.say(`The adapter of remote "${remote.name}" (${remote.source}) is not installed.`);
  if (!await confirm(run.context, "Install it now?", run)) return false;
  const { installRemotes } = await import("./install.ts");
  const { lines } = await installRemotes(run, { config: flags.config }, [remote.name]);
  for (const line of lines) run.steps.say(line);
  return true;
}
