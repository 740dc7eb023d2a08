import assert from "node:assert/strict";
import { join } from "node:path";
import { type ScriptedProject, scriptedProject } from "./scripted_project.ts";

/** Names and contents of all files, which nothing may change. */
async function everything(folder: string, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = join(folder, name);
    const text = isFile ? await Deno.readTextFile(path) : "";
    found.push(`${prefix}${name} ${text.length} ${text}`);
    if (isDirectory) found.push(...await everything(path, `${prefix}${name}/`));
  }
  return found.sort();
}

async function edit(project: ScriptedProject, change: (config: string) => string) {
  const config = join(project.path, "epack.yaml");
  await Deno.writeTextFile(config, change(await Deno.readTextFile(config)));
}

Deno.test("push --dry-run says what would be sent, through what, and does none of it", async () => {
  await using project = await scriptedProject();
  await edit(
    project,
    (text) =>
      text.replace(
        /^( +)binary:/m,
        "$1target: {workspace: acme, environment: prod}\n$1release: {labels: [monthly], source: {}}\n$1binary:",
      ),
  );
  const run = join(project.path, "good.runs", "tools", "scan", "run-1");
  await Deno.mkdir(run, { recursive: true });
  await Deno.writeTextFile(join(run, "result.json"), "{}");
  const before = await everything(project.path);
  const words = ["push", "s", "good.epack", "--label", "q1", "--notes", "n", "--release-version", "v3", "--dry-run"];
  const { code, stdout, stderr } = await project.with({ GITHUB_SHA: "abc" }).epack(...words, "--json");
  assert.equal(code, 0, stdout + stderr);
  const { adapter, pack_digest, file_digest, size, ...plan } = JSON.parse(stdout);
  assert.deepEqual(plan, {
    dry_run: true,
    remote: "s",
    pack: join(project.path, "good.epack"),
    stream: "acme/prod",
    artifacts: 1,
    attestations: 0,
    workspace: "acme",
    environment: "prod",
    labels: ["monthly", "q1"],
    notes: "n",
    sync_runs: true,
    version: "v3",
    build_context: { git_sha: "abc" },
    runs: [{ run_id: "run-1", result_path: join(run, "result.json") }],
    verified: true,
    signatures: "none",
  });
  assert.equal(size, (await project.read("good.epack"))?.length);
  const shown = await project.epack(...words);
  assert.match(shown.stdout, /read and verified\n(?:.*\n)+ {2}Runs: +1, if the adapter takes runs\n +run-1\n/);
  assert.match(shown.stdout, /Vouched for: its bytes are those that the lockfile pins\n/);
  assert.deepEqual(await everything(project.path), before);
  assert.deepEqual(await project.asked(), []);
  const real = JSON.parse((await project.epack("push", "s", "good.epack", "--json")).stdout);
  assert.deepEqual([pack_digest, file_digest], [real.pack_digest, real.file_digest]);
  const { digest, assurance, confinement } = adapter;
  assert.deepEqual({ digest, assurance, confinement }, {
    digest: real.adapter.digest,
    assurance: real.adapter.assurance,
    confinement: real.adapter.confinement,
  });
});

Deno.test("pull --dry-run says what would be written and replaced, through what, and does none of it", async () => {
  await using project = await scriptedProject();
  await Deno.writeTextFile(join(project.path, "old.epack"), "old");
  const before = await everything(project.path);
  const plan = async (...words: string[]) => {
    const { code, stdout } = await project.epack("pull", "s", "v1", "--dry-run", "--json", ...words);
    assert.equal(code, 0, stdout);
    const { output_path, replaces, adapter } = JSON.parse(stdout);
    assert.equal(adapter.assurance, "pinned");
    return { output_path, replaces };
  };
  assert.deepEqual(await plan(), { output_path: null, replaces: false });
  assert.deepEqual(await plan("-o", "new.epack"), {
    output_path: join(project.path, "new.epack"),
    replaces: false,
  });
  assert.deepEqual(await plan("-o", "old.epack", "--force"), {
    output_path: join(project.path, "old.epack"),
    replaces: true,
  });
  assert.match(
    (await project.epack("pull", "s", "--dry-run", "-o", "old.epack", "--force")).stdout,
    /would be replaced/,
  );
  assert.deepEqual(await everything(project.path), before);
  assert.deepEqual(await project.asked(), []);
});

Deno.test("push --dry-run to a built-in remote does not make its folder", async () => {
  await using project = await scriptedProject();
  await edit(
    project,
    (text) => `${text}  local: {adapter: filesystem, transport: {file_root: "${project.path}/releases"}}\n`,
  );
  const run = await project.epack("push", "local", "good.epack", "--dry-run");
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /Vouched for: part of this program\n/);
  assert.equal(await Deno.lstat(join(project.path, "releases")).catch(() => undefined), undefined);
});

/** What stands in the way, and how it is put there. */
const OBSTACLES: Record<string, { words: string[]; make?: (project: ScriptedProject) => Promise<void> }> = {
  "a pack that is missing": { words: ["push", "s", "nowhere.epack"] },
  "a damaged pack": {
    words: ["push", "s", "bad.epack"],
    async make(project) {
      const bytes = await project.read("good.epack") ?? new Uint8Array();
      bytes[Math.floor(bytes.length / 2)] ^= 1;
      await Deno.writeFile(join(project.path, "bad.epack"), bytes);
    },
  },
  "an unknown remote": { words: ["push", "t", "good.epack"] },
  "an adapter that is not locked": {
    words: ["push", "s", "good.epack"],
    make: ({ path }) => Deno.remove(join(path, "epack.lock.yaml")),
  },
  "an adapter that changed": {
    words: ["pull", "s"],
    make: ({ path }) => Deno.writeTextFile(join(path, "epack-remote-scripted"), "#!/bin/sh\n"),
  },
  "an adapter that is gone": {
    words: ["pull", "s"],
    make: ({ path }) => Deno.remove(join(path, "epack-remote-scripted")),
  },
  "an insecure flag under --frozen": { words: ["pull", "s", "--frozen", "--insecure-allow-unpinned"] },
  "receipts behind a link": {
    words: ["push", "s", "good.epack"],
    async make({ path }) {
      await Deno.remove(join(path, ".epack"), { recursive: true });
      await Deno.symlink("/tmp", join(path, ".epack"));
    },
  },
  "an output that is there": { words: ["pull", "s", "-o", "good.epack"] },
  "an output that is a folder": { words: ["pull", "s", "-o", "store", "--force"] },
  "an output in a folder that is not there": { words: ["pull", "s", "-o", "nowhere/x.epack"] },
};
for (const [what, { words, make }] of Object.entries(OBSTACLES)) {
  Deno.test(`--dry-run fails for ${what} as the real run does`, async () => {
    await using project = await scriptedProject();
    await make?.(project);
    const dry = await project.epack(...words, "--dry-run", "--json");
    assert.deepEqual(await project.asked(), []);
    const real = await project.epack(...words, "--json");
    assert.notEqual(dry.code, 0);
    assert.equal(dry.code, real.code, dry.stdout);
    assert.equal(JSON.parse(dry.stdout).error.code, JSON.parse(real.stdout).error.code);
  });
}

Deno.test("push --dry-run of several says which would fail, with the code of the first", async () => {
  await using project = await scriptedProject();
  await Deno.writeTextFile(join(project.path, "none.epack"), "no zip");
  const words = ["push", "s", "none.epack", "good.epack", "--dry-run"];
  const { code, stdout } = await project.epack(...words, "--json");
  assert.equal(code, 2, stdout);
  const { would_push, failed, results } = JSON.parse(stdout);
  assert.deepEqual([would_push, failed], [1, 1]);
  assert.equal(results[0].error.exit, 2);
  assert.equal(results[1].verified, true);
  const shown = await project.epack(...words);
  assert.match(shown.stdout, /^Would not push .*none\.epack to s\n(?:.*\n)+Would push .*good\.epack to s\n/);
});
