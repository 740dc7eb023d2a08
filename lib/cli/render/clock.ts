/** Time that only goes forward, and something that comes back. Tests have one of their own. */
export interface Clock {
  /** Milliseconds since some moment. */
  nowMs(): number;
  /** Calls again and again; the returned function ends that. It keeps no process alive. */
  every(ms: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  every(ms, call) {
    const timer = setInterval(call, ms);
    Deno.unrefTimer(timer);
    return () => clearInterval(timer);
  },
};
