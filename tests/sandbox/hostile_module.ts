/** A hostile module adapter: tries one way out after another, and tells what it got hold of. */

/**
 * Each is the body of an async function. What it returns is what it got hold of: undefined, "" and false are nothing, as is an
 * exception. `place` has the addresses of what was not granted; `node` the allowed modules of Node.
 */
export const ATTEMPTS: Readonly<Record<string, string>> = {
  // Deno's own functions
  "the names of Deno": `return Object.getOwnPropertyNames(Deno).filter((name) => !place.granted.includes(name)).join()`,
  "symbols of Deno": `return Object.getOwnPropertySymbols(Deno).length`,
  "Deno's internals": `return Deno[Deno.internal] ?? Deno[Symbol.for("Deno.internal")] ?? globalThis.__bootstrap`,
  "a new property of Deno": `Deno.env = 1; return Deno.env`,
  "another Deno": `Object.defineProperty(globalThis, "Deno", { value: {} }); return typeof Deno.errors === "undefined"`,
  "the prototype of Deno": `return Object.getPrototypeOf(Deno)`,
  // globals
  "globals that are not the language's":
    `return Object.getOwnPropertyNames(globalThis).filter((name) => !place.globals.includes(name)).join()`,
  "what the scope inherits":
    `const names = []; for (let owner = Object.getPrototypeOf(globalThis); owner && owner !== EventTarget.prototype && owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) names.push(...Reflect.ownKeys(owner).filter((key) => key !== "constructor" && key !== Symbol.toStringTag).map(String)); return names.join()`,
  "a Worker": `return typeof Worker + typeof SharedWorker === "undefinedundefined" ? "" : "Worker"`,
  "a Worker by its scope's constructor": `return new (globalThis.constructor)()`,
  "wasm": `return typeof WebAssembly !== "undefined"`,
  "shared memory": `return typeof SharedArrayBuffer !== "undefined"`,
  "channels":
    `return typeof BroadcastChannel + typeof MessageChannel + typeof MessagePort === "undefinedundefinedundefined" ? "" : "channel"`,
  "stores":
    `return typeof caches + typeof localStorage + typeof sessionStorage + typeof indexedDB === "undefined".repeat(4) ? "" : "store"`,
  "sockets of the web":
    `return typeof WebSocket + typeof EventSource + typeof WebTransport + typeof WebSocketStream + typeof XMLHttpRequest === "undefined".repeat(5) ? "" : "socket"`,
  "the navigator and its GPU": `return typeof navigator !== "undefined" || typeof GPU !== "undefined"`,
  "importScripts": `return typeof importScripts !== "undefined" && importScripts("data:text/javascript,1")`,
  "a ShadowRealm": `return typeof ShadowRealm !== "undefined"`,
  "messages as the Worker":
    `return typeof postMessage !== "undefined" || typeof close !== "undefined" || typeof onmessage !== "undefined"`,
  "tests and benches": `return typeof Deno.test !== "undefined" || typeof Deno.bench !== "undefined"`,
  // Node's process
  "built-in modules by process": `return process.getBuiltinModule?.("node:fs")`,
  "bindings by process": `return process.binding?.("fs") ?? process.dlopen ?? process.mainModule`,
  "the environment by process": `return Object.keys(process.env).join()`,
  "arguments and paths by process":
    `return process.argv.join() + (process.execPath ?? "") + (process.pid ?? "") + (process.ppid ?? "")`,
  "streams by process": `return process.stdin ?? process.stdout ?? process.stderr`,
  "a change of process": `process.env.X = "1"; return process.env.X`,
  "require":
    `return typeof require !== "undefined" || typeof module !== "undefined" && typeof module.require !== "undefined"`,
  "the working folder": `return node.path.resolve("x") === "/x" ? "" : node.path.resolve("x")`,
  // code from strings
  "eval": `return eval("1 + 1")`,
  "indirect eval": `return (0, eval)("1 + 1")`,
  "Function": `return new Function("return 1")()`,
  "the constructor of async functions": `return (async () => {}).constructor("return 1")()`,
  "the constructor of generators": `return [...(function* () {}).constructor("yield 1")()]`,
  "the constructor of async generators": `return (async function* () {}).constructor("yield 1")().next()`,
  "Reflect.construct": `return Reflect.construct((() => {}).constructor, ["return 1"])()`,
  // stack traces
  "call sites": `Error.prepareStackTrace = (_, sites) => sites; return Array.isArray(new Error("x").stack)`,
  "call sites by definition":
    `Object.defineProperty(Error, "prepareStackTrace", { value: (_, sites) => sites }); return Array.isArray(new Error("x").stack)`,
  "what was matched last":
    `return (RegExp.input ?? "") + (RegExp["$&"] ?? "") + (RegExp.lastMatch ?? "") + (RegExp.$1 ?? "")`,
  // the way to the supervisor
  "the port by an accessor of events":
    `Object.defineProperty(MessageEvent.prototype, "data", { configurable: true, set(value) { globalThis.held = this; Object.defineProperty(this, "data", { value }); } }); return true`,
  "the port by the target of events":
    `Object.defineProperty(Event.prototype, "target", { get() { return 1; } }); return true`,
  "listeners of the port": `EventTarget.prototype.dispatchEvent = function () { globalThis.held = this; }; return true`,
  "messages to the scope":
    `let seen = ""; globalThis.addEventListener("message", ({ data }) => seen = JSON.stringify(data)); await new Promise((done) => setTimeout(done, 30)); return seen`,
  // files
  "a file": `return await Deno.readTextFile(place.outside)`,
  "a file by fetch": `return await (await fetch("file://" + place.outside)).text()`,
  "the environment by /proc": `return (await Deno.readFile("/proc/self/environ")).length`,
  "memory by /proc": `return await Deno.open("/proc/self/mem")`,
  "the terminal": `return await Deno.open("/dev/tty")`,
  "a device": `return (await Deno.readFile("/dev/zero")).length`,
  "standard input as a file": `return await Deno.readTextFile("/dev/stdin")`,
  "a file's facts": `return (await Deno.stat(place.outside)).size`,
  "a folder's list": `return (await Array.fromAsync(Deno.readDir("/"))).length`,
  "where a link leads": `return await Deno.readLink?.(place.outside) ?? await Deno.realPath(place.outside)`,
  "a write": `await Deno.writeTextFile(place.outside, "changed"); return true`,
  "a removal": `await Deno.remove(place.outside); return true`,
  "a folder": `await Deno.mkdir(place.outside + ".d"); return true`,
  "a file from outside by renaming": `await Deno.rename(place.outside, place.inside + "/taken"); return true`,
  "a file from outside by linking":
    `await Deno.link(place.outside, place.inside + "/linked"); return await Deno.readTextFile(place.inside + "/linked")`,
  "a symbolic link": `await Deno.symlink(place.outside, place.inside + "/symlinked"); return true`,
  "a way up": `return await Deno.readTextFile(place.inside + "/../" + place.outside.split("/").at(-1))`,
  "an open file's constructor":
    `const { constructor } = await Deno.open(place.inside + "/own"); const stolen = new constructor(0); return stolen.readSync(new Uint8Array(1))`,
  // the network
  "a host that was not granted": `return await (await fetch(place.other)).text()`,
  "another port": `return await (await fetch(place.otherPort)).text()`,
  "a redirect to another port": `return await (await fetch(place.redirect)).text()`,
  "another name of the host": `return await (await fetch(place.alias)).text()`,
  "a name of the domain name system": `return (await fetch("http://example.invalid/")).status`,
  "a look-up of names": `return await Deno.resolveDns("localhost", "A")`,
  "a connection": `return await Deno.connect({ port: place.port })`,
  "a listener": `return Deno.listen({ port: 0 })`,
  "a server": `return Deno.serve(() => new Response())`,
  "a client of its own": `return Deno.createHttpClient({})`,
  "a unix socket": `return await Deno.connect({ transport: "unix", path: place.outside })`,
  // other processes
  "a command": `return new Deno.Command("id").outputSync()`,
  "a signal to the parent": `Deno.kill(Deno.ppid, "SIGTERM"); return true`,
  "a signal handler": `Deno.addSignalListener("SIGTERM", () => {}); return true`,
  "native code": `return Deno.dlopen("libc.so.6", {})`,
  "the end of the process": `Deno.exit(0); return true`,
  // facts
  "the host's name": `return Deno.hostname()`,
  "the user": `return Deno.uid()`,
  "memory of the process": `return Deno.memoryUsage().rss`,
  "the program's path": `return Deno.execPath()`,
  "a variable that was not granted": `return context.env("HIDDEN")`,
  "an inherited name as a variable": `return context.env("constructor") ?? context.env("__proto__")`,
  "permissions": `return await Deno.permissions.request({ name: "read" })`,
  "whatever can be reached": `return reachable(node).join()`,
};

/** What the same module may do when it was granted it: the other side of the attempts. */
export const GRANTED: Readonly<Record<string, string>> = {
  "a granted file": `return await Deno.readTextFile(place.inside + "/own")`,
  "a granted file by fetch": `return await (await fetch("file://" + place.inside + "/own")).text()`,
  "a granted folder's list": `return (await Array.fromAsync(Deno.readDir(place.inside))).length > 0`,
  "a granted write":
    `await Deno.writeTextFile(place.inside + "/new", "x"); await Deno.rename(place.inside + "/new", place.inside + "/newer"); await Deno.remove(place.inside + "/newer"); return true`,
  "a granted host": `return await (await fetch(place.granted_host)).text()`,
  "a granted variable": `return context.env("GRANTED")`,
  "a granted fact": `return Deno.hostname().length > 0`,
  "hashes and compression":
    `return node.zlib.gunzipSync(node.zlib.gzipSync(node.crypto.createHash("sha256").update("x").digest("hex"))).toString().length === 64`,
  "web streams and crypto":
    `return (await crypto.subtle.digest("SHA-256", new Uint8Array(4))).byteLength === 32 && (await new Response(new Blob(["x"]).stream().pipeThrough(new CompressionStream("gzip"))).bytes()).length > 0`,
};

export interface Place {
  /** Functions of Deno that the grants give. */
  granted: readonly string[];
  globals: readonly string[];
  inside: string;
  outside: string;
  port: number;
  other: string;
  otherPort: string;
  redirect: string;
  alias: string;
  granted_host: string;
}

/** The text of a module whose `auth.whoami` makes the attempts and answers with `{name: what it got}` as its subject. */
export function hostileModule(attempts: Readonly<Record<string, string>>, place: Place): string {
  const bodies = Object.entries(attempts).map(([name, body]) =>
    `${JSON.stringify(name)}: async (context) => { ${body} }`
  );
  return `import * as assert from "node:assert"; import * as buffer from "node:buffer"; import * as crypto_ from "node:crypto";
import * as events from "node:events"; import * as path from "node:path"; import * as querystring from "node:querystring";
import * as stream from "node:stream"; import * as string_decoder from "node:string_decoder"; import * as timers from "node:timers";
import * as url from "node:url"; import * as util from "node:util"; import * as zlib from "node:zlib";
const node = { assert, buffer, crypto: crypto_, events, path, querystring, stream, string_decoder, timers, url, util, zlib };
const place = ${JSON.stringify(place)};
${REACHABLE}
const attempts = {
${bodies.join(",\n")}
};
export default { name: "hostile", version: "1.0.0", handlers: {
  async "auth.whoami"(request, context) {
    const got = {};
    for (const [name, attempt] of Object.entries(attempts)) {
      try {
        const value = await attempt(context);
        if (value) got[name] = String(value).slice(0, 300);
      } catch {}
    }
    return { identity: { authenticated: true, subject: JSON.stringify(got) } };
  },
} };
`;
}

/** Walks all objects that can be reached from the globals and the modules of Node, and names what would be a way out. */
const REACHABLE = `
function reachable(node) {
  const names = /^(?:op_\\w+|readFileSync|writeFileSync|openSync|spawn|spawnSync|execFileSync|fork|dlopen|binding|_linkedBinding|evalContext|getBuiltinModule|createRequire|runInThisContext|runInContext|resolveDns|createConnection|createServer|Command|FsFile|memoryUsage|execPath|exit|reallyExit|abort|kill|chdir)$/;
  const found = new Set();
  const seen = new Set();
  const queue = [globalThis, node, (async () => {}).constructor, (function* () {}).constructor, new Error("x"), Deno, process];
  while (queue.length > 0 && seen.size < 200000) {
    const value = queue.pop();
    if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value)) continue;
    seen.add(value);
    let keys = [];
    try { keys = Reflect.ownKeys(value); queue.push(Object.getPrototypeOf(value)); } catch { continue; }
    for (const key of keys) {
      let held;
      try {
        const own = Object.getOwnPropertyDescriptor(value, key);
        held = own && "value" in own ? own.value : own?.get ? (queue.push(own.get, own.set), Reflect.get(value, key)) : undefined;
      } catch { continue; }
      // controllers of the web have an abort of their own
      const harmless = key === "abort" && !(value === process || value === Deno);
      if (typeof held === "function" && names.test(String(key)) && !harmless) found.add(String(key));
      queue.push(held);
    }
  }
  return [...found];
}
`;
