import { Block } from "./block.ts";
import type { Clock } from "./clock.ts";
import type { Output } from "../context.ts";
import { adapterLines, warning } from "./line_reporter.ts";
import type { Palette } from "./palette.ts";
import type { Reporter } from "./reporter.ts";
import type { EndedStep, Work } from "./work.ts";
import { endedLine, workLines } from "./work_line.ts";

const REDRAW_MS = 100;

/** A terminal: one line for each work under way, drawn again ten times a second; what is over stays above them. */
export class LiveReporter implements Reporter {
  private readonly block: Block;
  private readonly works = new Set<Work>();
  private drawnAt = -Infinity;
  /** What was said while somebody was asked; undefined when nobody is. */
  private held?: string[];
  private stop?: () => void;

  constructor(
    out: Output,
    private readonly options: { clock: Clock; paint: Palette; verbose?: boolean },
  ) {
    this.block = new Block(out);
  }

  stepBegan(work: Work): void {
    this.works.add(work);
    this.stop ??= this.options.clock.every(REDRAW_MS, () => this.moved());
    this.redraw();
  }

  moved(): void {
    if (this.options.clock.nowMs() - this.drawnAt >= REDRAW_MS) this.redraw();
  }

  waiting(): void {
    this.redraw();
  }

  stepEnded(work: Work, ended: EndedStep, ok: boolean): void {
    // of several works the whole counts, not each step
    if (work.label !== undefined) return;
    this.works.delete(work);
    this.above(endedLine(ended, { ...this.options, width: this.block.width, ok }));
  }

  workEnded(work: Work, ok: boolean): void {
    this.works.delete(work);
    const { elapsedMs } = work;
    const ended = { step: work.label ?? "", elapsedMs };
    this.above(endedLine(ended, { ...this.options, width: this.block.width, ok }));
  }

  adapterLog(work: Work, adapterName: string, text: string): void {
    if (this.options.verbose) this.above(adapterLines(work, adapterName, text));
  }

  warn(work: Work, text: string): void {
    this.above(warning(work, text, this.options));
  }

  say(text: string): void {
    this.above(text);
  }

  hold(): () => void {
    this.block.draw([]);
    const held: string[] = [];
    this.held = held;
    return () => {
      this.held = undefined;
      for (const text of held) this.above(text);
      this.redraw();
    };
  }

  close(): void {
    this.works.clear();
    this.redraw();
  }

  private above(text: string): void {
    this.drawnAt = this.options.clock.nowMs();
    if (this.held === undefined) this.block.above(text, this.lines());
    else this.held.push(text);
    this.rest();
  }

  private redraw(): void {
    this.drawnAt = this.options.clock.nowMs();
    if (this.held === undefined) this.block.draw(this.lines());
    this.rest();
  }

  private lines(): string[] {
    return workLines([...this.works], { ...this.options, width: this.block.width });
  }

  /** Without anything under way there is nothing to draw again. */
  private rest(): void {
    if (this.works.size > 0) return;
    this.stop?.();
    this.stop = undefined;
  }
}
