import { type Adapter, AdapterFailure } from "./adapter.ts";
import { answer, type WireAnswer } from "./answer.ts";

const MOST_REQUEST_BYTES = 10 * 1024 * 1024;

export interface StdioOptions {
  args: readonly string[];
  stdin: ReadableStream<Uint8Array>;
  /** Gets one JSON object and a line feed. */
  stdout(text: string): void;
  stderr(text: string): void;
  env(name: string): string | undefined;
}

/**
 * Serves one command, as hosts start adapters: `epack-remote-<name> <command>` with the request on stdin. What `auth.login` goes on with
 * after its answer goes on: end the process by `Deno.exitCode`, not by `Deno.exit`.
 *
 * @returns the exit code: 0 also for error answers
 */
export async function serveStdio(adapter: Adapter, options: StdioOptions): Promise<number> {
  const command = options.args[0] ?? "";
  if (command === "--version") {
    options.stdout(`epack-remote-${adapter.name} ${adapter.version}\n`);
    return 0;
  }
  const context = { env: options.env, log: (text: string) => options.stderr(`${text}\n`) };
  const reply = (wire: WireAnswer) => options.stdout(`${JSON.stringify(wire)}\n`);
  if (command === "--capabilities") {
    reply(await answer(adapter, command, { context }));
    return 0;
  }
  try {
    // of a login stdin stays open until it is answered
    const untilLine = command === "auth.login";
    reply(await answer(adapter, command, { request: await readRequest(options.stdin, { untilLine }), context }));
  } catch (error) {
    if (!(error instanceof AdapterFailure)) throw error;
    reply({
      ok: false,
      type: "error",
      request_id: "",
      error: { code: error.code, message: error.message, retryable: false },
    });
  }
  return 0;
}

async function readRequest(
  stdin: ReadableStream<Uint8Array>,
  { untilLine }: { untilLine: boolean },
): Promise<unknown> {
  let text = "";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of stdin) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > MOST_REQUEST_BYTES) throw new AdapterFailure("invalid_request", "the request is too large");
      if (untilLine && text.trimStart().includes("\n")) break;
    }
    return JSON.parse(text + decoder.decode());
  } catch (error) {
    if (error instanceof AdapterFailure) throw error;
    throw new AdapterFailure("invalid_request", "the request is no JSON");
  }
}
