/**
 * The file name that a pull writes to when none was given: the stream with everything but letters, digits, `-` and `_`
 * turned into `-`, plus `.epack`; `pack.epack` without a stream. The stream comes from the remote, so the name is bounded too.
 */
export function outputName(stream: string | undefined): string {
  const name = (stream ?? "").replace(/[^A-Za-z0-9_-]/g, "-").slice(0, 100);
  return name === "" ? "pack.epack" : `${name}.epack`;
}
