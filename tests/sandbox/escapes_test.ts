/** Modules that try to get out, through the whole program: from source, under another Deno, and compiled. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { epack, type EpackRun, temporaryFolder } from "../epack.ts";
import { webServer } from "../servers/web_server.ts";
import { ATTEMPTS, GRANTED, hostileModule, type Place } from "./hostile_module.ts";

/** The globals that stay: the language, and the harmless part of the web platform. */
const GLOBALS =
  "Infinity NaN undefined globalThis Object Function Array Number parseFloat parseInt Boolean String Symbol Date Promise RegExp Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError SuppressedError JSON Math Intl Temporal ArrayBuffer Atomics Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array Float16Array Float32Array Float64Array Uint8ClampedArray BigUint64Array BigInt64Array DataView Map BigInt Set Iterator WeakMap WeakSet WeakRef Proxy Reflect FinalizationRegistry DisposableStack AsyncDisposableStack decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape eval isFinite isNaN AbortController AbortSignal Blob File FormData Headers Request Response fetch URL URLSearchParams URLPattern TextEncoder TextDecoder TextEncoderStream TextDecoderStream ReadableStream WritableStream TransformStream ReadableStreamDefaultReader ReadableStreamBYOBReader WritableStreamDefaultWriter ByteLengthQueuingStrategy CountQueuingStrategy CompressionStream DecompressionStream Event EventTarget CustomEvent ErrorEvent MessageEvent PromiseRejectionEvent DOMException crypto Crypto CryptoKey SubtleCrypto performance setTimeout clearTimeout setInterval clearInterval queueMicrotask structuredClone atob btoa Buffer setImmediate clearImmediate Deno self console process reportError held"
    .split(" ");

interface Answer {
  run: EpackRun;
  /** What the module said of itself. */
  subject?: string;
}

/** Asks a module adapter who one is, with these permissions of its remote. */
async function ask(text: string, options: { folder: string; permissions?: string; timeout?: string }): Promise<Answer> {
  const { folder, permissions, timeout = "60s" } = options;
  await Deno.writeTextFile(join(folder, "epack-remote-hostile.js"), text);
  await Deno.writeTextFile(
    join(folder, "epack.yaml"),
    `remotes:\n  m:\n    binary: ${folder}/epack-remote-hostile.js\n${
      permissions === undefined ? "" : `    permissions: ${permissions}\n`
    }`,
  );
  const run = await epack(["remote", "whoami", "m", "--json", "--insecure-allow-unpinned", `--timeout=${timeout}`], {
    cwd: folder,
    env: { HIDDEN: "hidden", GRANTED: "granted", TMPDIR: folder },
  });
  return { run, subject: run.code === 0 ? JSON.parse(run.stdout).identities[0].subject : undefined };
}

const errorOf = ({ run }: Answer) => JSON.parse(run.stdout).error as { code: string; message: string };

const leftovers = (folder: string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.startsWith("epack-adapter-"));

Deno.test(`a module gets nothing by ${Object.keys(ATTEMPTS).length} ways out, and all that it was granted`, async () => {
  await using folder = temporaryFolder();
  await using other = webServer(() => new Response("reached"));
  await using granted = webServer(({ path }) =>
    path === "/redirect"
      ? new Response(null, { status: 302, headers: { location: other.origin } })
      : new Response("reached")
  );
  const inside = join(folder.path, "inside");
  await Deno.mkdir(inside);
  await Deno.writeTextFile(join(inside, "own"), "own");
  await Deno.writeTextFile(join(folder.path, "outside"), "outside");
  const port = Number(new URL(granted.origin).port);
  const place: Place = {
    granted: [],
    globals: GLOBALS,
    inside,
    outside: join(folder.path, "outside"),
    port,
    other: other.origin,
    otherPort: other.origin,
    redirect: `${granted.origin}/redirect`,
    alias: granted.origin.replace("127.0.0.1", "localhost"),
    granted_host: granted.origin,
  };
  const nothing = await ask(hostileModule(ATTEMPTS, { ...place, granted: ["cwd", "errors"] }), { folder: folder.path });
  assert.equal(nothing.subject, "{}", nothing.run.stdout + nothing.run.stderr);

  const permissions = JSON.stringify({
    net: [`127.0.0.1:${port}`],
    read: ["inside"],
    write: ["inside"],
    env: ["GRANTED"],
    sys: ["hostname"],
  });
  const functions =
    "cwd errors open readDir readFile readTextFile stat lstat realPath mkdir writeFile writeTextFile rename remove link truncate utime hostname"
      .split(" ");
  const rest = Object.fromEntries(Object.entries(ATTEMPTS).filter(([name]) => name !== "the host's name"));
  const some = await ask(hostileModule(rest, { ...place, granted: functions }), { folder: folder.path, permissions });
  assert.equal(some.subject, "{}", some.run.stdout + some.run.stderr);

  const good = await ask(hostileModule(GRANTED, place), { folder: folder.path, permissions });
  assert.deepEqual(
    Object.keys(JSON.parse(good.subject ?? "{}")),
    Object.keys(GRANTED),
    good.run.stdout + good.run.stderr,
  );

  assert.equal(await Deno.readTextFile(place.outside), "outside");
  assert.deepEqual(other.received, [], "the other server was reached");
  assert.deepEqual(leftovers(folder.path), []);
});

/** Texts that are refused before anything of them runs: each imports, or could. `ran` would be seen as another error. */
const REFUSED: Readonly<Record<string, string>> = {
  "a file": 'import "file:///etc/hostname";',
  "a file by a call": 'await import("file:///etc/hostname");',
  "a relative file": 'import "./outside.js";',
  "JSON": 'import data from "file:///etc/x.json" with { type: "json" };',
  "text": 'import data from "file:///etc/hostname" with { type: "text" };',
  "bytes": 'import data from "file:///etc/hostname" with { type: "bytes" };',
  "a data: module": 'import "data:text/javascript,1";',
  "a data: module by a call": 'await import("data:text/javascript,1");',
  "a blob: module": 'await import(URL.createObjectURL(new Blob(["1"], { type: "text/javascript" })));',
  "the web": 'import "https://127.0.0.1/x.js";',
  "npm": 'import "npm:zod";',
  "jsr": 'import "jsr:@std/fs";',
  "node:fs": 'import "node:fs";',
  "fs": 'import "fs";',
  "node:vm": 'import vm from "node:vm";',
  "node:module": 'import { createRequire } from "node:module";',
  "node:worker_threads": 'import { Worker } from "node:worker_threads";',
  "node:child_process": 'import * as child from "node:child_process";',
  "node:process": 'import process from "node:process";',
  "node:net": 'import net from "node:net";',
  "node:inspector": 'import "node:inspector";',
  "a built string": 'await import("node:" + "fs");',
  "another's exports": 'export * from "node:fs";',
  "another's default": 'export { default } from "node:fs";',
  "import.meta": "const url = import.meta.url;",
  "import.meta.resolve": 'import.meta.resolve("x");',
  "wasm by its source": 'import source wasm from "file:///x.wasm";',
  "a source by a call": 'await import.source("file:///x.wasm");',
  "later": 'import defer * as fs from "node:fs";',
  "behind a division": "let x = 1; x /'/;import('node:fs');/'/",
  "behind a block": "{} /'/;import('node:fs');/'/",
  "behind a line separator": "//\u2028import('node:fs')",
  "behind a byte order mark": "\ufeffimport('node:fs')",
  "behind a comment": "import/**/('node:fs')",
  "behind three dots": "const all = [...import('node:fs')];",
  "behind a number": "0.\nimport('node:fs')",
  "in a template": "`${import('node:fs')}`",
  "in a class": "class A { static x = import('node:fs'); }",
  "with an escape": "im\\u0070ort('node:fs')",
  "with an escape in its name": 'import "node:\\x66s";',
  "the allowed, by an odd name": 'import "node:crypto/../fs";',
};

Deno.test(`a module with one of ${Object.keys(REFUSED).length} imports is refused, and nothing of it runs`, async () => {
  await using folder = temporaryFolder();
  await Deno.writeTextFile(join(folder.path, "outside.js"), "export default 1;");
  const late: string[] = [];
  // one text with all of them would stop at its first
  for (const [name, code] of Object.entries(REFUSED)) {
    const text = `${code}\nthrow new Error("it ran");\nexport default {};`;
    const answer = await ask(text, { folder: folder.path });
    if (answer.run.code !== 1 || errorOf(answer).code !== "adapter_refused" || /it ran/.test(answer.run.stdout)) {
      late.push(`${name}: ${answer.run.stdout}`);
    }
  }
  assert.deepEqual(late, []);
  assert.deepEqual(leftovers(folder.path), []);
});

const whoami = (body: string, before = "") =>
  `${before}\nexport default { name: "hostile", version: "1.0.0", handlers: { async "auth.whoami"(request, context) { ${body} } } };`;
const IDENTITY = 'return { identity: { authenticated: true, subject: "fine" } };';

/** Modules that hold up or hurt: how each ends. */
const HOLD_UP: Readonly<
  Record<string, { text: string; exit: number; code: string | readonly string[]; says?: RegExp; timeout?: string }>
> = {
  "takes memory in buffers": {
    text: whoami(
      "const held = []; for (;;) { held.push(new Uint8Array(20_000_000).fill(1)); await new Promise((done) => setTimeout(done, 2)); }",
    ),
    exit: 1,
    code: "adapter_crashed",
  },
  "takes memory in objects": {
    text: whoami(
      "const held = []; for (;;) held.push({ text: 'x'.repeat(100) + held.length, more: [held.length] });",
    ),
    exit: 1,
    code: "adapter_crashed",
  },
  "takes memory in text": {
    text: whoami(
      "let text = 'x'; const held = []; for (;;) { text += text.slice(0, 1_000_000) + held.length; held.push([...text]); }",
    ),
    exit: 1,
    code: "adapter_crashed",
  },
  "loops without end": { text: whoami("for (;;);"), exit: 13, code: "timeout", timeout: "2s" },
  "loops without end while it loads": {
    text: whoami(IDENTITY, "for (;;);"),
    exit: 13,
    code: "timeout",
    timeout: "2s",
  },
  "waits for a promise without end": {
    text: whoami("await new Promise(() => {});"),
    exit: 13,
    code: "timeout",
    timeout: "2s",
  },
  "makes promises without end": {
    text: whoami("for (;;) await null;"),
    exit: 13,
    code: "timeout",
    timeout: "2s",
  },
  "never loads": { text: whoami(IDENTITY, "await new Promise(() => {});"), exit: 13, code: "timeout", timeout: "2s" },
  "answers with 50 MB": {
    text: whoami('return { identity: { authenticated: true, subject: "x".repeat(50_000_000) } };'),
    exit: 1,
    code: "adapter_protocol",
  },
  "throws while it loads": {
    text: whoami(IDENTITY, 'throw new Error("at load");'),
    exit: 1,
    code: "adapter_crashed",
    says: /at load/,
  },
  "rejects a promise that nobody waits for": {
    text: whoami('Promise.reject(new Error("nobody waits")); await new Promise((done) => setTimeout(done, 1000));'),
    exit: 1,
    code: "adapter_crashed",
    says: /nobody waits/,
  },
  "throws in a timer": {
    text: whoami(
      'setTimeout(() => { throw new Error("in a timer"); }, 0); await new Promise((done) => setTimeout(done, 1000));',
    ),
    exit: 1,
    code: "adapter_crashed",
    says: /in a timer/,
  },
  "has no adapter": { text: "export default 5;", exit: 1, code: "adapter_crashed", says: /no adapter/ },
  "is no module": { text: "export default {", exit: 1, code: "adapter_refused" },
  "begins with a hashbang": { text: "#!/usr/bin/env node\nexport default {};", exit: 1, code: "adapter_refused" },
  "nests too deep": {
    text: `export default ${"[".repeat(200_000)}${"]".repeat(200_000)};`,
    exit: 1,
    // from source Deno's own parser gives up, and the child with it
    code: ["adapter_refused", "adapter_crashed"],
  },
  "says what is no text": {
    text: whoami("return { identity: { authenticated: true, subject: 5n } };"),
    exit: 1,
    code: "adapter_crashed",
  },
};

for (const [name, { text, exit, code, says, timeout }] of Object.entries(HOLD_UP)) {
  Deno.test(`a module that ${name} ends with ${[code].flat().join(" or ")}`, async () => {
    await using folder = temporaryFolder();
    const answer = await ask(text, { folder: folder.path, timeout });
    assert.equal(answer.run.code, exit, answer.run.stdout + answer.run.stderr);
    const error = errorOf(answer);
    assert.ok([code].flat().includes(error.code), `${error.code}: ${error.message}`);
    assert.ok(error.message.length < 5_000, "its words are not bounded");
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(error.message, /[\u0000-\u0008\u000b-\u001f\u007f]/);
    if (says !== undefined) assert.match(error.message, says);
    assert.deepEqual(leftovers(folder.path), []);
  });
}

Deno.test("a module's text for a timer is not run", async () => {
  await using folder = temporaryFolder();
  const text = whoami(
    `globalThis.ran = "no"; setTimeout("globalThis.ran = 'yes'", 0); await new Promise((done) => setTimeout(done, 100));
     return { identity: { authenticated: true, subject: globalThis.ran } };`,
  );
  const answer = await ask(text, { folder: folder.path });
  // older runtimes end the module with the error that newer ones throw at once
  if (answer.run.code === 0) assert.equal(answer.subject, "no");
  else assert.match(errorOf(answer).message, /strings|timer|function/i);
});

Deno.test("a module's flood of log lines is cut, and its answer still counts", async () => {
  await using folder = temporaryFolder();
  const answer = await ask(whoami(`for (let i = 0; i < 200_000; i++) console.log("x".repeat(100)); ${IDENTITY}`), {
    folder: folder.path,
  });
  assert.equal(answer.subject, "fine", answer.run.stdout + answer.run.stderr);
});

Deno.test("a module that spoils the language's own objects spoils nobody else's answer", async () => {
  await using folder = temporaryFolder();
  const spoil = `Object.prototype.toJSON = () => "spoiled"; Array.prototype.map = () => []; JSON.stringify = () => "{}";
    Object.entries = () => []; String.prototype.startsWith = () => true; Promise.prototype.finally = null;`;
  const answer = await ask(whoami(IDENTITY, spoil), { folder: folder.path });
  // its own answer may be spoiled; what it is not: a success of something else, or an error of ours
  if (answer.run.code !== 0) assert.match(errorOf(answer).code, /^adapter_/, answer.run.stdout);
  else assert.equal(answer.subject, "fine");
});

Deno.test("words of a module that crashes are shown without control characters and secrets", async () => {
  await using folder = temporaryFolder();
  const text = whoami(
    'throw new Error("a");',
    'throw new Error("\\u001b]52;c;x\\u0007 token=hunter2hunter2 ghp_abcdefghijklmnopqrstuvwxyz0123456789");',
  );
  const { message } = errorOf(await ask(text, { folder: folder.path }));
  assert.doesNotMatch(message, /hunter2|ghp_abc|\u001b|\u0007/);
});

for (
  const [name, make] of [
    ["to a file outside", (folder: string) => Deno.symlink("/etc/hostname", join(folder, "in/deep/link"))],
    ["to a folder above", (folder: string) => Deno.symlink("../..", join(folder, "in/deep/up"))],
    ["to nothing outside", (folder: string) => Deno.symlink(join(folder, "gone"), join(folder, "in/dangling"))],
  ] as const
) {
  Deno.test(`a granted folder with a link ${name} is refused before the module starts`, async () => {
    await using folder = temporaryFolder();
    await Deno.mkdir(join(folder.path, "in", "deep"), { recursive: true });
    await make(folder.path);
    const answer = await ask(whoami(IDENTITY), { folder: folder.path, permissions: '{"read":["in"],"write":["in"]}' });
    assert.equal(answer.run.code, 1);
    assert.equal(errorOf(answer).code, "adapter_refused");
    assert.match(errorOf(answer).message, /leads out/);
    assert.deepEqual(leftovers(folder.path), []);
  });
}

Deno.test("a granted folder may have links that stay inside, and may be reached by one", async () => {
  await using folder = temporaryFolder();
  await Deno.mkdir(join(folder.path, "real", "deep"), { recursive: true });
  await Deno.writeTextFile(join(folder.path, "real", "own"), "own");
  await Deno.symlink("../own", join(folder.path, "real", "deep", "link"));
  await Deno.symlink("real", join(folder.path, "in"));
  const text = whoami(
    `return { identity: { authenticated: true, subject: await Deno.readTextFile(${
      JSON.stringify(join(folder.path, "in/deep/link"))
    }) } };`,
  );
  const answer = await ask(text, { folder: folder.path, permissions: '{"read":["in"]}' });
  assert.equal(answer.subject, "own", answer.run.stdout);
});

for (
  const [name, permissions, says] of [
    ["run", '{"run":["id"]}', /unknown key "run"/],
    ["ffi", '{"ffi":["x"]}', /unknown key "ffi"/],
    ["all reading", '{"read":true}', /permissions\.read/],
    ["the whole network", '{"net":["*"]}', /whole network/],
    ["another kind of fact", '{"sys":["setPriority"]}', /permissions\.sys/],
  ] as const
) {
  Deno.test(`a module cannot be granted ${name}`, async () => {
    await using folder = temporaryFolder();
    const answer = await ask(whoami(IDENTITY), { folder: folder.path, permissions });
    assert.equal(answer.run.code, 1);
    assert.equal(errorOf(answer).code, "config_invalid");
    assert.match(errorOf(answer).message, says);
  });
}
