import assert from "node:assert/strict";
import { join } from "node:path";
import { admitUnpinned, confinedHost } from "../../lib/sandbox/mod.ts";
import { temporaryFolder } from "../epack.ts";

const NOTHING = { net: [], read: [], write: [], sys: [] };

/** A module adapter whose whoami runs this code and answers with its value as the subject. */
async function module(
  code: string,
  options: { grants?: Partial<Record<keyof typeof NOTHING, string[]>>; env?: Record<string, string>; whole?: string } =
    {},
) {
  await using folder = temporaryFolder();
  const path = join(folder.path, "epack-remote-m.js");
  const text = options.whole ??
    `export default { name: "m", version: "1", handlers: { async "auth.whoami"(request, context) { return { identity: { authenticated: true, subject: String(await (async () => { ${code} })()) } }; } } };`;
  await Deno.writeTextFile(path, text);
  const admitted = await admitUnpinned(path, { tempRoot: folder.path });
  await using host = await confinedHost({ module: admitted }, {
    name: "m",
    grants: { ...NOTHING, ...options.grants },
    env: options.env ?? {},
  });
  const request = { type: "auth.whoami", protocol_version: 1, request_id: "r" };
  const { stdout } = await host.call({
    command: "auth.whoami",
    input: new TextEncoder().encode(JSON.stringify(request)),
    timeoutMs: 20_000,
  });
  const answer = JSON.parse(new TextDecoder().decode(stdout));
  return answer.ok ? answer.identity.subject as string : `error: ${answer.error.message}`;
}

Deno.test("a module runs, sees its environment by name, and may use harmless modules of Node", async () => {
  assert.equal(await module('return context.env("KEY") + context.env("OTHER")', { env: { KEY: "k" } }), "kundefined");
  const whole =
    `import { createHash } from "node:crypto";\nexport default { name: "m", version: "1", handlers: { async "auth.whoami"() { return { identity: { authenticated: true, subject: createHash("sha256").update("abc").digest("hex").slice(0, 8) } }; } } };`;
  assert.equal(await module("", { whole }), "ba7816bf");
});

Deno.test("one child serves all calls of a session", async () => {
  await using folder = temporaryFolder();
  const path = join(folder.path, "m.js");
  await Deno.writeTextFile(
    path,
    'let count = 0; export default { name: "m", version: "1", handlers: { async "auth.whoami"() { return { identity: { authenticated: true, subject: String(++count) } }; } } };',
  );
  await using host = await confinedHost({ module: await admitUnpinned(path, { tempRoot: folder.path }) }, {
    name: "m",
    grants: NOTHING,
    env: {},
  });
  const input = new TextEncoder().encode(JSON.stringify({ type: "auth.whoami", protocol_version: 1, request_id: "r" }));
  const answers = await Promise.all(
    [1, 2, 3].map(() => host.call({ command: "auth.whoami", input, timeoutMs: 20_000 })),
  );
  assert.deepEqual(answers.map(({ stdout }) => JSON.parse(new TextDecoder().decode(stdout)).identity.subject), [
    "1",
    "2",
    "3",
  ]);
});

/** Ways out that must not lead anywhere: the code returns what it got hold of, or throws. */
const ESCAPES: Record<string, string> = {
  "Deno's functions":
    "return Object.keys(Deno).join() + typeof Deno.readTextFile + typeof Deno.Command + typeof Deno.env",
  "Deno's internals": "return typeof Deno[Deno.internal] + typeof globalThis.__bootstrap",
  "process":
    "return typeof process.exit + typeof process.getBuiltinModule + Object.keys(process.env).length + process.argv.length",
  "code from strings":
    "try { return eval('1') } catch (e) { try { return new Function('return 1')() } catch (f) { return e.name + f.name } }",
  "workers":
    "return typeof Worker + typeof SharedArrayBuffer + typeof WebAssembly + typeof BroadcastChannel + typeof caches + typeof navigator",
  "constructors of functions": "try { return (async () => {}).constructor('return 1')() } catch (e) { return e.name }",
};
const HELD: Record<string, RegExp> = {
  "Deno's functions": /^cwd,errorsundefinedundefinedundefined$/,
  "Deno's internals": /^undefinedundefined$/,
  "process": /^undefinedundefined00$/,
  "code from strings": /^EvalErrorEvalError$/,
  "workers": /^undefinedundefinedundefinedundefinedundefinedundefined$/,
  "constructors of functions": /^EvalError$/,
};
for (const [name, code] of Object.entries(ESCAPES)) {
  Deno.test(`a module without grants gets nothing by ${name}`, async () =>
    assert.match(await module(code), HELD[name]));
}

Deno.test("a module reaches no network that was not granted, and what was", async () => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response("reached"));
  const code = `return await (await fetch("http://127.0.0.1:${server.addr.port}/")).text()`;
  try {
    assert.match(await module(code), /^error: /);
    assert.equal(await module(code, { grants: { net: [`127.0.0.1:${server.addr.port}`] } }), "reached");
    assert.match(await module(code, { grants: { net: ["127.0.0.1:1"] } }), /^error: /);
  } finally {
    await server.shutdown();
  }
});

Deno.test("a module reads and writes below its folders and nowhere else", async () => {
  await using folder = temporaryFolder();
  const inside = join(folder.path, "in");
  await Deno.mkdir(inside);
  await Deno.writeTextFile(join(inside, "a"), "inside");
  await Deno.writeTextFile(join(folder.path, "b"), "outside");
  const read = (path: string) => `return await Deno.readTextFile(${JSON.stringify(path)})`;
  const write = (path: string) => `await Deno.writeTextFile(${JSON.stringify(path)}, "x"); return "written"`;
  const grants = { read: [inside], write: [inside] };
  assert.equal(await module(read(join(inside, "a")), { grants }), "inside");
  assert.equal(await module(write(join(inside, "c")), { grants }), "written");
  for (
    const code of [
      read(join(folder.path, "b")),
      read(join(inside, "..", "b")),
      read("/etc/hostname"),
      write(join(folder.path, "d")),
      `await Deno.remove(${JSON.stringify(join(folder.path, "b"))}); return "removed"`,
    ]
  ) {
    assert.match(await module(code, { grants }), /^error: /, code);
  }
  assert.match(await module(write(join(inside, "e")), { grants: { read: [inside] } }), /^error: /);
  assert.equal(await Deno.readTextFile(join(folder.path, "b")), "outside");
});

/** Modules that are refused before anything of them runs. */
const REFUSED: Record<string, string> = {
  "imports a file": 'import "file:///etc/hostname"; export default {};',
  "imports from the web": 'import "https://127.0.0.1/x.js"; export default {};',
  "imports from npm": 'import "npm:zod"; export default {};',
  "imports node:fs": 'import "node:fs"; export default {};',
  "imports by a call": 'export default {}; await import("node:fs");',
  "imports by a built string": 'export default {}; await import("node:" + "fs");',
  "exports from elsewhere": 'export * from "node:fs"; export default {};',
  "uses import.meta": "export default { url: import.meta.url };",
  "hides an import behind a division": "export default {}; let x = 1; x /'/;import('node:fs');/'/",
  "is no module": "export default {",
  "begins with a hashbang": "#!/usr/bin/env node\nexport default {};",
};
for (const [name, whole] of Object.entries(REFUSED)) {
  Deno.test(`a module that ${name} is refused`, async () => {
    await assert.rejects(module("", { whole }), { code: "adapter_refused" });
  });
}

Deno.test("a module that ends its child, loops without end or is no adapter is a failure that says so", async () => {
  await assert.rejects(module("", { whole: "throw new Error('at load'); export default {};" }), {
    code: "adapter_crashed",
  });
  await assert.rejects(module("", { whole: "export default 5;" }), { code: "adapter_crashed" });
  await using folder = temporaryFolder();
  const path = join(folder.path, "m.js");
  await Deno.writeTextFile(
    path,
    'export default { name: "m", version: "1", handlers: { async "auth.whoami"() { for (;;); } } };',
  );
  await using host = await confinedHost({ module: await admitUnpinned(path, { tempRoot: folder.path }) }, {
    name: "m",
    grants: NOTHING,
    env: {},
  });
  const input = new TextEncoder().encode(JSON.stringify({ type: "auth.whoami", protocol_version: 1, request_id: "r" }));
  await assert.rejects(host.call({ command: "auth.whoami", input, timeoutMs: 1_000 }), { code: "timeout" });
});

Deno.test("a module that takes too much memory is ended", async () => {
  await assert.rejects(
    module(
      "const held = []; for (;;) { held.push(new Uint8Array(20_000_000).fill(1)); await new Promise((r) => setTimeout(r, 5)); }",
    ),
    { code: "adapter_crashed" },
  );
});

Deno.test("the built-in adapter's child cannot be made to read beside its root", async () => {
  await using folder = temporaryFolder();
  const root = join(folder.path, "root");
  await Deno.mkdir(root);
  await using host = await confinedHost({ builtIn: "filesystem" }, {
    name: "filesystem",
    grants: { ...NOTHING, read: [root], write: [root] },
    env: { EPACK_REMOTE_FILE_ROOT: folder.path },
  });
  const request = {
    type: "push.prepare",
    protocol_version: 1,
    request_id: "r",
    remote: "r",
    target: {},
    pack: { path: "/p", digest: `sha256:${"a".repeat(64)}`, size_bytes: 1 },
    release: {},
  };
  const { stdout } = await host.call({
    command: "push.prepare",
    input: new TextEncoder().encode(JSON.stringify(request)),
    timeoutMs: 20_000,
  });
  assert.equal(JSON.parse(new TextDecoder().decode(stdout)).ok, false);
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["root"]);
});
