import { EpackError } from "../errors.ts";
import { TRANSFER } from "../limits.ts";

export interface ReaderOptions {
  /** Whose answer it is, for messages. */
  shown: string;
  /** Something arrived. */
  onMoved?: () => void;
}

/** Reads a connection by lines, where a message is framed, and by blocks of the caller's, which are filled without a copy. */
export class ConnectionReader {
  private readonly buffer = new Uint8Array(16 * 1024);
  private start = 0;
  private end = 0;

  constructor(private readonly connection: Deno.Conn, private readonly options: ReaderOptions) {}

  /** Bytes that came already and were not asked for. */
  get waiting(): number {
    return this.end - this.start;
  }

  /**
   * The next line, in Latin-1, without its CR LF.
   *
   * @param maxBytes at most the bound of a head
   * @throws EpackError `transfer_failed` for a line that is longer or not ended by CR LF, `network` at the end of the connection
   */
  async line(maxBytes: number = TRANSFER.headBytes): Promise<string> {
    let line = "";
    for (;;) {
      const feed = this.buffer.subarray(this.start, this.end).indexOf(10);
      const upTo = feed < 0 ? this.end : this.start + feed + 1;
      for (; this.start < upTo; this.start++) line += String.fromCharCode(this.buffer[this.start]);
      if (line.length > maxBytes) throw this.malformed("its head is too long");
      if (feed >= 0) {
        if (!line.endsWith("\r\n")) throw this.malformed("a line of its head does not end in CR LF");
        return line.slice(0, -2);
      }
      const count = await this.fromConnection(this.buffer);
      if (count === null) throw this.cut();
      this.start = 0;
      this.end = count;
    }
  }

  /** Fills a part of `into`; null at the end of the connection. */
  async read(into: Uint8Array): Promise<number | null> {
    if (this.waiting === 0) return await this.fromConnection(into);
    const count = Math.min(this.waiting, into.length);
    into.set(this.buffer.subarray(this.start, this.start + count));
    this.start += count;
    return count;
  }

  malformed(why: string): EpackError {
    return new EpackError("transfer_failed", `${this.options.shown} does not answer by the rules of HTTP: ${why}`, {
      origin: "remote",
    });
  }

  cut(): EpackError {
    return new EpackError("network", `${this.options.shown} closed the connection before its answer was complete`, {
      origin: "network",
    });
  }

  private async fromConnection(into: Uint8Array): Promise<number | null> {
    const count = await this.connection.read(into);
    if (count !== null) this.options.onMoved?.();
    return count;
  }
}
