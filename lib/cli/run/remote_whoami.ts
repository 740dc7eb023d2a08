import { showText } from "../../codec/mod.ts";
import { EpackError } from "../../errors.ts";
import { type Identity, whoami } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { RemoteFlags } from "../remote_flags.ts";
import { openProject, remoteRequest } from "./open_remote.ts";

type Answer = { name: string; identity: Identity } | { name: string; error: EpackError };

export default async function (run: CommandRun, flags: RemoteFlags, only?: string): Promise<void> {
  const names = only === undefined ? Object.keys((await openProject(run, flags)).config.remotes).sort() : [only];
  const answers: Answer[] = [];
  for (const name of names) {
    try {
      answers.push({ name, identity: await whoami(await remoteRequest(run, flags, { name })) });
    } catch (error) {
      // one remote that fails does not hide the others; asked for alone, it is the command's own failure
      if (!(error instanceof EpackError) || error.code === "interrupted" || only !== undefined) throw error;
      answers.push({ name, error });
    }
  }
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
  const { authenticated, subject, issuer, expiresAt } = answer.identity;
  if (!authenticated) return `${paint.yellow("○")} ${answer.name}: not signed in`;
  const details = [subject, issuer && `by ${issuer}`, expiresAt && `until ${expiresAt}`].filter((part) =>
    part !== undefined && part !== ""
  );
  return `${paint.green("✓")} ${answer.name}: ${
    details.length === 0 ? "signed in" : details.map((part) => showText(part ?? "")).join(", ")
  }`;
}
