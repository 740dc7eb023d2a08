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

interface Audit {
  problems: number;
  remotes: (Record<string, unknown> & { name: string; problems: string[] })[];
}

async function audit(project: SuppliedProject, code: number): Promise<Audit> {
  const run = await project.epack("audit", "--json");
  assert.equal(run.code, code, run.stdout + run.stderr);
  return JSON.parse(run.stdout);
}

async function succeeds(project: SuppliedProject, ...args: string[]) {
  const run = await project.epack(...args);
  assert.equal(run.code, 0, run.stdout + run.stderr);
}

/** Every file with its bytes, and every folder. */
async function contentOf(folder: string, found: Record<string, string> = {}): Promise<Record<string, string>> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    found[path] = isDirectory ? "folder" : (await Deno.readFile(path)).toBase64();
    if (isDirectory) await contentOf(path, found);
  }
  return found;
}

const MODULE = `export default {name: "m", version: "1.0.0", handlers: {}};`;

Deno.test("audit says each thing that is wrong of its own remote, exits 1, changes nothing and starts nothing", async () => {
  await using project = await suppliedProject();
  const { path, github } = project;
  const started = join(path, "started");
  for (const name of ["fine", "unpinned", "changed", "endpoint", "linked"]) {
    await Deno.writeTextFile(join(path, `epack-remote-${name}`), `#!/bin/sh\ntouch ${started}\n`, { mode: 0o755 });
  }
  for (const name of ["wider", "both"]) await Deno.writeTextFile(join(path, `epack-remote-${name}.js`), MODULE);
  const config = (grants: string) =>
    `  both: {binary: ${path}/epack-remote-both.js${grants}}
  broken: {adapter: s3}
  changed: {binary: ${path}/epack-remote-changed}
  endpoint: {binary: ${path}/epack-remote-endpoint, insecure_endpoint: "https://registry.example.test"}
  fine: {binary: ${path}/epack-remote-fine}
  gone: {binary: ${path}/epack-remote-gone}
  linked: {binary: ${path}/epack-remote-linked}
  unpinned: {binary: ${path}/epack-remote-unpinned}
  wider: {binary: ${path}/epack-remote-wider.js${grants}}
`;
  github.repositories[0].releases = [await project.release("v0.9.0", { unsigned: true })];
  await project.source(`${REPOSITORY}@v0.9.0`, config(""));
  await succeeds(project, "install", "x", "--insecure-skip-verify");
  await succeeds(project, "lock", "both", "changed", "endpoint", "fine", "linked", "wider", "--yes");
  await Deno.writeTextFile(join(path, "epack-remote-both.js"), `${MODULE}\n`);
  await Deno.writeTextFile(join(path, "epack-remote-changed"), "#!/bin/sh\n");
  await Deno.rename(join(path, "epack-remote-linked"), join(path, "real"));
  await Deno.symlink(join(path, "real"), join(path, "epack-remote-linked"));
  await project.source(`${REPOSITORY}@v0.9.0`, config(`, permissions: {net: ["example.test:443"]}`));
  const requests = github.requests.length;
  const before = await contentOf(path);

  const { problems, remotes } = await audit(project, 1);
  const wider = (name: string) => `remote "${name}": its permissions are not those that were locked`;
  const changed = (name: string) => `its bytes are not those that were locked for "${name}"`;
  assert.deepEqual(Object.fromEntries(remotes.map(({ name, problems }) => [name, problems])), {
    both: [changed("both"), wider("both")],
    broken: ['remote "broken": the adapter "s3" is not built into this version'],
    changed: [changed("changed")],
    endpoint: ["it uses a custom endpoint"],
    fine: [],
    gone: ["it is not pinned in the lockfile", "its adapter was not found"],
    linked: ["it is a link, and links are not followed"],
    unpinned: ["it is not pinned in the lockfile"],
    wider: [wider("wider")],
    x: ["it was installed without verification", "it was locked without verification of who built it"],
  });
  assert.equal(problems, 12);
  assert.deepEqual(await contentOf(path), before);
  assert.equal(github.requests.length, requests);
  assert.equal(started in before, false);
  const shown = await project.epack("audit");
  assert.equal(shown.code, 1, shown.stderr);
  assert.match(shown.stdout, /12 to look at\.\n$/);
});

Deno.test("audit of a lockfile that cannot be read says so, and takes nothing for unpinned", async () => {
  await using project = await suppliedProject();
  await project.source(`${REPOSITORY}@v1.0.0`);
  await Deno.writeTextFile(join(project.path, "epack.lock.yaml"), "schema_version: 7\n");
  const run = await project.epack("audit", "--json");
  assert.equal(run.code, 10, run.stdout);
  assert.equal(JSON.parse(run.stdout).error.code, "lockfile_invalid");
});

Deno.test("audit of a project without remotes exits 0", async () => {
  await using project = await suppliedProject();
  await Deno.writeTextFile(join(project.path, "epack.yaml"), "stream: acme/prod\nremotes: {}\n");
  assert.deepEqual(await audit(project, 0), { remotes: [], problems: 0 });
});
