/** How long synchronous work may keep signals, time-outs and progress waiting. */
const HOLD_MS = 20;

/**
 * Returns a function to call between blocks of synchronous work: it lets the event loop run every 20 ms, and throws the
 * signal's reason once it is aborted.
 */
export function breather(signal?: AbortSignal): () => Promise<void> | void {
  let last = performance.now();
  return () => {
    signal?.throwIfAborted();
    if (performance.now() - last < HOLD_MS) return;
    return new Promise((resolve) =>
      setTimeout(() => {
        last = performance.now();
        resolve();
      }, 0)
    );
  };
}
