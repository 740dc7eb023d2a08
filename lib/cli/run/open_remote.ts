import { type Config, findProject, loadConfig, type Project, type Remote, resolveRemote } from "../../config/mod.ts";
import type { Session } from "../../adapter/mod.ts";
import type { RemoteRequest } from "../../workflow/mod.ts";
import { confirm, inTurn, mayAsk } from "../ask.ts";
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
  const asked = mayAsk(context, flags);
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
    promptInstall: asked ? (missing: Remote) => inTurn(() => offerInstall(run, flags, missing)) : undefined,
    promptLogin: asked
      ? (session: Session) => inTurn(() => offerLogin(run, session, { name: remote.name }))
      : undefined,
  };
  if (request.verification.allowUnpinned && remote.kind !== "built_in") {
    run.steps.warn(`the adapter of "${remote.name}" may run without being pinned`);
  }
  if (remote.endpoint !== undefined) {
    run.steps.warn(`the adapter of "${remote.name}" uses the custom endpoint ${remote.endpoint}`);
  }
  return request;
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

/** Offers a login that a remote asks for in the middle of something, which goes on after it. */
async function offerLogin(run: CommandRun, session: Session, { name }: { name: string }): Promise<boolean> {
  run.steps.say(`Remote "${name}" wants to know who you are.`);
  if (!await confirm(run.context, `Log in to ${name} now?`, run)) return false;
  const { logIn, loggedInText } = await import("./remote_login.ts");
  return await run.steps.aside(async () => {
    const { identity } = await logIn(run, session, { name, again: true });
    run.steps.say(loggedInText(name, identity));
    return true;
  });
}
