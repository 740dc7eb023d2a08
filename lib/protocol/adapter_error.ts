import * as z from "zod";
import { showLink, showText } from "../codec/mod.ts";
import { EpackError, type SuggestedAction } from "../errors.ts";
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

  /**
   * @param options.redact takes secrets out of the adapter's texts; default: they stay as they are
   * @param options.loginCommand what logs in to the remote; default: nothing of this program does
   */
  constructor(adapterName: string, info: ErrorInfo, options: { redact?: Redact; loginCommand?: string } = {}) {
    const { redact = asItIs, loginCommand } = options;
    const code = showText(redact(info.code), { maxChars: 100 });
    const message = showText(redact(info.message), { maxChars: ADAPTER.errorMessageChars });
    const action = cleanAction(info.action, redact);
    super("adapter_error", `adapter "${adapterName}": ${code}: ${message}`, {
      origin: "remote",
      hint: hintOf(info.code, { action, loginCommand }),
      action,
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

type Redact = (text: string) => string;
const asItIs: Redact = (text) => text;

/** An address and nothing else, as some kits give one for an action. */
const ADDRESS = /^[^a-z\s]*[a-z][a-z0-9+.-]*:\S*$/i;

/** An action as it may be shown; of addresses only https ones are something to open. */
function cleanAction(action: ErrorInfo["action"], redact: Redact): SuggestedAction | undefined {
  if (action === undefined) return undefined;
  const open = (address: string | undefined): SuggestedAction | undefined => {
    const url = showLink(address?.trim() ?? "");
    return url === undefined ? undefined : { type: "open_url", url: redact(url) };
  };
  const words = (text: string) => showText(redact(text), { maxChars: 500 });
  if (typeof action === "string") {
    return ADDRESS.test(action.trim()) ? open(action) : { type: "text", text: words(action) };
  }
  if (action.type === "open_url") return open(action.url);
  if (action.type !== "run_command" || action.command === undefined) return undefined;
  return { type: "run_command", command: words(action.command) };
}

/** The next step as a sentence. */
function hintOf(code: string, options: { action?: SuggestedAction; loginCommand?: string }): string | undefined {
  const { action, loginCommand } = options;
  const asked = code === "auth_required";
  const own = asked && loginCommand !== undefined ? `log in with: ${loginCommand}` : undefined;
  const theirs = action && suggestionOf(action);
  if (own !== undefined) return theirs === undefined ? own : `${own}; ${theirs}`;
  return theirs ?? (asked ? "sign in to the registry the way its adapter documents, then try again" : undefined);
}

function suggestionOf(action: SuggestedAction): string {
  switch (action.type) {
    case "run_command":
      return `the adapter suggests to run: ${action.command}`;
    case "open_url":
      return `the adapter suggests to open: ${action.url}`;
    case "text":
      return `the adapter suggests: ${action.text}`;
  }
}
