import { resolve } from "node:path";
import { showText } from "../../codec/mod.ts";
import type { EpackError } from "../../errors.ts";
import { openRegular } from "../../files/mod.ts";
import { PUSH } from "../../limits.ts";
import { together } from "../../together.ts";
import { push, type PushResult, type RemoteRequest, SharedPack } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { toEpackError } from "../render/error.ts";
import { errorFields } from "../render/error_fields.ts";
import { textWidth } from "../render/text_width.ts";
import type { Times } from "../render/times.ts";
import { remoteRequest } from "./open_remote.ts";
import { type PushFlags, pushRequest, type PushTargets } from "./push.ts";
import { pushedJson } from "./push_result.ts";

type Outcome =
  & { remote: string; pack: string; times: Times }
  & ({ result: PushResult; error?: undefined } | { error: EpackError });

/**
 * Pushes every pack to every remote, some at a time. One that fails stops no other; the exit code is that of the first failure in
 * the order in which they were named.
 *
 * @throws EpackError `remote_unknown`, `config_invalid`, `file_not_found`, `file_refused`, …: what was named wrongly, before anything is sent
 */
export async function pushSeveral(run: CommandRun, flags: PushFlags, { remotes, packs }: PushTargets): Promise<void> {
  const requests: RemoteRequest[] = [];
  const inTurn = askInTurn();
  for (const name of remotes) {
    const request = await remoteRequest(run, flags, { name });
    // several packs may miss the same adapter or login: one answer is enough
    requests.push({
      ...request,
      promptInstall: inTurn(request.promptInstall),
      promptLogin: inTurn(request.promptLogin),
    });
  }
  for (const pack of packs) (await openRegular(resolve(run.context.cwd, pack), { what: "pack" }))[Symbol.dispose]();
  const pushes = packs.flatMap((pack) => {
    const shared = new SharedPack(resolve(run.context.cwd, pack), requests.length, run);
    return requests.map((request) => ({ ...request, pack, shared }));
  });
  const outcomes = await together(
    run.signal,
    pushes.map((request) => () => pushOne(run, flags, request)),
    { atOnce: PUSH.atOnce },
  );
  const failures = outcomes.flatMap(({ error }) => error ?? []);
  run.exitCode = failures[0]?.exitCode ?? 0;
  const json = {
    pushed: outcomes.length - failures.length,
    failed: failures.length,
    results: outcomes.map(outcomeJson),
    elapsed_ms: Math.round(run.steps.times.elapsedMs),
  };
  run.result(json, summary(run, outcomes));
  // one document says it all; people are told why it ended
  if (!flags.json) run.signal.throwIfAborted();
}

/** Never throws: what went wrong is its outcome. */
async function pushOne(
  run: CommandRun,
  flags: PushFlags,
  request: RemoteRequest & { pack: string; shared: SharedPack },
): Promise<Outcome> {
  const about = { remote: request.remote.name, pack: request.pack };
  const track = run.steps.track(about);
  try {
    run.signal.throwIfAborted();
    const { shared } = request;
    const result = await push({ ...pushRequest(run, flags, { ...request, events: track }), shared });
    track.end();
    return { ...about, result, times: track.times };
  } catch (thrown) {
    const error = toEpackError(run.signal.aborted ? run.signal.reason : thrown);
    track.fail(error);
    return { ...about, error, times: track.times };
  } finally {
    await request.shared.release();
  }
}

/**
 * Makes questions of works that run side by side come one after the other, each with what follows from its answer. The first answer
 * to a question counts for all who ask it.
 */
function askInTurn() {
  let turn: Promise<unknown> = Promise.resolve();
  return <Of, Answer>(ask: ((of: Of) => Promise<Answer>) | undefined) => {
    let answer: Promise<Answer> | undefined;
    return ask && ((of: Of) => {
      answer ??= turn.then(() => ask(of));
      turn = answer.catch(() => {});
      return answer;
    });
  };
}

function outcomeJson(outcome: Outcome) {
  if (outcome.error === undefined) return pushedJson(outcome.result, outcome);
  const { remote, pack, error } = outcome;
  return { pushed: false, remote, pack, error: errorFields(error) };
}

function summary({ paint }: CommandRun, outcomes: readonly Outcome[]): string[] {
  const labels = outcomes.map(({ pack, remote }) => showText(`${pack} → ${remote}`));
  const widest = Math.max(...labels.map(textWidth));
  const failed = outcomes.filter(({ error }) => error !== undefined).length;
  const head = `Pushed ${outcomes.length - failed} of ${outcomes.length}`;
  return [
    failed === 0 ? paint.green(head) : paint.red(head),
    ...outcomes.flatMap((outcome, at) => {
      const label = labels[at] + " ".repeat(widest - textWidth(labels[at]));
      if (outcome.error === undefined) return [`  ${paint.green("✓")} ${label}  ${releaseText(outcome.result)}`];
      const { message, hint } = outcome.error;
      const inOneLine = (text: string) => showText(text.replaceAll("\n", " "));
      return [
        `  ${paint.red("✗")} ${label}  ${inOneLine(message)}`,
        ...(hint === undefined ? [] : [`    ${paint.yellow("hint:")} ${inOneLine(hint)}`]),
      ];
    }),
  ];
}

function releaseText({ release: { releaseId, version } }: PushResult): string {
  return showText(version === undefined ? releaseId : `${releaseId} (${version})`);
}
