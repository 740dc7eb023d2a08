import type { Session } from "../../adapter/mod.ts";
import { login, type LoginInstructions, type LoginResult, openSession } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { openBrowser } from "../open_browser.ts";
import type { RemoteFlags } from "../remote_flags.ts";
import { showDuration } from "../render/duration.ts";
import { identityText } from "../render/identity.ts";
import { remoteRequest } from "./open_remote.ts";

export interface RemoteLoginFlags extends RemoteFlags {
  open?: boolean;
  again?: boolean;
}

export default async function (run: CommandRun, flags: RemoteLoginFlags, name: string): Promise<void> {
  // the user's time is not the adapter's
  const request = await remoteRequest(run, { ...flags, timeout: undefined }, { name });
  run.steps.step("Asking the adapter");
  await using session = await openSession(request);
  const { open, again, timeout: timeoutMs } = flags;
  const { already, identity } = await logIn(run, session, { name, open, again, timeoutMs });
  const json = {
    remote: name,
    logged_in: true,
    already,
    subject: identity?.subject,
    issuer: identity?.issuer,
    expires_at: identity?.expiresAt,
  };
  run.result(json, [
    already ? `Already logged in to ${name}: ${identityText(identity)}` : loggedInText(name, identity),
    already ? `Log in anew with: epack remote login ${name} --again` : undefined,
  ]);
}

/** Logs in, with the code and the address shown on stderr whatever else is. @throws as `login` */
export async function logIn(
  run: CommandRun,
  session: Session,
  options: { name: string; open?: boolean; again?: boolean; timeoutMs?: number },
): Promise<LoginResult> {
  return await login(session, {
    ...options,
    now: run.context.now,
    signal: run.signal,
    show: (what) => show(run, what, options),
  });
}

export const loggedInText = (name: string, identity: LoginResult["identity"]): string =>
  `Logged in to ${name}: ${identityText(identity)}`;

function show(run: CommandRun, what: LoginInstructions, { name, open }: { name: string; open?: boolean }): void {
  const { steps } = run;
  const { bold } = steps.paint;
  steps.end();
  steps.say([
    `To log in to ${name}`,
    `  open      ${bold(what.url ?? what.address)}`,
    `  and enter ${bold(what.userCode)}`,
    `The code is good for ${showDuration(what.validMs, { whole: true })}.`,
  ].join("\n"));
  if (what.url === undefined) {
    steps.warn("this is no https address: do not enter anything there that others may not see");
  } else if (open) openBrowser(what.url, { onFailure: (why) => steps.warn(`the address was not opened: ${why}`) });
  steps.step("Waiting for the login", { endsInMs: what.validMs });
}
