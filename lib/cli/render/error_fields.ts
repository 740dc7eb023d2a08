import type { EpackError } from "../../errors.ts";

/** An error as it stands in JSON: in a result, and in an event. */
export function errorFields({ code, message, hint, origin, exitCode: exit, mayBeReleased }: EpackError) {
  return { code, message, hint, origin, exit, ...(mayBeReleased ? { may_be_released: true } : {}) };
}
