import { textWidth } from "../../lib/cli/render/text_width.ts";

/**
 * What a terminal shows at the end of what was written to it: text, `\r`, `\n`, and the sequences that move up, erase and paint.
 * Text wraps at the width, and that it did is remembered. Any other sequence throws.
 */
export class Screen {
  /** Columns of the widest line that was drawn, wrapped ones included. */
  widest = 0;
  /** Rows from which the cursor has gone on because text was too long. */
  wraps = 0;
  private rows: string[][] = [[]];
  private row = 0;
  private column = 0;

  constructor(readonly columns: number) {}

  write(text: string): this {
    for (const [part] of text.matchAll(/\u001b\[[?0-9;]*[A-Za-z]|[^]/gu)) {
      if (part.startsWith("\u001b")) this.control(part);
      else if (part === "\r") this.column = 0;
      else if (part === "\n") this.down();
      else this.put(part);
    }
    return this;
  }

  /** Without blanks at the ends of lines, and without empty lines at the end. */
  get text(): string {
    return `${
      this.rows.map((row) => Array.from(row, (sign) => sign ?? " ").join("").trimEnd()).join("\n").trimEnd()
    }\n`;
  }

  /** Where the next text would stand. */
  get cursor(): { row: number; column: number } {
    return { row: this.row, column: this.column };
  }

  private put(sign: string): void {
    const width = textWidth(sign);
    if (this.column + width > this.columns) {
      this.wraps++;
      this.down();
    }
    this.rows[this.row][this.column] = sign;
    // the second half of a wide sign
    if (width === 2) this.rows[this.row][this.column + 1] = "";
    this.column += width;
    this.widest = Math.max(this.widest, this.column);
  }

  /** As behind a pty, which sends `\r` before it: to the start of the next row. */
  private down(): void {
    this.row++;
    this.column = 0;
    this.rows[this.row] ??= [];
  }

  private control(sequence: string): void {
    const [, count, kind] = sequence.match(/^\u001b\[(\d*)([AJKm])$/) ?? sequence.match(/^\u001b\[([\d;]*)(m)$/) ?? [];
    if (kind === "A") this.row = Math.max(0, this.row - Number(count || "1"));
    else if (kind === "K") this.rows[this.row].length = Math.min(this.rows[this.row].length, this.column);
    else if (kind === "J") {
      this.rows.length = this.row + 1;
      this.rows[this.row].length = Math.min(this.rows[this.row].length, this.column);
    } else if (kind !== "m") throw new Error(`the screen does not know ${JSON.stringify(sequence)}`);
  }
}
