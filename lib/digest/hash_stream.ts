import type { Digest } from "./digest.ts";
import { createHasher } from "./hasher.ts";

/** What passed through, known once the stream has ended. */
export interface StreamDigest {
  digest: Digest;
  sizeBytes: number;
}

/**
 * A Web Stream that lets bytes through unchanged and knows their digest at the end.
 *
 * @example
 * ```ts
 * import { HashStream } from "./hash_stream.ts";
 * const hashing = new HashStream();
 * await new Response("abc").body?.pipeThrough(hashing).pipeTo(new WritableStream());
 * const { digest } = await hashing.result; // sha256:ba7816bf…
 * ```
 */
export class HashStream extends TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  /** Settles when the last byte has passed; stays pending when the stream is cut. */
  readonly result: Promise<StreamDigest>;

  constructor() {
    const hasher = createHasher();
    const { promise, resolve } = Promise.withResolvers<StreamDigest>();
    let sizeBytes = 0;
    super({
      transform(chunk, controller) {
        hasher.update(chunk);
        sizeBytes += chunk.byteLength;
        controller.enqueue(chunk);
      },
      flush: () => resolve({ digest: hasher.digest(), sizeBytes }),
    });
    this.result = promise;
  }
}
