import type { Events } from "../../workflow/mod.ts";
import type { Output } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import type { Palette } from "./palette.ts";
import { showSize } from "./size.ts";

/** Redraws a second. */
const HERTZ = 10;

/** What a run says while it works, on stderr: a live line on a terminal, plain lines elsewhere, nothing with -q. */
export class Steps implements Events {
  private current?: string;
  private drawnAt = 0;
  private drawn = false;
  private readonly live: boolean;
  private readonly silent: boolean;

  constructor(private readonly out: Output, private readonly options: CommonFlags & { paint: Palette }) {
    this.silent = options.quiet === true;
    this.live = out.isTerminal && !options.json && !this.silent;
  }

  step(name: string): void {
    this.end();
    this.current = name;
    if (this.live) this.draw(`${name} …`);
    else if (!this.silent && !this.options.json) this.out.write(`${name}\n`);
  }

  progress(doneBytes: number, totalBytes: number | undefined): void {
    if (!this.live || performance.now() - this.drawnAt < 1000 / HERTZ) return;
    const { paint } = this.options;
    if (!totalBytes) return this.draw(`${this.current} ${showSize(doneBytes)}`);
    // some terminals say that they have no columns
    const width = Math.max(0, Math.min(30, (this.out.columns() || 80) - (this.current?.length ?? 0) - 30));
    const filled = Math.round(width * Math.min(1, doneBytes / totalBytes));
    const bar = width < 5 ? "" : `${paint.green("━".repeat(filled))}${paint.dim("━".repeat(width - filled))} `;
    this.draw(`${this.current} ${bar}${showSize(doneBytes)} of ${showSize(totalBytes)}`);
  }

  adapterLog(adapterName: string, text: string): void {
    if (this.silent || !(this.options.verbose || this.live)) return;
    if (!this.options.verbose) return;
    this.say(text.split("\n").map((line) => `${adapterName}: ${line}`).join("\n"));
  }

  waiting(what: string, waitMs: number): void {
    if (this.silent || this.options.json) return;
    const pause = waitMs < 1000 ? "at once" : `in ${Math.round(waitMs / 1000)} s`;
    this.say(`${what}; trying again ${pause}`);
  }

  warn(text: string): void {
    if (!this.silent) this.say(`${this.options.paint.yellow("warning:")} ${text}`);
  }

  /** Something worth saying with -v. */
  detail(text: string): void {
    if (this.options.verbose && !this.silent) this.say(text);
  }

  /** The current step is done. */
  end(): void {
    if (this.live && this.current !== undefined) {
      this.clear();
      this.out.write(`${this.options.paint.green("✓")} ${this.current}\n`);
    }
    this.current = undefined;
  }

  /** The current step failed; the error is said by others. */
  fail(): void {
    if (this.live && this.current !== undefined) {
      this.clear();
      this.out.write(`${this.options.paint.red("✗")} ${this.current}\n`);
    }
    this.current = undefined;
  }

  /** A line of its own, above whatever is under way. */
  say(text: string): void {
    this.clear();
    this.out.write(`${text}\n`);
  }

  private draw(text: string): void {
    this.drawnAt = performance.now();
    this.out.write(`\r\u001b[K${text}`);
    this.drawn = true;
  }

  private clear(): void {
    if (this.drawn) this.out.write("\r\u001b[K");
    this.drawn = false;
  }
}
