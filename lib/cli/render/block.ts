import { onSuddenEnd } from "../../last_resort.ts";
import type { Output } from "../context.ts";
import { textWidth } from "./text_width.ts";

const ESC = "\u001b[";
const SGR = /\u001b\[[0-9;]*m/g;
/** What a terminal has that does not say. */
const USUAL_COLUMNS = 80;

/**
 * Lines at the end of a terminal that are drawn again and again, each time with one write. The cursor is never hidden, so whatever
 * ends the process leaves a usable terminal.
 */
export class Block {
  private widths: number[] = [];

  constructor(private readonly out: Output) {
    onSuddenEnd(() => {
      if (this.widths.length > 0) this.out.write("\n");
    });
  }

  /** Columns that a line may take, at this moment. Two stay free: for the `^C` that a terminal echoes behind it. */
  get width(): number {
    return Math.max(1, this.columns - 2);
  }

  /** @param lines each of at most {@link width} columns */
  draw(lines: readonly string[]): void {
    this.out.write(this.toTop() + this.drawn(lines));
  }

  /** Text of its own above the lines. */
  above(text: string, lines: readonly string[]): void {
    const erased = this.widths.length > 0 ? `${this.toTop()}${ESC}J` : "";
    this.out.write(`${erased}${text}\n${this.drawn(lines)}`);
  }

  private get columns(): number {
    return this.out.columns() || USUAL_COLUMNS;
  }

  /** A terminal that became narrower has wrapped what stands there. */
  private toTop(): string {
    if (this.widths.length === 0) return "";
    const { columns } = this;
    const rows = this.widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return rows > 1 ? `\r${ESC}${rows - 1}A` : "\r";
  }

  private drawn(lines: readonly string[]): string {
    const nothing = lines.length === 0 && this.widths.length === 0;
    this.widths = lines.map((line) => textWidth(line.replace(SGR, "")));
    return nothing ? "" : `${lines.map((line) => `${line}${ESC}K`).join("\n")}${ESC}J`;
  }
}
