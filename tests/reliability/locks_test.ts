/** Several processes of the whole program on one output, one lockfile, one folder of receipts, one `.epack`. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { digestOf } from "../../lib/digest/mod.ts";
import { ROOT } from "../../scripts/root.ts";
import { faultyServer } from "../servers/faulty_server.ts";
import { REPOSITORY, suppliedProject } from "../supply/supplied_project.ts";
import { type ScriptedProject, scriptedProject } from "../workflow/scripted_project.ts";

const AT_ONCE = 20;
const times = <Value>(count: number, run: (index: number) => Promise<Value>) =>
  Promise.all(Array.from({ length: count }, (_, index) => run(index)));

Deno.test("20 pulls --force at once onto one output: it is whole, and who did not write it says who does", async () => {
  await using project = await scriptedProject();
  await Deno.writeTextFile(join(project.path, "out.epack"), "the old file");
  const runs = await times(AT_ONCE, () => project.epack("pull", "s", "-o", "out.epack", "--force"));
  assert.ok(runs.some(({ code }) => code === 0), runs[0].stderr);
  for (const { code, stderr } of runs) {
    if (code === 0) continue;
    assert.match(stderr, /out\.epack" is being written by (?:process \d+ \(epack pull s, since|another process)/);
    assert.equal(code, 1);
  }
  assert.deepEqual(await project.read("out.epack"), await project.read("good.epack"));
  assert.deepEqual(await project.leftovers(), ["out.epack"]);
});

/** A pull that holds its output: its download has begun and does not end. */
async function holdingPull(project: ScriptedProject) {
  const begun = Promise.withResolvers<void>();
  const server = faultyServer(async ({ send, ended }) => {
    await send("HTTP/1.1 200 OK\r\n\r\n", "PK");
    begun.resolve();
    await ended;
  });
  await project.script({ "pull.prepare": { download: { url: `${server.origin}/x` } } });
  const child = project.start("pull", "s", "-o", "out.epack");
  const drained = Promise.all([child.stdout, child.stderr].map((pipe) => new Response(pipe).text()));
  await begun.promise;
  return {
    pid: child.pid,
    async kill() {
      child.kill("SIGKILL");
      await child.status;
      await drained;
      await server[Symbol.asyncDispose]();
      await project.script({});
    },
  };
}

Deno.test("a pull onto an output that another one writes ends with 1 and names it; a kill -9 of the other frees it", async () => {
  await using project = await scriptedProject();
  const holder = await holdingPull(project);
  const second = await project.epack("pull", "s", "-o", "out.epack", "--force");
  assert.equal(second.code, 1, second.stderr);
  const now = new Date().toISOString().slice(0, 10);
  assert.match(second.stderr, new RegExp(`process ${holder.pid} \\(epack pull s, since ${now}T[\\d:]{8}Z\\)`));
  await holder.kill();
  const third = await project.epack("pull", "s", "-o", "out.epack");
  assert.equal(third.code, 0, third.stderr);
  assert.deepEqual(await project.read("out.epack"), await project.read("good.epack"));
  assert.deepEqual(await project.leftovers(), ["out.epack"]);
});

for (const kind of ["link", "folder"]) {
  Deno.test(`a pull follows and writes to no ${kind} in the place of its output's lock`, async () => {
    await using project = await scriptedProject();
    const victim = join(project.path, "evidence.txt");
    const before = await Deno.readTextFile(victim);
    const place = join(project.path, ".out.epack.lock");
    await (kind === "link" ? Deno.symlink(victim, place) : Deno.mkdir(place));
    const run = await project.epack("pull", "s", "-o", "out.epack");
    assert.equal(run.code, 1, run.stderr);
    assert.match(run.stderr, /lock ".*\.out\.epack\.lock" is no regular file/);
    assert.equal(await Deno.readTextFile(victim), before);
    assert.equal((await Deno.lstat(place)).isFile, false);
  });
}

Deno.test("20 epack lock at once, each of another remote, all stand in the lockfile", async () => {
  await using project = await scriptedProject();
  const names = Array.from({ length: AT_ONCE }, (_, index) => `r${index}`);
  const yaml = await Deno.readTextFile(join(project.path, "epack.yaml"));
  const remotes = names.map((name) => `  ${name}: {binary: ${project.path}/epack-remote-scripted}\n`);
  await Deno.writeTextFile(join(project.path, "epack.yaml"), yaml + remotes.join(""));
  const runs = await times(AT_ONCE, (index) => project.epack("lock", names[index]));
  for (const { code, stderr } of runs) assert.equal(code, 0, stderr);
  const check = await project.epack("lock", "--check");
  assert.equal(check.code, 0, check.stderr);
  const lock = await Deno.readTextFile(join(project.path, "epack.lock.yaml"));
  assert.deepEqual([...lock.matchAll(/^ {2}(\w+):$/gm)].map(([, name]) => name).sort(), [...names, "s"].sort());
});

Deno.test("install, update and sync at once in one project leave one lockfile and one whole adapter", async () => {
  await using project = await suppliedProject();
  project.github.repositories[0].releases = [await project.release("v1.0.0")];
  await project.source(`${REPOSITORY}@^1`);
  const trusting = (...args: string[]) => project.epack(...args, "--trust-root", "root.json");
  const first = await trusting("install");
  assert.equal(first.code, 0, first.stderr);
  await Deno.remove(join(project.path, ".epack"), { recursive: true });
  const commands = ["install", "update", "sync"];
  const runs = await times(9, (index) => trusting(commands[index % commands.length]));
  for (const { code, stderr } of runs) assert.equal(code, 0, stderr);
  const frozen = await trusting("sync", "--frozen");
  assert.equal(frozen.code, 0, frozen.stderr);
  const who = await project.epack("remote", "whoami", "x", "--json");
  assert.equal(JSON.parse(who.stdout).identities[0].authenticated, true, who.stdout + who.stderr);
});

Deno.test("1000 receipts of one pack in one second, by four processes, are 1000 files, each whole", async () => {
  await using project = await scriptedProject();
  const room = JSON.stringify(new URL("../../lib/receipt/mod.ts", import.meta.url).href);
  const code = `
    import { openReceipts } from ${room};
    const store = await openReceipts(${JSON.stringify(project.path)}, "push", { remote: "s" });
    const at = new Date("2026-01-01T00:00:00Z");
    for (let n = 0; n < 250; n++) await store.write({ n, by: Deno.pid }, { at, digest: "${digestOf("x")}" });`;
  const runs = await times(
    4,
    () => new Deno.Command(Deno.execPath(), { args: ["eval", "--quiet", `--config=${ROOT}deno.json`, code] }).output(),
  );
  for (const { success, stderr } of runs) assert.ok(success, new TextDecoder().decode(stderr));
  const folder = join(project.path, ".epack", "receipts", "push", "s");
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const said = names.map((name) => JSON.parse(Deno.readTextFileSync(join(folder, name))));
  assert.equal(new Set(said.map(({ n, by }) => `${n} ${by}`)).size, 1000);
  assert.ok(names.every((name) => /^20260101_000000_[0-9a-f]{8}(?:_\d+)?\.json$/.test(name)), names.join());
});
