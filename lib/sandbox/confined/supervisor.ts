/** The main thread of a confined child: starts the Worker, gives up its own permissions, passes lines between host and Worker. */
import { workerUrl } from "../self.ts";
import { readLines } from "../lines.ts";
import type { CallMessage, ReplyMessage, StartMessage, WorkerStart } from "../messages.ts";
import { checkModule } from "./static_check.ts";

const MOST_LINE_CHARS = 16 * 1024 * 1024;
const MEMORY_POLL_MS = 25;
const KINDS = ["run", "ffi", "write", "read", "net", "env", "sys", "import"] as const;

/** Functions of `Deno` that reading and writing below a folder need. */
const READ_FUNCTIONS = ["open", "readDir", "readFile", "readTextFile", "stat", "lstat", "realPath"];
const WRITE_FUNCTIONS = [
  "open",
  "mkdir",
  "writeFile",
  "writeTextFile",
  "rename",
  "remove",
  "link",
  "truncate",
  "utime",
];

/** Runs until the host closes the child's stdin. Ends the process. */
export async function supervise(): Promise<never> {
  const lines = readLines(Deno.stdin.readable, { maxChars: MOST_LINE_CHARS });
  const start: StartMessage = JSON.parse((await lines.next()).value ?? "");
  const say = (message: ReplyMessage) => writeLine(start.token + JSON.stringify(message));
  const end = (message: string, code: number): never => {
    say({ fatal: message });
    Deno.exit(code);
  };
  const { channel, up, begin } = startWorker(start, { end });
  await up;
  for (const name of KINDS) await Deno.permissions.revoke({ name });
  setInterval(() => {
    if (Deno.memoryUsage().rss > start.maxRssBytes) {
      end(`it used more than ${Math.round(start.maxRssBytes / 1024 / 1024)} MiB of memory`, 71);
    }
  }, MEMORY_POLL_MS);
  if ("moduleText" in start.load) {
    try {
      await checkModule(start.load.moduleText);
    } catch (error) {
      end(`the module is refused: ${error instanceof Error ? error.message : error}`, 72);
    }
  }
  channel.onmessage = ({ data }: MessageEvent<string>) => writeLine(start.token + data);
  begin();
  for await (const line of lines) {
    if (line === "") continue;
    const call: CallMessage = JSON.parse(line);
    channel.postMessage(call);
  }
  Deno.exit(0);
}

function startWorker(
  start: StartMessage,
  options: { end: (message: string, code: number) => never },
): { channel: MessagePort; up: Promise<void>; begin: () => void } {
  const { grants } = start;
  const list = (values: readonly string[]) => (values.length > 0 ? [...values] : false);
  const permissions = {
    net: list(grants.net),
    read: list(grants.read),
    write: list(grants.write),
    sys: list(grants.sys),
    env: false,
    run: false,
    ffi: false,
    import: false,
  };
  const worker = new Worker(workerUrl, { type: "module", name: "adapter", deno: { permissions } } as WorkerOptions);
  worker.onerror = (event) => {
    event.preventDefault();
    options.end(`the adapter ended by an error: ${event.message}`, 70);
  };
  const { promise: up, resolve } = Promise.withResolvers<void>();
  worker.onmessage = () => resolve();
  const { port1, port2 } = new MessageChannel();
  const functions = [
    ...(grants.read.length > 0 ? READ_FUNCTIONS : []),
    ...(grants.write.length > 0 ? WRITE_FUNCTIONS : []),
    // each fact about the machine is a function of the same name
    ...grants.sys,
  ];
  const message: WorkerStart = { load: start.load, env: start.env, functions, port: port2 };
  return { channel: port1, up, begin: () => worker.postMessage(message, [port2]) };
}

const encoder = new TextEncoder();

/** A line to the host, whole, however slow the pipe is. */
function writeLine(text: string): void {
  const bytes = encoder.encode(`${text}\n`);
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}
