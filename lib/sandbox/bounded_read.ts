/** What came through a pipe, and whether there was more than the bound. */
export interface BoundedBytes {
  bytes: Uint8Array<ArrayBuffer>;
  overflowed: boolean;
}

export interface BoundedReader {
  /** Settles at the end of the pipe, at the bound, or when `stop` is called. */
  done: Promise<BoundedBytes>;
  /** Stops waiting: for pipes that a grandchild holds open. */
  stop(): void;
  /** What is kept by now. */
  soFar(): Uint8Array<ArrayBuffer>;
}

const BLOCK_BYTES = 64 * 1024;

/**
 * Reads a pipe up to a bound, which holds while reading. With `tailBytes` it keeps whole lines of the last so many bytes, and
 * reads on to the bound.
 *
 * @param options.onOverflow called once, at the bound
 * @param options.onPiece lent each piece as it comes
 */
export function readBounded(
  pipe: ReadableStream<Uint8Array<ArrayBuffer>>,
  options: { maxBytes: number; tailBytes?: number; onOverflow: () => void; onPiece?: (piece: Uint8Array) => void },
): BoundedReader {
  // one block that is lent to every read: a chunk of a single byte would otherwise keep a whole block alive
  const reader = pipe.getReader({ mode: "byob" });
  const kept = options.tailBytes === undefined ? new Whole(options.maxBytes) : new Tail(options.tailBytes);
  let total = 0;
  let overflowed = false;
  const read = async () => {
    for (let block = new ArrayBuffer(BLOCK_BYTES);;) {
      const { value, done } = await reader.read(new Uint8Array(block)).catch(() => ({ value: undefined, done: true }));
      if (done || value === undefined) break;
      total += value.length;
      kept.add(value);
      options.onPiece?.(value);
      block = value.buffer;
      if (total > options.maxBytes) {
        overflowed = true;
        options.onOverflow();
        break;
      }
    }
    await reader.cancel().catch(() => {});
    return { bytes: kept.bytes(), overflowed };
  };
  return { done: read(), stop: () => void reader.cancel().catch(() => {}), soFar: () => kept.bytes() };
}

/** All that came, in one buffer: memory that is not written to yet costs nothing. */
class Whole {
  private readonly buffer: Uint8Array<ArrayBuffer>;
  private used = 0;

  constructor(maxBytes: number) {
    this.buffer = new Uint8Array(maxBytes + BLOCK_BYTES);
  }

  add(chunk: Uint8Array): void {
    this.buffer.set(chunk, this.used);
    this.used += chunk.length;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.buffer.subarray(0, this.used);
  }
}

/**
 * The last bytes. Where something was left out they begin after the first end of a line: half a line may be the second half of a
 * secret, which nobody could tell any more.
 */
class Tail {
  private readonly buffer: Uint8Array<ArrayBuffer>;
  private used = 0;
  private cut = false;

  constructor(private readonly maxBytes: number) {
    this.buffer = new Uint8Array(maxBytes + BLOCK_BYTES);
  }

  add(chunk: Uint8Array): void {
    if (this.used + chunk.length > this.buffer.length) this.shorten();
    this.buffer.set(chunk, this.used);
    this.used += chunk.length;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    if (this.used > this.maxBytes) this.shorten();
    const bytes = this.buffer.subarray(0, this.used);
    if (!this.cut) return bytes;
    const end = bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d);
    return end === -1 ? bytes.subarray(0, 0) : bytes.subarray(end + 1);
  }

  private shorten(): void {
    this.buffer.copyWithin(0, this.used - this.maxBytes, this.used);
    this.used = this.maxBytes;
    this.cut = true;
  }
}
