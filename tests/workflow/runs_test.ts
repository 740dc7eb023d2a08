import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { errorAnswer } from "./answers.ts";
import { type ScriptedProject, scriptedProject } from "./scripted_project.ts";

interface RunsProject extends ScriptedProject {
  /** The ids of the runs in each runs.sync request. */
  batches(): Promise<string[][]>;
}

/** A project with run results beside its pack, below `good.runs/`. */
async function runsProject(files: readonly string[], settings = ""): Promise<RunsProject> {
  const project = await scriptedProject();
  for (const file of files) {
    const path = join(project.path, "good.runs", file);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, `{"of": ${JSON.stringify(file)}}`);
  }
  const config = join(project.path, "epack.yaml");
  const text = await Deno.readTextFile(config);
  if (settings !== "") {
    await Deno.writeTextFile(config, text.replace(/^( +)binary:/m, `$1runs: ${settings}\n$1binary:`));
  }
  return {
    ...project,
    async batches() {
      const asked = (await project.asked()).filter(({ command }) => command === "runs.sync");
      return asked.map(({ request }) => (request.runs as { run_id: string }[]).map(({ run_id }) => run_id));
    },
  };
}

const FIVE = [1, 2, 3, 4, 5].map((number) => `tools/scan/run-${number}/result.json`);

Deno.test("push() finds runs by the patterns of the configuration and of --runs-path, and by no others", async () => {
  const files = ["tools/scan/a/result.json", "deep/x/y/b/out.json", "deep/x/c/note.txt", "runs/d/result.json"];
  await using project = await runsProject(files, '{paths: ["deep/**/*.json"]}');
  const run = await project.epack("push", "s", "good.epack", "--json", "--runs-path", "runs/*/result.json");
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(JSON.parse(run.stdout).synced_runs, ["b", "d"]);
});

Deno.test("push() syncs runs in batches that the adapter takes", async () => {
  await using project = await runsProject(FIVE);
  await project.script({ "--capabilities": { limits: { max_runs_per_sync: 2 } } });
  const run = await project.epack("push", "s", "good.epack", "--json");
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(await project.batches(), [["run-1", "run-2"], ["run-3", "run-4"], ["run-5"]]);
  assert.deepEqual(JSON.parse(run.stdout).synced_runs, ["run-1", "run-2", "run-3", "run-4", "run-5"]);
});

Deno.test("push() asks a batch again that says retryable, and goes on after one that fails", async () => {
  await using project = await runsProject(FIVE);
  const busy = errorAnswer("server_error", { retryable: true });
  await project.script({
    "--capabilities": { limits: { max_runs_per_sync: 2 } },
    "runs.sync": { times: 1, ...busy, then: { times: 1, ...errorAnswer("invalid_request") } },
  });
  const run = await project.epack("push", "s", "good.epack", "--json");
  assert.equal(run.code, 0, run.stderr);
  const batches = await project.batches();
  assert.deepEqual(batches.slice(0, 2), [["run-1", "run-2"], ["run-1", "run-2"]]);
  const { synced_runs, failed_runs } = JSON.parse(run.stdout);
  assert.deepEqual([...synced_runs, ...failed_runs].toSorted(), ["run-1", "run-2", "run-3", "run-4", "run-5"]);
});

const OUTPUTS = [{ run_id: "run-1", path: "log.txt", reason: "too \u001b[31mlarge" }];
const TAKEN = {
  items: [{ run_id: "run-1", status: "accepted" }, { run_id: "run-2", status: "rejected" }],
  failed_outputs: OUTPUTS,
};

Deno.test("push() names runs that were not taken and outputs that did not arrive, in every form of the result", async () => {
  await using project = await runsProject(FIVE.slice(0, 2));
  await project.script({ "runs.sync": TAKEN });
  const json = JSON.parse((await project.epack("push", "s", "good.epack", "--json")).stdout);
  const outputs = [{ run_id: "run-1", path: "log.txt", reason: "too \\u{1b}[31mlarge" }];
  assert.deepEqual(json.failed_outputs, outputs);
  const receipt = JSON.parse(await Deno.readTextFile(json.receipt_path));
  assert.deepEqual(receipt.runs, { synced: ["run-1"], failed: ["run-2"], failed_outputs: outputs });
  const { stdout, code } = await project.epack("push", "s", "good.epack");
  assert.equal(code, 0);
  assert.match(
    stdout,
    /Runs: +1 synced, 1 failed\n +not taken: run-2\n +Outputs: +1 did not arrive\n +run-1: log\.txt: too \\u\{1b\}\[31mlarge\n/,
  );
});

Deno.test("push() with runs.require_success sends nothing when the adapter cannot sync runs", async () => {
  await using project = await runsProject(FIVE, "{require_success: true}");
  await project.script({ "--capabilities": { features: { runs_sync: false } } });
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 1);
  assert.match(run.stderr, /cannot sync runs\n(?:.|\n)*--no-runs/);
  assert.deepEqual((await project.asked()).map(({ command }) => command), ["--capabilities"]);
  assert.equal((await project.epack("push", "s", "good.epack", "--no-runs")).code, 0);
});

Deno.test("push --runs-only syncs the runs of a pack later, and makes no release", async () => {
  await using project = await runsProject(FIVE);
  assert.equal((await project.epack("push", "s", "good.epack", "--no-runs")).code, 0);
  const before = (await project.asked()).length;
  const run = await project.epack("push", "s", "good.epack", "--runs-only", "--json");
  assert.equal(run.code, 0, run.stderr);
  const asked = (await project.asked()).slice(before);
  assert.deepEqual(asked.map(({ command }) => command), ["--capabilities", "runs.sync"]);
  const json = JSON.parse(run.stdout);
  assert.deepEqual([json.pushed, json.runs_only, json.synced_runs.length], [false, true, 5]);
  assert.deepEqual(
    [asked[1].request.pack_digest, asked[1].request.file_digest, asked[1].request.target],
    [json.pack_digest, json.file_digest, { stream: "acme/prod" }],
  );
  assert.match(json.receipt_path, /\.epack\/receipts\/runs\/s\/[0-9_a-f]+\.json$/);
  const listed = JSON.parse((await project.epack("receipts", "list", "--kind", "runs", "--json")).stdout);
  assert.deepEqual(listed.damaged, []);
  assert.deepEqual(listed.receipts.map(({ path }: { path: string }) => path), [json.receipt_path]);
  const verified = await project.epack("receipts", "verify", json.receipt_path);
  assert.equal(verified.code, 0, verified.stderr + verified.stdout);
});

Deno.test("push --runs-only without runs says so, and asks nobody", async () => {
  await using project = await runsProject([]);
  const run = await project.epack("push", "s", "good.epack", "--runs-only");
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /no runs of good\.epack/);
  assert.deepEqual(await project.batches(), []);
});

Deno.test("push --runs-only with an adapter that cannot sync runs is unsupported", async () => {
  await using project = await runsProject(FIVE);
  await project.script({ "--capabilities": { features: { runs_sync: false } } });
  const run = await project.epack("push", "s", "good.epack", "--runs-only", "--json");
  assert.deepEqual([run.code, JSON.parse(run.stdout).error.code], [1, "unsupported"]);
});

Deno.test("push --runs-only of a damaged pack syncs nothing", async () => {
  await using project = await runsProject(FIVE);
  const bytes = await project.read("good.epack") ?? new Uint8Array();
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  await Deno.writeFile(join(project.path, "good.epack"), bytes);
  assert.equal((await project.epack("push", "s", "good.epack", "--runs-only")).code, 2);
  assert.deepEqual(await project.batches(), []);
});

for (const required of [true, false]) {
  Deno.test(`push --runs-only of which a run is not taken exits ${required ? "1 with" : "0 without"} require_success`, async () => {
    await using project = await runsProject(FIVE.slice(0, 2), `{require_success: ${required}}`);
    await project.script({ "runs.sync": TAKEN });
    const run = await project.epack("push", "s", "good.epack", "--runs-only");
    assert.equal(run.code, required ? 1 : 0, run.stderr);
    if (required) assert.match(run.stderr, /error: 1 of 2 runs were not taken/);
    const folder = join(project.path, ".epack/receipts/runs/s");
    const [receipt] = [...Deno.readDirSync(folder)];
    assert.deepEqual(JSON.parse(await Deno.readTextFile(join(folder, receipt.name))).runs.failed, ["run-2"]);
  });
}

Deno.test("push --runs-only fails when the adapter answers with an error", async () => {
  await using project = await runsProject(FIVE);
  await project.script({ "runs.sync": errorAnswer("forbidden") });
  const run = await project.epack("push", "s", "good.epack", "--runs-only");
  assert.equal(run.code, 1);
  assert.match(run.stderr, /forbidden: said forbidden/);
});

for (const flags of [["--no-runs"], ["--label", "a"], ["--notes", "n"], ["--release-version", "v1"], ["other.epack"]]) {
  Deno.test(`push --runs-only does not go with ${flags[0]}`, async () => {
    await using project = await runsProject([]);
    const run = await project.epack("push", "s", "good.epack", "--runs-only", ...flags);
    assert.equal(run.code, 1);
    assert.match(run.stderr, /--runs-only makes no release and does not go with/);
    assert.deepEqual(await project.asked(), []);
  });
}

Deno.test("push --runs-only --dry-run names the runs, and starts nothing", async () => {
  await using project = await runsProject(FIVE);
  const run = await project.epack("push", "s", "good.epack", "--runs-only", "--dry-run", "--json");
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(JSON.parse(run.stdout).runs, ["run-1", "run-2", "run-3", "run-4", "run-5"]);
  assert.deepEqual(await project.asked(), []);
});
