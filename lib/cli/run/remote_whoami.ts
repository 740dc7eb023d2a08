import { showText } from "../../codec/mod.ts";
import { type EpackError, isEpackError } from "../../errors.ts";
import { ADAPTER } from "../../limits.ts";
import { together } from "../../together.ts";
import { type Identity, whoami } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { RemoteFlags } from "../remote_flags.ts";
import { identityText } from "../render/identity.ts";
import { openProject, remoteRequest } from "./open_remote.ts";

type Answer = { name: string; identity: Identity } | { name: string; error: EpackError };

export default async function (run: CommandRun, flags: RemoteFlags, only?: string): Promise<void> {
  const names = only === undefined ? Object.keys((await openProject(run, flags)).config.remotes).sort() : [only];
  const ask = async (name: string, signal: AbortSignal): Promise<Answer> => {
    try {
      const request = await remoteRequest(run, flags, { name });
      // of several nobody could tell which one asks
      const prompts = only === undefined ? { promptInstall: undefined, promptLogin: undefined } : {};
      return { name, identity: await whoami({ ...request, ...prompts, signal }) };
    } catch (error) {
      // one remote that fails does not hide the others; asked for alone, it is the command's own failure
      if (!isEpackError(error) || error.code === "interrupted" || only !== undefined) throw error;
      return { name, error };
    }
  };
  const answers = await together(
    run.signal,
    names.map((name) => (signal: AbortSignal) => ask(name, signal)),
    { atOnce: ADAPTER.remotesAtOnce },
  );
  const failed = answers.filter((answer) => "error" in answer && answer.error.code !== "unsupported");
  if (failed.length > 0 && "error" in failed[0]) run.exitCode = failed[0].error.exitCode;
  run.result(
    { identities: answers.map(jsonOf) },
    answers.length === 0 ? ["No remotes are configured."] : answers.map((answer) => lineOf(run, answer)),
  );
}

function jsonOf(answer: Answer) {
  if ("error" in answer) {
    return {
      remote: answer.name,
      authenticated: false,
      error: answer.error.message,
      supported: answer.error.code !== "unsupported",
    };
  }
  const { authenticated, subject, issuer, expiresAt } = answer.identity;
  return { remote: answer.name, authenticated, subject, issuer, expires_at: expiresAt, supported: true };
}

function lineOf({ paint }: CommandRun, answer: Answer): string {
  if ("error" in answer) return `${paint.red("✗")} ${answer.name}: ${showText(answer.error.message)}`;
  const { authenticated, canLogIn } = answer.identity;
  if (authenticated) return `${paint.green("✓")} ${answer.name}: ${identityText(answer.identity)}`;
  return `${paint.yellow("○")} ${answer.name}: not signed in${
    canLogIn ? `; log in with: epack remote login ${answer.name}` : ""
  }`;
}
