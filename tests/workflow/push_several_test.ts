import assert from "node:assert/strict";
import { join } from "node:path";
import { newAuthority } from "../trust/authority.ts";
import { signedPack } from "../trust/signed_pack.ts";
import { type ScriptedProject, scriptedProject } from "./scripted_project.ts";

/** A project with three packs and a second remote, `local`, that is built in. */
async function severalProject(): Promise<ScriptedProject> {
  const project = await scriptedProject();
  const config = join(project.path, "epack.yaml");
  const text = await Deno.readTextFile(config);
  await Deno.writeTextFile(
    config,
    `${text}  local: {adapter: filesystem, transport: {file_root: "${project.path}/releases"}}\n`,
  );
  for (const name of ["b", "c"]) {
    await Deno.writeTextFile(join(project.path, `${name}.txt`), name);
    assert.equal((await project.epack("build", `${name}.epack`, `${name}.txt`)).code, 0);
  }
  return project;
}

const receipts = (project: ScriptedProject, remote: string) => {
  try {
    // beside them stand files that only try whether one may write there
    const names = [...Deno.readDirSync(join(project.path, ".epack/receipts/push", remote))].map(({ name }) => name);
    return names.filter((name) => name.endsWith(".json")).length;
  } catch {
    return 0;
  }
};

/** One byte of the contents differs. */
async function damage(project: ScriptedProject, name: string) {
  const bytes = await project.read(name) ?? new Uint8Array();
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  await Deno.writeFile(join(project.path, name), bytes);
}

Deno.test("epack push sends several packs to a remote, each with its release and receipt", async () => {
  await using project = await severalProject();
  const run = await project.epack("push", "local", "good.epack", "b.epack", "./b.epack", "c.epack");
  assert.equal(run.code, 0, run.stderr);
  assert.match(
    run.stdout,
    /^Pushed 3 of 3\n {2}✓ good\.epack → local {2}rel_\w+.*\n {2}✓ \.\/b\.epack → local {3}rel_\w+.*\n {2}✓ c\.epack → local {5}rel_\w+.*\n$/,
  );
  assert.equal(receipts(project, "local"), 3);
});

Deno.test("epack push --remote sends every pack to every remote, and --json has each push as it would be alone", async () => {
  await using project = await severalProject();
  const args = ["--remote", "s", "--remote", "local", "b.epack", "c.epack", "--json"];
  const run = await project.epack("push", ...args);
  assert.equal(run.code, 0, run.stderr);
  const { pushed, failed, results } = JSON.parse(run.stdout);
  assert.deepEqual([pushed, failed], [4, 0]);
  assert.deepEqual(
    results.map(({ remote, pack }: Record<string, string>) => `${pack} ${remote}`),
    ["b.epack s", "b.epack local", "c.epack s", "c.epack local"],
  );
  const alone = JSON.parse((await project.epack("push", "local", "good.epack", "--json")).stdout);
  assert.deepEqual(Object.keys(results[1]), Object.keys(alone));
  assert.deepEqual([receipts(project, "s"), receipts(project, "local")], [2, 3]);
});

Deno.test("epack push of several: one that fails stops no other, and the first failure in order gives the exit code", async () => {
  await using project = await severalProject();
  await damage(project, "b.epack");
  await project.script({ "push.finalize": { raw: "nonsense" } });
  const args = ["push", "--remote", "local", "--remote", "s", "b.epack", "c.epack"];
  const run = await project.epack(...args);
  assert.equal(run.code, 2, run.stdout);
  const [head, ...lines] = run.stdout.trimEnd().split("\n").filter((line) => !line.includes("hint:"));
  assert.equal(head, "Pushed 1 of 4");
  assert.deepEqual(lines.map((line) => line.slice(2, 3)), ["✗", "✗", "✓", "✗"]);
  assert.match(lines[3], /c\.epack → s .*push\.finalize/);
  assert.deepEqual([receipts(project, "local"), receipts(project, "s")], [1, 0]);
  const { pushed, failed, results } = JSON.parse((await project.epack(...args, "--json")).stdout);
  assert.deepEqual([pushed, failed], [1, 3]);
  assert.deepEqual(Object.keys(results[0]), ["pushed", "remote", "pack", "error"]);
  assert.equal(results[0].error.exit, 2);
});

for (
  const [what, words, code, says] of [
    [
      "a second remote that is unknown",
      ["--remote", "local", "--remote", "lcal", "b.epack"],
      1,
      /did you mean "local"/,
    ],
    ["a second pack that is missing", ["local", "b.epack", "nowhere.epack"], 20, /nowhere\.epack/],
    ["a second pack that is a folder", ["local", "b.epack", "store"], 1, /is a folder/],
    ["no pack", ["--remote", "local"], 1, /pack to push is not named/],
  ] as const
) {
  Deno.test(`epack push of several says ${what} before anything is sent`, async () => {
    await using project = await severalProject();
    const run = await project.epack("push", ...words);
    assert.equal(run.code, code, run.stderr);
    assert.match(run.stderr, says);
    assert.equal(run.stdout, "");
    assert.deepEqual(await project.asked(), []);
    assert.equal(receipts(project, "local"), 0);
  });
}

Deno.test("Ctrl-C ends all pushes; those that are done are told, and nothing is left running", async () => {
  await using project = await severalProject();
  await project.script({ "push.prepare": { do: `echo $$ >> ${project.store}/waiting; sleep 600` } });
  const child = project.start("push", "--remote", "local", "--remote", "s", "b.epack", "c.epack", "--json");
  let ended = false;
  child.status.then(() => ended = true);
  const waiting = async () => (await project.read("store/waiting"))?.length ?? 0;
  while (!ended && (receipts(project, "local") < 2 || await waiting() === 0)) {
    await new Promise((done) => setTimeout(done, 20));
  }
  child.kill("SIGINT");
  const { code, stdout } = await child.output();
  assert.equal(code, 130);
  const { pushed, failed, results } = JSON.parse(new TextDecoder().decode(stdout));
  assert.deepEqual([pushed, failed], [2, 2]);
  assert.equal(results[1].error.code, "interrupted");
  assert.deepEqual(project.tempFiles(), []);
});

Deno.test("a pack for several remotes is opened once: what takes its name afterwards is sent to none", async () => {
  await using project = await severalProject();
  const before = await project.read("b.epack");
  await project.script({
    "push.prepare": {
      do: `cp ${project.path}/c.epack ${project.path}/n; mv ${project.path}/n ${project.path}/b.epack`,
    },
  });
  const remotes = ["s", "local", "local2", "local3", "local4"];
  const config = join(project.path, "epack.yaml");
  const text = await Deno.readTextFile(config);
  const more = remotes.slice(2).map((name) =>
    `  ${name}: {adapter: filesystem, transport: {file_root: "${project.path}/releases-${name}"}}\n`
  );
  await Deno.writeTextFile(config, text + more.join(""));
  const flags = remotes.flatMap((remote) => ["--remote", remote]);
  const run = await project.epack("push", ...flags, "b.epack", "--json");
  assert.equal(run.code, 0, run.stdout);
  const { results } = JSON.parse(run.stdout);
  assert.equal(new Set(results.map((result: Record<string, string>) => result.file_digest)).size, 1);
  assert.deepEqual(await project.read("store/store.epack"), before);
  assert.notDeepEqual(await project.read("b.epack"), before);
});

Deno.test("epack push of several: a strict remote refuses an attested pack that the others take", async () => {
  await using project = await severalProject();
  const config = join(project.path, "epack.yaml");
  const text = await Deno.readTextFile(config);
  await Deno.writeTextFile(
    config,
    `${text}  strict: {adapter: filesystem, verify: {strict: true}, transport: {file_root: "${project.path}/strict"}}\n`,
  );
  await Deno.writeFile(join(project.path, "signed.epack"), await signedPack(await newAuthority()));
  const run = await project.epack("push", "--remote", "local", "--remote", "strict", "signed.epack", "--json");
  assert.equal(run.code, 1, run.stdout);
  const { results: [taken, refused] } = JSON.parse(run.stdout);
  assert.deepEqual([taken.pushed, taken.signatures], [true, "not_checked"]);
  assert.equal(refused.error.code, "verification_failed");
});
