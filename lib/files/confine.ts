import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { EpackError } from "../errors.ts";
import { ioError } from "./io_error.ts";

/**
 * The path of something below a root, with every existing component below the root checked: none may be a link. The root itself
 * may be reached through links (`/tmp` on macOS).
 *
 * @param path absolute, or relative to the root
 * @throws EpackError `file_refused`
 */
export async function confineBelow(root: string, path: string): Promise<string> {
  const base = resolve(root);
  const target = resolve(base, path);
  const inside = relative(base, target);
  const refuse = (why: string) =>
    new EpackError("file_refused", `${JSON.stringify(path)} ${why} ${JSON.stringify(root)}`, { origin: "input" });
  if (inside === "" || inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw refuse("is not below");
  }
  let walked = base;
  for (const segment of inside.split(sep)) {
    walked = join(walked, segment);
    const info = await Deno.lstat(walked).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw ioError(error, walked);
    });
    if (info === undefined) break;
    if (info.isSymlink) throw refuse(`has a link (${JSON.stringify(walked)}) on its way below`);
  }
  return target;
}

/**
 * Checks that an open file is the one at its path below a root, with no link on the way. Opening follows links of parent folders, so
 * whoever may write below the root could turn a folder into a link between the look at a path and its opening; the look after that
 * finds the link, or another file.
 *
 * Hard links are taken: they are the file, under a second name. What is copied from one has the size and digest that were
 * announced or is dropped, what is copied onto one takes over its name and leaves the file as it is.
 *
 * @throws EpackError `file_refused`
 */
export async function confineOpen(root: string, options: { path: string; file: Deno.FsFile }): Promise<void> {
  const { path, file } = options;
  await confineBelow(root, path);
  const [named, opened] = await Promise.all([Deno.lstat(path).catch(() => undefined), file.stat()]);
  if (named === undefined || named.dev !== opened.dev || named.ino !== opened.ino) {
    throw new EpackError("file_refused", `${JSON.stringify(path)} was replaced while it was opened`, {
      origin: "remote",
    });
  }
}

/**
 * Makes a folder below a root, with its parents; links on the way are refused.
 *
 * @throws EpackError `file_refused`, `io`, `permission_denied`
 */
export async function ensureFolder(path: string, options: { below: string; mode?: number }): Promise<void> {
  await confineBelow(options.below, path);
  try {
    await Deno.mkdir(path, { recursive: true, mode: options.mode });
  } catch (error) {
    throw ioError(error, path, { what: "folder" });
  }
}
