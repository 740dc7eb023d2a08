import assert from "node:assert/strict";
import { join } from "node:path";
import { type Digest, digestOf } from "../../lib/digest/mod.ts";
import { ADAPTER } from "../../lib/limits.ts";
import { adapterEnv, admitPinned, admitUnpinned, nativeHost } from "../../lib/sandbox/mod.ts";
import { temporaryFolder } from "../epack.ts";
import { untilGone } from "../until_gone.ts";

/** A script as an admitted adapter, and what one call of it gives. */
async function adapter(script: string) {
  const folder = temporaryFolder();
  const path = join(folder.path, "epack-remote-x");
  const temp = join(folder.path, "tmp");
  await Deno.mkdir(temp);
  await Deno.writeTextFile(path, `#!/bin/sh\n${script}\n`);
  await Deno.chmod(path, 0o755);
  const admitted = await admitUnpinned(path, { tempRoot: temp });
  const host = nativeHost(admitted, { name: "x", env: { ...adapterEnv({ HOME: folder.path }), ROOT: folder.path } });
  return {
    path: folder.path,
    call: (options: { input?: string; timeoutMs?: number; signal?: AbortSignal } = {}) =>
      host.call({
        command: "auth.whoami",
        timeoutMs: 20_000,
        ...options,
        input: options.input === undefined ? undefined : new TextEncoder().encode(options.input),
      }),
    tempFiles: () => [...Deno.readDirSync(temp)].map(({ name }) => name),
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      assert.deepEqual([...Deno.readDirSync(temp)], []);
      await folder[Symbol.asyncDispose]();
    },
  };
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("nativeHost() gives stdin, the command, stdout, the exit code and the end of stderr", async () => {
  await using x = await adapter('read line; echo "$1:$line"; echo log >&2; exit 3');
  const result = await x.call({ input: "hello\n" });
  assert.deepEqual({ ...result, stdout: text(result.stdout) }, {
    stdout: "auth.whoami:hello\n",
    exitCode: 3,
    stderrTail: "log\n",
  });
});

Deno.test("nativeHost() ends an adapter that writes without end to stdout, with bounded memory", async () => {
  await using x = await adapter("yes");
  const before = Deno.memoryUsage().rss;
  await assert.rejects(x.call(), { code: "adapter_protocol" });
  assert.ok(Deno.memoryUsage().rss - before < 64 * 1024 * 1024 + ADAPTER.responseBytes);
});

Deno.test("nativeHost() ends an adapter that writes without end to stderr", async () => {
  await using x = await adapter("yes >&2");
  await assert.rejects(x.call(), { code: "adapter_protocol" });
});

Deno.test("nativeHost() ends an adapter that ignores SIGTERM and never answers, and its children", async () => {
  await using x = await adapter('trap "" TERM; sleep 300 & echo $! > "$ROOT/pid"; wait; sleep 300');
  await assert.rejects(x.call({ timeoutMs: 3_000 }), { code: "timeout", exitCode: 13 });
  await untilGone(Number(await Deno.readTextFile(join(x.path, "pid"))));
});

Deno.test("nativeHost() does not wait for a grandchild that keeps the pipes", async () => {
  await using x = await adapter("setsid sleep 30 & echo done");
  assert.equal(text((await x.call()).stdout), "done\n");
});

Deno.test("nativeHost() takes the answer of an adapter that never reads its request", async () => {
  await using x = await adapter("echo answer");
  assert.equal(text((await x.call({ input: "x".repeat(120_000) })).stdout), "answer\n");
});

Deno.test("nativeHost() stops at an abort, with its reason", async () => {
  await using x = await adapter("sleep 300");
  const controller = new AbortController();
  const call = x.call({ signal: controller.signal });
  setTimeout(() => controller.abort(new Error("stop")), 100);
  await assert.rejects(call, /stop/);
});

Deno.test("nativeHost() says so when the interpreter is missing", async () => {
  await using folder = temporaryFolder();
  const path = join(folder.path, "bad");
  await Deno.writeTextFile(path, "#!/nowhere/interpreter\n", { mode: 0o755 });
  await using host = nativeHost(await admitUnpinned(path, { tempRoot: folder.path }), { name: "bad", env: {} });
  await assert.rejects(host.call({ command: "x", timeoutMs: 5_000 }), {
    code: "adapter_refused",
    message: /cannot be started/,
  });
});

Deno.test("nativeHost() gives a failure for a file that is no program", async () => {
  await using folder = temporaryFolder();
  const path = join(folder.path, "bad");
  await Deno.writeTextFile(path, "\x7fELF no program\ntouch evil\n", { mode: 0o755 });
  await using host = nativeHost(await admitUnpinned(path, { tempRoot: folder.path }), { name: "bad", env: {} });
  const outcome = await host.call({ command: "x", timeoutMs: 5_000 }).catch((error) => error.code);
  assert.ok(outcome === "adapter_refused" || (outcome.exitCode !== 0 && outcome.stdout.length === 0), outcome);
});

Deno.test("nativeHost() leaves a request that only a daemon could still read", async () => {
  await using x = await adapter(`exec python3 -c '
import os, time
told, tell = os.pipe()
if os.fork() == 0:
    os.setsid()
    with open(os.environ["ROOT"] + "/pid", "w") as pid: pid.write(str(os.getpid()))
    os.close(tell)
    time.sleep(60)
    os._exit(0)
os.close(tell)
os.read(told, 1)
print("done", flush=True)
'`);
  const call = x.call({ input: "x".repeat(1_000_000) });
  assert.equal(text((await call).stdout), "done\n");
  const daemon = Number(await Deno.readTextFile(join(x.path, "pid")));
  Deno.kill(daemon, "SIGKILL");
  await untilGone(daemon);
});

/** What an adapter may do to its sealed copy between two commands; `$0` is the copy. */
const REWRITES: Record<string, string> = {
  "writes into it": 'chmod 700 "$0"; printf "#!/bin/sh\necho evil\n" > "$0"',
  "writes as many bytes and puts the time back":
    `chmod 700 "$0"; touch -r "$0" ref; tr o 0 < "$0" > new; cat new > "$0";
    touch -r ref "$0"; chmod 500 "$0"; rm ref new`,
  "puts another file in its place": 'cp "$0" new; echo "echo evil" >> new; mv new "$0"',
  "puts a link in its place": 'cp "$0" new; rm "$0"; ln -s new "$0"',
  "puts a FIFO in its place": 'rm "$0"; mkfifo "$0"',
  "removes it": 'rm "$0"',
  "removes the whole folder": 'rm -r "$(dirname "$(dirname "$0")")"',
};
for (const [what, script] of Object.entries(REWRITES)) {
  Deno.test(`nativeHost() starts no sealed copy of an adapter that ${what}`, async () => {
    await using x = await adapter(`cd "$(dirname "$0")"; chmod 700 .; echo good; ${script}`);
    assert.equal(text((await x.call()).stdout), "good\n");
    await assert.rejects(x.call(), { code: "adapter_digest_mismatch", exitCode: 11 });
  });
}

Deno.test("admitPinned() runs the pinned bytes only, and leaves nothing of others", async () => {
  await using folder = temporaryFolder();
  const path = join(folder.path, "adapter");
  const temp = join(folder.path, "tmp");
  await Deno.mkdir(temp);
  await Deno.writeTextFile(path, "#!/bin/sh\necho good\n");
  const pin = { digest: digestOf("#!/bin/sh\necho good\n") };
  {
    using admitted = await admitPinned(path, pin, { tempRoot: temp });
    await Deno.writeTextFile(path, "#!/bin/sh\necho evil\n");
    const { stdout } = await new Deno.Command(admitted.path).output();
    assert.equal(text(stdout), "good\n");
    assert.equal(((await Deno.stat(admitted.path)).mode ?? 0) & 0o777, 0o500);
    assert.equal(((await Deno.stat(join(admitted.path, ".."))).mode ?? 0) & 0o777, 0o500);
  }
  await assert.rejects(admitPinned(path, pin, { tempRoot: temp }), { code: "adapter_digest_mismatch", exitCode: 11 });
  await assert.rejects(admitPinned(join(folder.path, "nowhere"), pin, { tempRoot: temp }), {
    code: "adapter_not_installed",
    exitCode: 14,
  });
  await assert.rejects(admitPinned(folder.path, pin, { tempRoot: temp }), { code: "file_refused" });
  await assert.rejects(admitPinned("/dev/zero", pin, { tempRoot: temp }), { code: "file_refused" });
  await Deno.symlink(path, join(folder.path, "link"));
  await assert.rejects(admitPinned(join(folder.path, "link"), pin, { tempRoot: temp }), { code: "file_refused" });
  await assert.rejects(admitPinned(path, { digest: pin.digest.toUpperCase() as Digest }, { tempRoot: temp }), {
    code: "adapter_digest_mismatch",
  });
  using sparse = await Deno.create(join(folder.path, "huge"));
  await sparse.truncate(ADAPTER.nativeBytes + 1);
  await assert.rejects(admitPinned(join(folder.path, "huge"), pin, { tempRoot: temp }), { code: "limit_exceeded" });
  assert.deepEqual([...Deno.readDirSync(temp)], []);
});

Deno.test("adapterEnv() hands on a short list, without credentials in proxies, with the system's PATH", () => {
  const host = {
    HOME: "/h",
    PATH: "/evil:/usr/bin",
    LD_PRELOAD: "x",
    AWS_SECRET_ACCESS_KEY: "s",
    KEY: "k",
    HTTPS_PROXY: "http://u:p@127.0.0.1:3128",
    http_proxy: "u:p@127.0.0.1:8080",
    NO_PROXY: "localhost",
    GITHUB_TOKEN: "t",
  };
  assert.deepEqual(adapterEnv(host, { secrets: ["KEY", "UNSET"], endpoint: "https://127.0.0.1/", fileRoot: "/r" }), {
    HOME: "/h",
    KEY: "k",
    HTTPS_PROXY: "http://127.0.0.1:3128",
    http_proxy: "127.0.0.1:8080",
    NO_PROXY: "localhost",
    PATH: "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin",
    EPACK_REMOTE_PROTOCOL_VERSION: "1",
    EPACK_REMOTE_ENDPOINT: "https://127.0.0.1/",
    EPACK_REMOTE_FILE_ROOT: "/r",
  });
  assert.equal(adapterEnv(host, { inheritPath: true }).PATH, "/evil:/usr/bin");
});
