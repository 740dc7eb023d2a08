/** Commands that go on after their answer: on each kind of host. */
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { JsonEnd } from "../../lib/sandbox/json_end.ts";
import { adapterEnv, admitUnpinned, confinedHost, nativeHost } from "../../lib/sandbox/mod.ts";
import { temporaryFolder } from "../epack.ts";
import { untilGone } from "../until_gone.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("JsonEnd finds the end of an object in whatever pieces it comes, and what follows does not matter", () => {
  fc.assert(fc.property(
    fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()),
    fc.nat({ max: 2 }),
    fc.string(),
    fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
    (value, indent, after, sizes) => {
      const object = bytes(` \n${JSON.stringify(value, null, indent)}`);
      const all = bytes(text(object) + after);
      const end = new JsonEnd();
      let length = 0;
      for (let at = 0, turn = 0; at < all.length; turn++) {
        const piece = all.subarray(at, at + sizes[turn % sizes.length]);
        at += piece.length;
        const found = end.add(piece);
        length += found ?? piece.length;
        if (found !== undefined) return assert.equal(length, object.length);
      }
      assert.fail("no end was found");
    },
  ));
});

Deno.test("JsonEnd takes what is no object as it is", () => {
  for (const no of ["[1]", "log line", '"text"', "\ufeff{}"]) {
    assert.equal(new JsonEnd().add(bytes(no)), bytes(no).length);
  }
  assert.equal(new JsonEnd().add(bytes(" \n")), undefined);
});

/** A native adapter, and how one command of it is started. */
async function adapter(script: string, interpreter = "/bin/sh") {
  const folder = temporaryFolder();
  const path = join(folder.path, "epack-remote-x");
  await Deno.writeTextFile(path, `#!${interpreter}\n${script}\n`, { mode: 0o755 });
  const admitted = await admitUnpinned(path, { tempRoot: folder.path });
  const host = nativeHost(admitted, { name: "x", env: { ...adapterEnv({}), ROOT: folder.path } });
  return {
    start: (options: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
      host.start({ command: "auth.login", input: bytes("request\n"), timeoutMs: 20_000, ...options }),
    write: (name: string) => Deno.writeTextFile(join(folder.path, name), ""),
    read: (name: string) => Deno.readTextFile(join(folder.path, name)),
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

Deno.test("nativeHost().start() has the answer while the process lives, and its end later", async () => {
  await using x = await adapter(`
read line
printf '{"got": "%s",\\n "text": "}{"}rest' "$line"
echo said >&2
while [ ! -e "$ROOT/go" ]; do sleep 0.05; done
echo more >&2
exit 4`);
  await using started = await x.start();
  const answer = await started.answer;
  assert.deepEqual(JSON.parse(text(answer.stdout)), { got: "request", text: "}{" });
  assert.equal(answer.exitCode, 0);
  await x.write("go");
  const end = await started.ended;
  assert.deepEqual([end?.exitCode, end?.stderrTail], [4, "said\nmore\n"]);
});

Deno.test("nativeHost().start() keeps stdin open until the answer, and ends it then", async () => {
  await using x = await adapter(
    `
import select, sys
sys.stdin.buffer.raw.read(100)
closed = select.select([sys.stdin], [], [], 0.3)[0]
print('{"stdin": "%s"}' % ("closed" if closed else "open"), flush=True)
sys.stdin.buffer.raw.read(1)`,
    "/usr/bin/python3",
  );
  await using started = await x.start();
  assert.equal(text((await started.answer).stdout), '{"stdin": "open"}');
  // it waits for nothing but the end of stdin
  assert.equal((await started.ended)?.exitCode, 0);
});

Deno.test("nativeHost().start() ends stdin for an adapter that answers only then", async () => {
  await using x = await adapter("cat > /dev/null; echo '{}'");
  await using started = await x.start();
  assert.equal(text((await started.answer).stdout), "{}");
});

Deno.test("nativeHost().start() that is disposed of ends the process and its children", async () => {
  await using x = await adapter('trap "" TERM; sleep 300 & echo $! > "$ROOT/pid"; echo "{}"; wait');
  const started = await x.start();
  await started.answer;
  await started[Symbol.asyncDispose]();
  await untilGone(Number(await x.read("pid")));
  await started[Symbol.asyncDispose]();
});

Deno.test("nativeHost().start() gives the end of a process that answers with nothing whole", async () => {
  await using x = await adapter("echo '{\"half\":'; echo why >&2; exit 3");
  await using started = await x.start();
  const { stdout, exitCode, stderrTail } = await started.answer;
  assert.deepEqual([text(stdout), exitCode, stderrTail], ['{"half":\n', 3, "why\n"]);
});

Deno.test("nativeHost().start() judges what is no object at once, though the process lives on", async () => {
  await using x = await adapter("echo Open your browser; sleep 300");
  await using started = await x.start();
  assert.equal(text((await started.answer).stdout), "Open your browser\n");
});

Deno.test("nativeHost().start() ends a process that does not answer in time, or floods its pipes after its answer", async () => {
  await using silent = await adapter("sleep 300");
  await using late = await silent.start({ timeoutMs: 500 });
  await assert.rejects(late.answer, { code: "timeout", message: /auth\.login within 0\.5 s/ });
  for (const flood of ["yes", "yes >&2"]) {
    await using x = await adapter(`echo '{}'; ${flood}`);
    await using started = await x.start();
    assert.equal(text((await started.answer).stdout), "{}");
    await assert.rejects(started.ended ?? Promise.resolve(), { code: "adapter_protocol" });
  }
});

Deno.test("nativeHost().start() that is aborted after its answer ends with the abort's reason", async () => {
  await using x = await adapter("echo '{}'; sleep 300");
  const interruption = new AbortController();
  await using started = await x.start({ signal: interruption.signal });
  await started.answer;
  interruption.abort(new Error("enough"));
  await assert.rejects(started.ended ?? Promise.resolve(), /enough/);
});

Deno.test("confinedHost().start() answers, and what the module goes on with goes on beside other calls", async () => {
  await using folder = temporaryFolder();
  const path = join(folder.path, "m.js");
  await Deno.writeTextFile(
    path,
    `let known = false, asked = 0;
const told = Promise.withResolvers();
export default { name: "m", version: "1", handlers: {
  async "auth.login"() {
    told.promise.then(() => { known = true; });
    return { instructions: { userCode: "A", verificationUri: "https://a.test/", expiresInSeconds: 60 } };
  },
  async "auth.whoami"() {
    if (++asked === 2) told.resolve();
    return { identity: { authenticated: known } };
  },
} };`,
  );
  await using host = await confinedHost({ module: await admitUnpinned(path, { tempRoot: folder.path }) }, {
    name: "m",
    grants: { net: [], read: [], write: [], sys: [] },
    env: {},
  });
  const call = (command: string) => ({
    command,
    input: bytes(JSON.stringify({ type: command, protocol_version: 1, request_id: "r" })),
    timeoutMs: 20_000,
  });
  await using started = await host.start(call("auth.login"));
  assert.match(text((await started.answer).stdout), /"user_code":"A"/);
  assert.equal(started.ended, undefined);
  const known = async () => JSON.parse(text((await host.call(call("auth.whoami"))).stdout)).identity.authenticated;
  assert.equal(await known(), false);
  while (!await known());
});
