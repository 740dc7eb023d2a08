import * as z from "zod";
import { showLink, showText } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";
import { ADAPTER } from "../limits.ts";
import type { Camelized } from "./case.ts";
import { optional } from "./fields.ts";

/** What the adapter suggests: `run_command` is shown and never run; `open_url` is shown, and opened on the user's word only. */
export const actionHint = z.object({ type: z.string(), command: optional(z.string()), url: optional(z.string()) });
export type ActionHint = z.infer<typeof actionHint>;

export const errorInfo = z.object({
  code: z.string().min(1),
  message: z.preprocess((value) => value ?? "", z.string()).default(""),
  retryable: z.preprocess((value) => value ?? false, z.boolean()).default(false),
  /** An object, or from some kits a plain string. */
  action: optional(z.union([actionHint, z.string()])),
});
export type ErrorInfo = z.infer<typeof errorInfo>;

/** An error answer as a whole. An empty id is that of a request that could not be read. */
export const errorResponse = z.object({
  ok: z.literal(false),
  type: z.literal("error"),
  request_id: z.preprocess((value) => value ?? "", z.string()).default(""),
  error: errorInfo,
});
export type ErrorResponse = Camelized<z.infer<typeof errorResponse>>;

/** An adapter's error answer. Its texts are cleaned and bounded; `adapterCode` is kept as it came. */
export class AdapterError extends EpackError {
  readonly adapterName: string;
  readonly adapterCode: string;
  readonly retryable: boolean;

  /** @param options.redact takes secrets out of the adapter's texts; default: they stay as they are */
  constructor(adapterName: string, info: ErrorInfo, { redact = (text: string) => text } = {}) {
    const code = showText(redact(info.code), { maxChars: 100 });
    const message = showText(redact(info.message), { maxChars: ADAPTER.errorMessageChars });
    super("adapter_error", `adapter "${adapterName}": ${code}: ${message}`, {
      origin: "remote",
      hint: hintOf(info, redact),
    });
    this.adapterName = adapterName;
    this.adapterCode = info.code;
    this.retryable = info.retryable;
  }

  get isAuthRequired(): boolean {
    return this.adapterCode === "auth_required";
  }

  get isRetryable(): boolean {
    return this.retryable;
  }
}

/** An address and nothing else, as some kits give one for an action. */
const ADDRESS = /^[^a-z\s]*[a-z][a-z0-9+.-]*:\S*$/i;

/** The action as a sentence; only https addresses are shown as something to open. */
function hintOf({ code, action }: ErrorInfo, redact: (text: string) => string): string | undefined {
  const suggest = (how: string, text: string | undefined) =>
    text === undefined ? undefined : `the adapter suggests${how}: ${showText(redact(text), { maxChars: 500 })}`;
  const open = (url: string | undefined) => suggest(" to open", showLink(url?.trim() ?? ""));
  const hint = typeof action === "string"
    ? ADDRESS.test(action.trim()) ? open(action) : suggest("", action)
    : action?.type === "run_command"
    ? suggest(" to run", action.command)
    : action?.type === "open_url"
    ? open(action.url)
    : undefined;
  if (hint !== undefined || code !== "auth_required") return hint;
  return "sign in to the registry the way its adapter documents, then try again";
}
