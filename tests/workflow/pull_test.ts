import assert from "node:assert/strict";
import { join } from "node:path";
import { type ScriptedProject, scriptedProject } from "./scripted_project.ts";
import { untilGone } from "../until_gone.ts";

const OTHER = `sha256:${"a".repeat(64)}`;
const old = new TextEncoder().encode("the old file");

/** Pulls with --force over an old file; whatever goes wrong before the rename must leave it as it was. */
async function pullOverOld(project: ScriptedProject, ...args: string[]) {
  await Deno.writeFile(join(project.path, "out.epack"), old);
  const run = await project.epack("pull", "s", "-o", "out.epack", "--force", ...args);
  return { ...run, kept: new TextDecoder().decode(await project.read("out.epack")) === "the old file" };
}

/** Each lie of an adapter: its script, the exit code, and what the message says. */
const LIES: Record<string, { script?: unknown; args?: string[]; code: number; says: RegExp }> = {
  "announces another digest": { script: { pack: { digest: OTHER } }, code: 2, says: /announced sha256:aaaa/ },
  "gives another pack than the digest that was asked for": {
    args: ["--digest", OTHER],
    code: 2,
    says: /instead of sha256:aaaa/,
  },
  "gives another version": {
    script: { pack: { version: "v2" } },
    args: ["--version", "v1"],
    code: 2,
    says: /gives version "v2" instead of "v1"/,
  },
  "gives another release": { args: ["--release", "rel_2"], code: 2, says: /gives release "rel_1" instead of "rel_2"/ },
  "announces a smaller size": { script: { pack: { size_bytes: 10 } }, code: 2, says: /10 were announced/ },
  "announces a larger size": { script: { pack: { size_bytes: 10_000_000 } }, code: 2, says: /10000000 were announced/ },
  "announces a negative size": {
    script: { pack: { size_bytes: -1 } },
    code: 1,
    says: /pack.sizeBytes|pack.size_bytes/,
  },
  "gives an ftp address": { script: { download: { url: "ftp://127.0.0.1/x" } }, code: 15, says: /ftp: is not https/ },
  "gives an http address elsewhere": {
    script: { download: { url: "http://127.0.0.2/x" } },
    code: 15,
    says: /http is only allowed to this machine/,
  },
  "gives an address with a password": {
    script: { download: { url: "https://u:p@127.0.0.1/x" } },
    code: 15,
    says: /user or a password/,
  },
  "sends an Authorization over http": {
    script: { download: { url: "http://127.0.0.1:9/x", headers: { Authorization: "Bearer x" } } },
    code: 15,
    says: /would travel in clear/,
  },
  "leads out of the file root": {
    script: { download: { url: "file:///etc/hostname" } },
    code: 1,
    says: /is not below/,
  },
  "names a host in a file address": {
    script: { download: { url: "file://example/etc/hostname" } },
    code: 15,
    says: /path alone/,
  },
  "asks to download by DELETE": {
    script: { download: { method: "DELETE", url: "http://127.0.0.1:9/x" } },
    code: 1,
    says: /download by "DELETE"/,
  },
  "gives an address that expired": {
    script: { download: { expires_at: "2020-01-01T00:00:00Z" } },
    code: 1,
    says: /expired at 2020/,
  },
  "leaves the token out": { script: { finalize_token: null }, code: 1, says: /finalize_token/ },
  "answers with another type": {
    script: { type: "push.prepare.result" },
    code: 1,
    says: /its type is "push.prepare.result"/,
  },
  "answers to another request": { script: { request_id: "x" }, code: 1, says: /request_id/ },
  "says ok beside an error": {
    script: { error: { code: "x", message: "y" } },
    code: 1,
    says: /ok is true beside an error/,
  },
  "answers with the type error and ok": { script: { type: "error" }, code: 1, says: /its type is "error"/ },
  "prints two documents": { script: { raw: "{}\n{}\n" }, code: 1, says: /more after its end/ },
  "prints nothing": { script: { raw: "" }, code: 1, says: /printed nothing/ },
};

for (const [name, { script, args = [], code, says }] of Object.entries(LIES)) {
  Deno.test(`pull() keeps the old file and says why when the adapter ${name}`, async () => {
    await using project = await scriptedProject();
    if (script !== undefined) await project.script({ "pull.prepare": script });
    const run = await pullOverOld(project, ...args);
    assert.equal(run.code, code, run.stderr);
    assert.match(run.stderr, says);
    assert.ok(run.kept, "the old file is gone");
    assert.deepEqual((await project.leftovers()).filter((name) => name !== "out.epack"), []);
    assert.deepEqual(project.tempFiles(), []);
  });
}

Deno.test("pull() keeps the old file when what arrives is no zip", async () => {
  await using project = await scriptedProject();
  await Deno.writeTextFile(join(project.store, "store.epack"), "this is no zip");
  const run = await pullOverOld(project);
  assert.equal(run.code, 2);
  assert.ok(run.kept);
});

Deno.test("pull() keeps the old file when an artifact was changed and its CRC with it", async () => {
  await using project = await scriptedProject();
  const bytes = await Deno.readFile(join(project.store, "store.epack"));
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  await Deno.writeFile(join(project.store, "store.epack"), bytes);
  const run = await pullOverOld(project);
  assert.equal(run.code, 2);
  assert.ok(run.kept);
});

Deno.test("pull() keeps the new file, exits 1 and leaves a receipt when the adapter does not confirm", async () => {
  await using project = await scriptedProject();
  await project.script({ "pull.finalize": { confirmed: false } });
  const run = await project.epack("pull", "s", "-o", "out.epack");
  assert.equal(run.code, 1);
  assert.match(run.stderr, /did not confirm/);
  assert.deepEqual(await project.read("out.epack"), await project.read("good.epack"));
  const [receipt] = [...Deno.readDirSync(join(project.path, ".epack/receipts/pull/s"))];
  const written = JSON.parse(await Deno.readTextFile(join(project.path, ".epack/receipts/pull/s", receipt.name)));
  assert.equal(written.confirmed, false);
});

Deno.test("pull() never replaces a file without --force, not even a dangling link", async () => {
  await using project = await scriptedProject();
  await Deno.symlink("nowhere", join(project.path, "link.epack"));
  const linked = await project.epack("pull", "s", "-o", "link.epack");
  assert.equal(linked.code, 1);
  assert.equal(await Deno.readLink(join(project.path, "link.epack")), "nowhere");
  const forced = await project.epack("pull", "s", "-o", "link.epack", "--force");
  assert.equal(forced.code, 1);
  assert.equal(await Deno.readLink(join(project.path, "link.epack")), "nowhere");
});

Deno.test("pull() accepts the pack_digest in place of the file's digest, as the package dialect has it", async () => {
  await using project = await scriptedProject();
  const { stdout } = await project.epack("inspect", "good.epack", "--digest");
  await project.script({
    "pull.prepare": { type: "pull.prepare", pack: { digest: stdout.trim(), size_bytes: null, stream: null } },
  });
  const run = await project.epack("pull", "s", "-o", "out.epack", "--digest", stdout.trim());
  assert.equal(run.code, 0, run.stderr);
});

Deno.test("pull() refuses to write over the remote's own copy", async () => {
  await using project = await scriptedProject();
  const before = await project.read("store/store.epack");
  const run = await project.epack("pull", "s", "-o", "store/store.epack", "--force");
  assert.equal(run.code, 1);
  assert.match(run.stderr, /the remote's own copy/);
  assert.deepEqual(await project.read("store/store.epack"), before);
});

Deno.test("pull() of several at once gives the output to exactly one", async () => {
  await using project = await scriptedProject();
  const runs = await Promise.all([1, 2, 3, 4].map(() => project.epack("pull", "s", "-o", "out.epack")));
  assert.deepEqual(runs.map(({ code }) => code).sort(), [0, 1, 1, 1]);
  assert.deepEqual(await project.read("out.epack"), await project.read("good.epack"));
});

Deno.test("pull() receipts of one second do not overwrite each other", async () => {
  await using project = await scriptedProject();
  const runs = await Promise.all(
    [1, 2, 3, 4, 5, 6].map((number) => project.epack("pull", "s", "-o", `out${number}.epack`)),
  );
  assert.ok(runs.every(({ code }) => code === 0), runs.map(({ stderr }) => stderr).join());
  assert.equal([...Deno.readDirSync(join(project.path, ".epack/receipts/pull/s"))].length, 6);
});

/** A pull over an old file, whose adapter has begun and will not answer. */
async function hangingPull(project: ScriptedProject) {
  await project.script({ "pull.prepare": { do: "echo $$ > pid; exec sleep 60" } });
  await Deno.writeFile(join(project.path, "out.epack"), old);
  const child = project.start("pull", "s", "-o", "out.epack", "--force");
  const drained = Promise.all([child.stdout, child.stderr].map((pipe) => new Response(pipe).text()));
  return { child, drained, pid: Number(await untilWritten(join(project.store, "pid"))) };
}

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  Deno.test(`pull() exits ${code} and leaves the old file, no staging and no adapter when ${signal} comes`, async () => {
    await using project = await scriptedProject();
    const { child, drained, pid } = await hangingPull(project);
    child.kill(signal);
    const status = await child.status;
    await drained;
    assert.equal(status.code, code);
    assert.equal(new TextDecoder().decode(await project.read("out.epack")), "the old file");
    assert.deepEqual(project.tempFiles(), []);
    await untilGone(pid);
  });
}

Deno.test("pull() leaves the old file when it is killed, and a later run sweeps what it left", async () => {
  await using project = await scriptedProject();
  const { child, drained, pid } = await hangingPull(project);
  child.kill("SIGKILL");
  await child.status;
  Deno.kill(pid, "SIGKILL");
  await drained;
  assert.equal(new TextDecoder().decode(await project.read("out.epack")), "the old file");
  assert.equal(project.tempFiles().length, 1);
  await project.script({});
  assert.equal((await project.epack("pull", "s", "-o", "out.epack", "--force")).code, 0);
  assert.deepEqual(project.tempFiles(), []);
});

async function untilWritten(path: string): Promise<string> {
  for (;;) {
    const text = await Deno.readTextFile(path).catch(() => "");
    if (text.trim() !== "") return text.trim();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
