import type { TransferOptions } from "./transfer_types.ts";

/** Counts what one transfer really sends: a try that begins anew, at 0, sends its bytes once more. */
export function countSent<Options extends Pick<TransferOptions, "onProgress">>(
  options: Options,
): { options: Options; bytes: () => number } {
  let before = 0;
  let sum = 0;
  const onProgress = (done: number, total: number | undefined) => {
    sum += done >= before ? done - before : done;
    before = done;
    options.onProgress?.(done, total);
  };
  return { options: { ...options, onProgress }, bytes: () => sum };
}
