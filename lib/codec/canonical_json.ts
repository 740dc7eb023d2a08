import canonicalize from "canonicalize";
import type { JsonValue } from "./json.ts";

/**
 * The RFC 8785 (JCS) form of a value that {@link parseJson} made: keys sorted by UTF-16 units, shortest numbers, no spaces.
 *
 * @throws TypeError for a number that is not finite (1e999 is valid JSON and has no canonical form)
 */
export function canonicalJson(value: JsonValue): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("the value has no JSON form");
  return text;
}
