import { EpackError } from "../errors.ts";
import { TRANSFER } from "../limits.ts";

/** Aborts when nothing moved for a while, or when the caller's signal does. There is no total time-out. */
export interface IdleTimer extends Disposable {
  readonly signal: AbortSignal;
  /** Something moved. */
  touch(): void;
}

export function idleTimer(options: { idleMs?: number; signal?: AbortSignal; what: string }): IdleTimer {
  const { idleMs = TRANSFER.idleMs } = options;
  const controller = new AbortController();
  const onAbort = () => controller.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", onAbort);
  if (options.signal?.aborted) onAbort();
  const expire = () =>
    controller.abort(
      new EpackError("timeout", `${options.what}: nothing moved for ${idleMs / 1000} s`, { origin: "network" }),
    );
  let timer = setTimeout(expire, idleMs);
  let over = false;
  return {
    signal: controller.signal,
    touch() {
      clearTimeout(timer);
      if (!over) timer = setTimeout(expire, idleMs);
    },
    [Symbol.dispose]() {
      over = true;
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
    },
  };
}
