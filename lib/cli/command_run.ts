import { showJson } from "../codec/mod.ts";
import { isEpackError } from "../errors.ts";
import type { Context } from "./context.ts";
import type { CommonFlags } from "./flags.ts";
import { renderError, toEpackError } from "./render/error.ts";
import { type Palette, palette } from "./render/palette.ts";
import { Steps } from "./render/steps.ts";
import { catchSignals } from "./signals.ts";

/** One run of one command: where its results go, what it says meanwhile, how it ends. */
export class CommandRun {
  readonly paint: Palette;
  readonly steps: Steps;
  /** Aborted by Ctrl-C and its kind. */
  signal: AbortSignal = new AbortController().signal;
  /** A result that is bad news (a failed verification) ends with another code than 0. */
  exitCode = 0;

  readonly flags: CommonFlags;

  constructor(readonly context: Context, flags: CommonFlags) {
    // a job's log is for people; the document that --json asked for was that of whoever started it
    this.flags = context.job === undefined ? flags : { ...flags, json: false };
    // commands have flags of other names too, which are none of the palette's business
    const { json, logFormat, noColor, quiet, verbose } = this.flags;
    this.paint = palette(context, { json, noColor });
    this.steps = new Steps(context, {
      json,
      logFormat,
      quiet,
      verbose,
      paint: palette(context, { json, noColor, stream: "stderr" }),
    });
  }

  /** Runs the work; returns the exit code. */
  async perform(work: () => Promise<void>): Promise<number> {
    using signals = catchSignals(this.context);
    this.signal = signals.signal;
    try {
      await work();
      this.steps.end();
    } catch (thrown) {
      this.steps.fail();
      // whatever unwound because of a signal ends by that signal
      const error = toEpackError(
        signals.signal.aborted && !isEpackError(thrown, "interrupted") ? signals.signal.reason : thrown,
      );
      renderError(error, { context: this.context, flags: this.flags, about: this.steps.subject });
      this.exitCode = error.exitCode;
      if (error.action?.type === "open_url") await this.offerToOpen(error.action.url);
    }
    this.steps.close(this.exitCode);
    return this.exitCode;
  }

  /** The command's result: JSON with `--json`, else lines for people. */
  result(json: unknown, lines: readonly (string | undefined)[]): void {
    this.steps.end();
    this.context.job?.result(json);
    const text = this.flags.json ? showJson(json) : lines.filter((line) => line !== undefined).join("\n");
    this.context.stdout.write(`${text}\n`);
  }

  /** What a remote suggests to open is opened on the user's word alone. No answer is one, too. */
  private async offerToOpen(url: string): Promise<void> {
    const { confirm, mayAsk } = await import("./ask.ts");
    if (!mayAsk(this.context, this.flags)) return;
    try {
      if (!await confirm(this.context, "Open it in the browser?", this)) return;
      const { openBrowser } = await import("./open_browser.ts");
      openBrowser(url, { onFailure: (why) => this.steps.warn(`it was not opened: ${why}`) });
    } catch (error) {
      if (!this.signal.aborted) this.steps.warn(`it was not opened: ${toEpackError(error).message}`);
    }
  }
}
