import { showJson, showText } from "../../codec/mod.ts";
import { EpackError, isEpackError } from "../../errors.ts";
import type { Context } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { errorFields } from "./error_fields.ts";
import { logLine } from "./log_line.ts";
import type { About } from "./work.ts";
import { palette } from "./palette.ts";

/** Any thrown value as an EpackError. */
export function toEpackError(thrown: unknown): EpackError {
  if (isEpackError(thrown)) return thrown;
  if (thrown instanceof Deno.errors.NotCapable) return permissionMissing(thrown);
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new EpackError("internal", `something went wrong inside epack: ${message}`, {
    hint: "run it again with EPACK_DEBUG=1 and report what it prints",
    cause: thrown,
  });
}

/** Deno says `Requires read access to "/x", run again with the --allow-read flag`. */
function permissionMissing(thrown: Error): EpackError {
  const [needed] = thrown.message.split(/, (?:run again|specify the required)/);
  const [, kind, place] = needed.match(/^Requires (\w+) access(?: to (.+))?$/) ?? [];
  const value = place?.match(/^"(.*)"$/)?.[1];
  if (kind === "all") {
    return new EpackError("file_refused", `Deno keeps programs away from /dev, /proc and /sys: ${place}`, {
      origin: "input",
      hint: "use a file or folder elsewhere, for temporary files by TMPDIR",
      cause: thrown,
    });
  }
  const flag = kind === undefined ? undefined : `--allow-${kind}${value === undefined ? "" : `=${value}`}`;
  return new EpackError("permission_denied", `a permission is missing: ${needed.replace(/^Requires /, "")}`, {
    origin: "input",
    hint: flag === undefined ? undefined : `allow it with ${flag}; docs/permissions.md has what each command needs`,
    cause: thrown,
  });
}

/** One error, once: on stderr for people, on stdout as JSON. No stack trace without EPACK_DEBUG=1. */
export function renderError(
  error: EpackError,
  options: { context: Context; flags: CommonFlags; about?: About },
): void {
  const { context, flags, about } = options;
  context.job?.failure(errorFields(error), error);
  try {
    // a stdout that cannot be written is said on stderr, but for a reader that is gone: nobody asked for more
    const lostOutput = error.code === "output_closed";
    if (lostOutput && error.exitCode !== 1) return;
    if (flags.json && !lostOutput) context.stdout.write(`${showJson({ error: errorFields(error) })}\n`);
    if (flags.logFormat === "json") {
      context.stderr.write(
        logLine("error", { ...about, ...errorFields(error) }, { level: "error", at: context.now() }),
      );
    } else if (!flags.json || lostOutput) {
      const paint = palette(context, { noColor: flags.noColor, stream: "stderr" });
      const message = showText(error.message, { maxChars: 8_000, lines: true });
      context.stderr.write(`${paint.red("error:")} ${message}\n`);
      if (error.hint !== undefined) {
        context.stderr.write(`${paint.yellow("hint:")} ${showText(error.hint, { lines: true })}\n`);
      }
    }
    if (context.env.EPACK_DEBUG === "1") context.stderr.write(`${debugText(error)}\n`);
  } catch {
    // stderr is closed too: the exit code says it
  }
}

function debugText(error: EpackError): string {
  const stacks: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    stacks.push(cause.stack ?? cause.message);
  }
  return showText(stacks.join("\ncaused by: "), { maxChars: 20_000, lines: true });
}
