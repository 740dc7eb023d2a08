/// <reference lib="deno.worker" />
/** The Worker of a confined child: closes its globals, loads one adapter, answers calls over a private port. */
import type { Adapter } from "../../sdk/mod.ts";
import { answer } from "../../sdk/answer.ts";
import type { CallMessage, WorkerStart } from "../messages.ts";
import { closeGlobals } from "./prelude.ts";
import { moduleUrl } from "./static_check.ts";

const MOST_LOG_CHARS = 64 * 1024;

self.onmessage = (event: MessageEvent<WorkerStart>) => {
  self.onmessage = null;
  const { load, env, functions, port } = event.data;
  // kept before the adapter can change them
  const post = port.postMessage.bind(port);
  const { stringify } = JSON;
  let logged = 0;
  const log = (text: string) => {
    if ((logged += text.length) <= MOST_LOG_CHARS) post(stringify({ log: text }));
  };
  const context = { env: (name: string) => (Object.hasOwn(env, name) ? env[name] : undefined), log };
  const onStray = (event: Event & { error?: unknown; reason?: unknown }) => {
    event.preventDefault();
    post(stringify({ fatal: `it threw where nobody caught it: ${wordsOf(event.error ?? event.reason)}` }));
  };
  self.addEventListener("error", onStray);
  self.addEventListener("unhandledrejection", onStray);
  const loading = loadAdapter(load, { functions, log });
  loading.catch(() => {});
  port.onmessage = async ({ data }: MessageEvent<CallMessage>) => {
    try {
      const adapter = await loading;
      post(stringify({ id: data.id, reply: await answer(adapter, data.command, { request: data.request, context }) }));
    } catch (error) {
      post(stringify({ id: data.id, failed: wordsOf(error) }));
    }
  };
};

// the process may give up its own permissions now
self.postMessage("up");

/** What was thrown, in words; the module's address is its whole text. */
function wordsOf(thrown: unknown): string {
  const words = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return words.replace(/data:text\/javascript;base64,[\w+/=.]+/g, "the module");
}

async function loadAdapter(
  load: WorkerStart["load"],
  options: { functions: readonly string[]; log: (text: string) => void },
): Promise<Adapter> {
  if ("builtIn" in load) {
    const loaded = await builtIn(load.builtIn);
    closeGlobals(options);
    return loaded;
  }
  closeGlobals(options);
  const module = await import(moduleUrl(load.moduleText));
  if (typeof module.default?.handlers !== "object") throw new Error("the module has no adapter as its default export");
  return module.default;
}

/** Literal imports: each adapter is its own chunk of the bundle, and only the wanted one is loaded. */
async function builtIn(name: string): Promise<Adapter> {
  if (name === "filesystem") return (await import("../../adapters/filesystem.ts")).default;
  throw new Error(`there is no built-in adapter ${name}`);
}
