import assert from "node:assert/strict";
import { join } from "node:path";
import { PLATFORM, REPOSITORY, type SuppliedProject, suppliedProject } from "./supplied_project.ts";

const INSTALLED = [".epack", "remotes", "example", "v1.0.0", PLATFORM, "epack-remote-example"];

async function installedProject(options: { unsigned?: boolean } = {}): Promise<SuppliedProject> {
  const project = await suppliedProject();
  project.github.repositories[0].releases = [await project.release("v1.0.0", options)];
  await project.source(`${REPOSITORY}@^1`);
  const more = options.unsigned ? ["--insecure-skip-verify", "--yes"] : [];
  const run = await project.epack("install", "--trust-root", "root.json", ...more);
  assert.equal(run.code, 0, run.stderr);
  return project;
}

Deno.test("audit says what runs, from where, built by whom, pinned to what, and when it was last used", async () => {
  await using project = await installedProject();
  await Deno.writeTextFile(join(project.path, "evidence.txt"), "evidence");
  assert.equal((await project.epack("build", "a.epack", "evidence.txt")).code, 0);
  assert.equal((await project.epack("push", "x", "a.epack")).code, 0);
  const run = await project.epack("audit", "--json");
  assert.equal(run.code, 0, run.stdout + run.stderr);
  const { remotes: [remote], problems } = JSON.parse(run.stdout);
  assert.equal(problems, 0);
  assert.equal(remote.version, "v1.0.0");
  assert.match(remote.signer.subject, /slsa-github-generator/);
  assert.match(remote.digest, /^sha256:[0-9a-f]{64}$/);
  assert.match(remote.path, /epack-remote-example$/);
  assert.match(remote.last_used, /\.epack\/receipts\/push\/x\/\d{8}_/);
  assert.equal(remote.status, "verified");
});

/** What is wrong with an installed adapter, and what the audit says of it. */
const WRONG: Record<string, { spoil: (project: SuppliedProject) => Promise<void>; says: RegExp }> = {
  "whose file was changed": {
    spoil: ({ path }) => Deno.writeTextFile(join(path, ...INSTALLED), "#!/bin/sh\n", { mode: 0o755 }),
    says: /bytes are not those that were locked/,
  },
  "whose file is gone": { spoil: ({ path }) => Deno.remove(join(path, ...INSTALLED)), says: /not installed/ },
  "that is not in the lockfile": {
    spoil: ({ path }) => Deno.remove(join(path, "epack.lock.yaml")),
    says: /not pinned/,
  },
  "whose source was changed after locking": {
    spoil: (project) => project.source("acme/another@^1"),
    says: /source|lockfile/,
  },
  "that wants more than it was locked with": {
    spoil: (project) => project.source(`${REPOSITORY}@^1`, "    permissions: {read: [/etc]}\n"),
    says: /permission/,
  },
  "with an endpoint of its own": {
    spoil: (project) => project.source(`${REPOSITORY}@^1`, "    endpoint: https://registry.example.test\n"),
    says: /custom endpoint/,
  },
};

for (const [name, { spoil, says }] of Object.entries(WRONG)) {
  Deno.test(`audit exits 1 over an adapter ${name}`, async () => {
    await using project = await installedProject();
    await spoil(project);
    const run = await project.epack("audit", "--json");
    assert.equal(run.code, 1, run.stdout + run.stderr);
    assert.match(JSON.parse(run.stdout).remotes[0].problems.join("\n"), says);
  });
}

Deno.test("audit exits 1 over an adapter that nobody vouches for", async () => {
  await using project = await installedProject({ unsigned: true });
  const run = await project.epack("audit", "--json");
  assert.equal(run.code, 1, run.stdout + run.stderr);
  assert.match(JSON.parse(run.stdout).remotes[0].problems.join("\n"), /without verification/);
});

Deno.test("audit asks nobody: it says the same when the server is gone", async () => {
  await using project = await installedProject();
  project.github.repositories.length = 0;
  const asked = project.github.requests?.length;
  assert.equal((await project.epack("audit")).code, 0);
  assert.equal(project.github.requests?.length, asked);
});

Deno.test("cache dir names the folder, and cache prune empties it; what is installed stays", async () => {
  await using project = await installedProject();
  const { stdout } = await project.epack("cache", "dir");
  assert.equal(stdout.trim(), join(project.path, "cache", "epack"));
  const pruned = await project.epack("cache", "prune", "--json");
  assert.equal(pruned.code, 0, pruned.stderr);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(join(project.path, "cache/epack/adapters"))), []);
  assert.equal((await project.epack("audit")).code, 0);
});
