import type { Events } from "../../workflow/mod.ts";
import type { EpackError } from "../../errors.ts";
import type { Context } from "../context.ts";
import { inCi } from "../process_env.ts";
import type { CommonFlags } from "../flags.ts";
import { type Clock, systemClock } from "./clock.ts";
import { JsonReporter } from "./json_reporter.ts";
import { LineReporter } from "./line_reporter.ts";
import { LiveReporter } from "./live_reporter.ts";
import type { Palette } from "./palette.ts";
import type { Reporter } from "./reporter.ts";
import { type About, type EndedStep, Work } from "./work.ts";

type StepsContext = Pick<Context, "env" | "stderr" | "now">;

/** A work's events on their way to who watches. */
export class Track implements Events {
  constructor(protected readonly work: Work, protected readonly reporter: Reporter) {}

  /** @param options.endsInMs the step takes no longer than this. Default: that is not known. */
  step(name: string, options: { endsInMs?: number } = {}): void {
    this.endStep(true);
    this.work.begin(name, options);
    this.reporter.stepBegan(this.work);
  }

  /** Steps in the middle of the current one, which goes on after them. */
  async aside<Value>(run: () => Promise<Value>): Promise<Value> {
    const takeUp = this.work.putAside();
    const value = await run();
    this.endStep(true);
    takeUp();
    if (this.work.step !== undefined) this.reporter.stepBegan(this.work);
    return value;
  }

  progress(doneBytes: number, totalBytes: number | undefined): void {
    this.work.reached(doneBytes, totalBytes);
    this.reporter.moved(this.work);
  }

  waiting(what: string, waitMs: number): void {
    this.work.wait(what, waitMs);
    this.reporter.waiting(this.work, what, waitMs);
  }

  adapterLog(adapterName: string, text: string): void {
    this.reporter.adapterLog(this.work, adapterName, text);
  }

  warn(text: string): void {
    this.reporter.warn(this.work, text);
  }

  /** The work is done. */
  end(): void {
    this.endStep(true);
    this.over(true);
  }

  /** The current step failed. The error is the reason of one of several works; that of a command is said by others. */
  fail(error?: EpackError): void {
    this.endStep(false);
    this.over(false, error);
  }

  /** How long it took until now, and each of its steps that are over. */
  get times(): { elapsedMs: number; steps: readonly EndedStep[] } {
    return { elapsedMs: this.work.elapsedMs, steps: this.work.steps };
  }

  protected over(ok: boolean, error?: EpackError): void {
    this.reporter.workEnded(this.work, ok, error);
  }

  private endStep(ok: boolean): void {
    const ended = this.work.endStep();
    if (ended !== undefined) this.reporter.stepEnded(this.work, ended, ok);
  }
}

/** What a command says while it works, on stderr: a live line on a terminal, plain lines or JSON elsewhere, nothing with -q. */
export class Steps extends Track {
  private readonly clock: Clock;

  constructor(context: StepsContext, private readonly options: CommonFlags & { paint: Palette; clock?: Clock }) {
    const clock = options.clock ?? systemClock;
    super(new Work(clock), reporterFor(context, { ...options, clock }));
    this.clock = clock;
  }

  /** Colours for stderr. */
  get paint(): Palette {
    return this.options.paint;
  }

  /** What the command is about, for whoever reads its events. */
  about(about: About): void {
    this.work.about = about;
  }

  get subject(): About {
    return this.work.about;
  }

  /** One of several works at once. */
  track(about: About): Track {
    return new Track(new Work(this.clock, about, { named: true }), this.reporter);
  }

  /** Something worth saying with -v. */
  detail(text: string): void {
    if (this.options.verbose && !this.options.quiet) this.say(text);
  }

  /** A line of its own, above whatever is under way. */
  say(text: string): void {
    this.reporter.say(text);
  }

  /** Nothing is drawn while somebody is asked. */
  hold(): Disposable {
    return { [Symbol.dispose]: this.reporter.hold() };
  }

  /** The command is over, its result and its error are said. */
  close(exitCode: number): void {
    this.reporter.close({ exitCode, elapsedMs: this.work.elapsedMs });
  }

  /** The command's steps end without a word on the whole: its result says it. */
  protected override over(): void {}
}

/** Who shows it: JSON when asked for; nobody with -q; a live display on a terminal that can; else lines. */
function reporterFor(
  context: StepsContext,
  options: CommonFlags & { paint: Palette; clock: Clock },
): Reporter {
  const { env, stderr, now } = context;
  const { quiet, json, logFormat } = options;
  if (quiet) return new QuietReporter(stderr, { ...options, steps: false });
  if (logFormat === "json") return new JsonReporter(stderr, { ...options, now });
  const live = stderr.isTerminal && !json && env.TERM !== "dumb" && !inCi(env);
  return live
    ? new LiveReporter(stderr, options)
    : new LineReporter(stderr, { ...options, steps: !json || logFormat !== undefined });
}

/** Says what must be said before a question, and nothing else. */
class QuietReporter extends LineReporter {
  override warn(): void {}
  override adapterLog(): void {}
}
