import type { EpackError } from "../../errors.ts";

/** An error as it stands in JSON: in a result, and in an event. What it lacks is left out. */
export function errorFields({ code, message, hint, origin, exitCode: exit, action, mayBeReleased }: EpackError) {
  return { code, message, hint, origin, exit, action, ...(mayBeReleased ? { may_be_released: true } : {}) };
}
