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
}

/**
 * Reads a pipe up to a bound, which holds while reading. `keep: "tail"` keeps the last `tailBytes`, and reads on to the bound.
 *
 * @param options.onOverflow called once, at the bound
 */
export function readBounded(
  pipe: ReadableStream<Uint8Array>,
  options: { maxBytes: number; tailBytes?: number; onOverflow: () => void },
): BoundedReader {
  const reader = pipe.getReader();
  const chunks: Uint8Array[] = [];
  let kept = 0;
  let total = 0;
  let overflowed = false;
  const read = async () => {
    for (;;) {
      const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
      if (done || value === undefined) break;
      total += value.length;
      chunks.push(value);
      kept += value.length;
      while (options.tailBytes !== undefined && kept - chunks[0].length >= options.tailBytes) {
        kept -= chunks.shift()?.length ?? 0;
      }
      if (total > options.maxBytes) {
        overflowed = true;
        options.onOverflow();
        break;
      }
    }
    await reader.cancel().catch(() => {});
    const all = new Uint8Array(kept);
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return { bytes: options.tailBytes === undefined ? all : all.slice(-options.tailBytes), overflowed };
  };
  return { done: read(), stop: () => void reader.cancel().catch(() => {}) };
}
