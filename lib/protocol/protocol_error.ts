import * as z from "zod";
import { showText } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";

/** An adapter said what no adapter may say. The message names the adapter, the command and the fault. */
export function protocolError(
  adapterName: string,
  command: string,
  options: { reason: string; cause?: unknown },
): EpackError {
  return new EpackError("adapter_protocol", `adapter "${adapterName}" answered ${command} wrongly: ${options.reason}`, {
    origin: "adapter",
    hint: "the adapter must be corrected by its author; nothing was changed on this side",
    cause: options.cause,
  });
}

/** The first thing that is wrong, with the field's path: "pack.size_bytes: …". */
export function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    const issue = error.issues[0];
    const path = issue.path.map(String).join(".");
    return showText(path === "" ? issue.message : `${path}: ${issue.message}`, { maxChars: 300 });
  }
  return showText(error instanceof Error ? error.message : String(error), { maxChars: 300 });
}
