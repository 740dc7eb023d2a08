/**
 * A test for paths by a glob: `*` and `?` stay within a folder, `**` does not, dots are letters like others, `!` and `#` in front
 * mean nothing.
 *
 * The library is loaded when there is a glob; loading it reads the variable `__MINIMATCH_TESTING_PLATFORM__`.
 *
 * @param options.matchBase a pattern without a slash matches by the last part of the path. Default false.
 */
export async function globTest(
  pattern: string,
  options: { matchBase?: boolean } = {},
): Promise<(path: string) => boolean> {
  const { Minimatch } = await import("minimatch");
  const { matchBase } = options;
  const glob = new Minimatch(pattern, { dot: true, nonegate: true, nocomment: true, platform: "linux", matchBase });
  return (path) => glob.match(path);
}
