import type { EndedStep } from "./work.ts";

/** How long something took, and each of its steps. */
export interface Times {
  elapsedMs: number;
  steps: readonly EndedStep[];
}

/** Times as results have them, in milliseconds. The steps are named for people. */
export function timesJson({ elapsedMs, steps }: Times) {
  return {
    elapsed_ms: Math.round(elapsedMs),
    steps: steps.map(({ step, elapsedMs }) => ({ step, elapsed_ms: Math.round(elapsedMs) })),
  };
}
