import { EpackError, type ErrorCode } from "../errors.ts";

const BY_CODE: Record<string, [ErrorCode, string, string?]> = {
  ENOENT: ["file_not_found", "does not exist"],
  EEXIST: ["file_exists", "already exists", "use --force to replace it"],
  EISDIR: ["file_refused", "is a folder"],
  ENOTDIR: ["file_refused", "has a part that is no folder"],
  ELOOP: ["file_refused", "is a link"],
  EACCES: ["permission_denied", "is not accessible to this user"],
  EPERM: ["permission_denied", "is not accessible to this user"],
  EROFS: ["io", "is on a read-only file system"],
  ENOSPC: ["io", "does not fit: no space left on the device", "free some space and try again; nothing was replaced"],
  EDQUOT: ["io", "does not fit: the disk quota is used up"],
  EFBIG: ["io", "is larger than this process may write"],
  EMFILE: ["io", "cannot be opened: too many open files"],
  ENAMETOOLONG: ["file_refused", "has a name that is too long"],
};

/** The system's code of an error of Deno.* or node:fs, such as ENOSPC. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error instanceof Deno.errors.NotFound) return "ENOENT";
  if (error instanceof Deno.errors.AlreadyExists) return "EEXIST";
  if (error instanceof Deno.errors.PermissionDenied) return "EACCES";
  if (error instanceof Deno.errors.IsADirectory) return "EISDIR";
  if (error instanceof Deno.errors.NotADirectory) return "ENOTDIR";
  return undefined;
}

/**
 * An EpackError for a failed file operation: one sentence that names the path. Missing Deno permissions and EpackErrors pass
 * unchanged, so that they are told apart from the system's refusals.
 */
export function ioError(error: unknown, path: string, options: { what?: string } = {}): unknown {
  if (error instanceof EpackError || error instanceof Deno.errors.NotCapable) return error;
  const code = systemCode(error);
  if (code === undefined) return error;
  const [kind, text, hint] = BY_CODE[code] ?? ["io", `failed with ${code}`];
  return new EpackError(kind, `${options.what ?? "file"} ${JSON.stringify(path)} ${text}`, {
    origin: "input",
    hint,
    cause: error,
  });
}
