import assert from "node:assert/strict";
import { join } from "node:path";
import { commitFor, PLATFORM, type Provenance, REPOSITORY, suppliedProject } from "./supplied_project.ts";

const installed = (path: string, version: string, name = "epack-remote-example") =>
  join(path, ".epack", "remotes", "example", version, PLATFORM, name);
const isThere = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("lock, sync and push: the highest release that fits, its builder checked, installed by its pin", async () => {
  await using project = await suppliedProject();
  const { github, path } = project;
  github.repositories[0].releases = [
    await project.release("v2.0.0"),
    await project.release("v1.3.0-rc.1", { prerelease: true }),
    await project.release("v1.2.4"),
    await project.release("v1.2.3"),
  ];
  await project.source(`${REPOSITORY}@^1.2`);
  const locked = await project.epack("lock", "--trust-root", "root.json", "--json");
  assert.equal(locked.code, 0, locked.stdout + locked.stderr);
  assert.equal(JSON.parse(locked.stdout).locked[0].Version, "v1.2.4");
  const lock = await project.lockText();
  assert.match(lock, /source: "github\.com\/acme\/epack-remote-example"/);
  assert.match(lock, new RegExp(`commit: "${commitFor("v1.2.4")}"`));
  assert.match(lock, /source_repository_ref: "refs\/tags\/v1\.2\.4"/);
  assert.match(lock, /status: "verified"/);

  const missing = await project.epack("remote", "whoami", "x");
  assert.equal(missing.code, 14, missing.stderr);
  const synced = await project.epack("sync", "--frozen", "--trust-root", "root.json", "--json");
  assert.equal(synced.code, 0, synced.stdout + synced.stderr);
  assert.ok(await isThere(installed(path, "v1.2.4")));
  const again = await project.epack("sync", "--json");
  assert.equal(JSON.parse(again.stdout).present[0].version, "v1.2.4");

  await Deno.writeTextFile(join(path, "evidence.txt"), "evidence");
  assert.equal((await project.epack("build", "a.epack", "evidence.txt")).code, 0);
  const pushed = await project.epack("push", "x", "a.epack", "--frozen", "--json");
  assert.equal(pushed.code, 0, pushed.stdout + pushed.stderr);
  assert.equal(JSON.parse(pushed.stdout).adapter.assurance, "pinned");
});

Deno.test("install locks and installs a module adapter for all platforms at once", async () => {
  await using project = await suppliedProject();
  project.github.repositories[0].releases = [await project.release("v1.0.0", { module: true })];
  await project.source(`${REPOSITORY}@latest`);
  const run = await project.epack("install", "--trust-root", "root.json", "--json");
  assert.equal(run.code, 0, run.stdout + run.stderr);
  assert.ok(await isThere(installed(project.path, "v1.0.0", "epack-remote-example.js")));
  assert.match(await project.lockText(), /windows\/amd64/);
  // secrets of the remote are not the module's unless they are granted; it runs without permissions
  const who = await project.epack("remote", "whoami", "x", "--json");
  assert.equal(JSON.parse(who.stdout).identities[0].subject, "v1.0.0", who.stdout + who.stderr);
});

/** Releases that nobody may install: one thing of each is wrong. */
const REFUSED: Record<string, { provenance?: Provenance; unsigned?: boolean; stranger?: boolean; says: RegExp }> = {
  "has no bundle": { unsigned: true, says: /no bundle/ },
  "is signed under another root": { stranger: true, says: /certificate|root|chain|log/i },
  "was built by a workflow of its own": {
    provenance: { subject: `https://github.com/${REPOSITORY}/.github/workflows/release.yml@refs/tags/v1.0.0` },
    says: /subject/,
  },
  "was built by a branch of the builder": {
    provenance: {
      subject:
        "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/heads/main",
    },
    says: /subject/,
  },
  "was built by a name that begins like the builder's": {
    provenance: {
      subject: "https://github.com/slsa-framework/slsa-github-generator-evil/.github/workflows/x.yml@refs/tags/v2.1.0",
    },
    says: /subject/,
  },
  "is vouched for by another provider": { provenance: { issuer: "https://accounts.example.test" }, says: /issuer/ },
  "was built from another repository": {
    provenance: { repositoryUri: "https://github.com/acme/other" },
    says: /built from https:\/\/github\.com\/acme\/other/,
  },
  "was built at another tag": { provenance: { ref: "refs/tags/v0.9.0" }, says: /built at refs\/tags\/v0\.9\.0/ },
  "was built at a branch": { provenance: { ref: "refs/heads/main" }, says: /built at refs\/heads\/main/ },
  "was built at another commit": { provenance: { commit: "b".repeat(40) }, says: /built at commit b{40}/ },
  "has the bundle of another file": { provenance: { signed: "other bytes" }, says: /no subject with its digest/ },
};

for (const [name, { provenance, unsigned, stranger, says }] of Object.entries(REFUSED)) {
  Deno.test(`lock refuses a release that ${name}`, async () => {
    await using project = await suppliedProject();
    project.github.repositories[0].releases = [await project.release("v1.0.0", { provenance, unsigned, stranger })];
    await project.source(`${REPOSITORY}@v1.0.0`);
    const run = await project.epack("lock", "--trust-root", "root.json", "--yes", "--json");
    assert.equal(run.code, 12, run.stdout);
    const { code, message } = JSON.parse(run.stdout).error;
    assert.match(code, /^(?:signature_invalid|verification_failed)$/, message);
    assert.match(message, says);
    assert.equal(await isThere(join(project.path, "epack.lock.yaml")), false);
    assert.equal(await isThere(join(project.path, ".epack", "remotes")), false);
  });
}

Deno.test("verify.source_workflow of a remote takes a workflow of the repository itself, at the tag", async () => {
  await using project = await suppliedProject();
  const own = (tag: string) => `https://github.com/${REPOSITORY}/.github/workflows/release.yml@refs/tags/${tag}`;
  project.github.repositories[0].releases = [
    await project.release("v1.1.0", { provenance: { subject: own("v1.0.0") } }),
    await project.release("v1.0.0", { provenance: { subject: own("v1.0.0") } }),
  ];
  await project.source(`${REPOSITORY}@v1.0.0`, "    verify: {source_workflow: true}\n");
  const run = await project.epack("lock", "--trust-root", "root.json");
  assert.equal(run.code, 0, run.stderr);
  await project.source(`${REPOSITORY}@v1.1.0`, "    verify: {source_workflow: true}\n");
  assert.notEqual((await project.epack("lock", "--trust-root", "root.json")).code, 0);
});

Deno.test("--insecure-skip-verify installs with a mark that plain, frozen and strict runs refuse", async () => {
  await using project = await suppliedProject();
  project.github.repositories[0].releases = [await project.release("v1.0.0", { unsigned: true })];
  await project.source(`${REPOSITORY}@v1.0.0`);
  const strict = await project.with({ EPACK_STRICT_PRODUCTION: "1" }).epack("install", "--insecure-skip-verify");
  assert.equal(strict.code, 1, strict.stderr);
  const run = await project.epack("install", "--insecure-skip-verify", "--json");
  assert.equal(run.code, 0, run.stdout + run.stderr);
  assert.match(await project.lockText(), /status: "skipped"/);
  assert.equal((await project.epack("remote", "whoami", "x")).code, 12);
  assert.notEqual((await project.epack("remote", "whoami", "x", "--frozen", "--insecure-allow-unverified")).code, 0);
  const synced = await project.epack("sync", "--frozen");
  assert.equal(synced.code, 12, synced.stdout);
  assert.match(synced.stderr, /remote "x" was locked without verification/);
  const allowed = await project.epack("remote", "whoami", "x", "--insecure-allow-unverified");
  assert.equal(allowed.code, 0, allowed.stderr);
});

Deno.test("update moves to the newest release that fits, and outdated and --dry-run only say so", async () => {
  await using project = await suppliedProject();
  const { github, path } = project;
  github.repositories[0].releases = [await project.release("v1.0.0")];
  await project.source(`${REPOSITORY}@^1.0`);
  assert.equal((await project.epack("install", "--trust-root", "root.json")).code, 0);
  github.repositories[0].releases = [
    await project.release("v2.0.0"),
    await project.release("v1.1.0"),
    ...github.repositories[0].releases,
  ];
  const outdated = JSON.parse((await project.epack("outdated", "--json")).stdout).remotes[0];
  assert.deepEqual(outdated, { name: "x", locked: "v1.0.0", wanted: "v1.1.0", latest: "v2.0.0", outdated: true });
  const before = await project.lockText();
  assert.equal((await project.epack("lock", "--trust-root", "root.json")).code, 0);
  assert.equal(await project.lockText(), before, "lock keeps what fits");
  const dry = await project.epack("update", "--dry-run", "--trust-root", "root.json", "--json");
  assert.equal(JSON.parse(dry.stdout).would_update[0].Version, "v1.1.0", dry.stdout);
  assert.equal(await project.lockText(), before);
  const run = await project.epack("update", "--trust-root", "root.json", "--json");
  assert.equal(run.code, 0, run.stdout + run.stderr);
  assert.ok(await isThere(installed(path, "v1.1.0")));
  assert.ok(await isThere(installed(path, "v1.0.0")), "the old one stays");
});

Deno.test("a lock that would go back, or whose tag, builder or file changed, stops and says so", async () => {
  await using project = await suppliedProject();
  const { github } = project;
  const lockAgain = (...more: string[]) => project.epack("update", "--trust-root", "root.json", "--json", ...more);
  github.repositories[0].releases = [await project.release("v1.1.0"), await project.release("v1.0.0")];
  await project.source(`${REPOSITORY}@v1.1.0`);
  assert.equal((await project.epack("lock", "--trust-root", "root.json")).code, 0);
  const before = await project.lockText();
  const stops = async (says: RegExp) => {
    const run = await lockAgain();
    assert.equal(run.code, 10, run.stdout);
    assert.match(JSON.parse(run.stdout).error.message, says);
    assert.equal(await project.lockText(), before);
  };
  await project.source(`${REPOSITORY}@v1.0.0`);
  await stops(/goes back from v1\.1\.0 to v1\.0\.0/);
  await project.source(`${REPOSITORY}@v1.1.0`);
  github.repositories[0].releases = [await project.release("v1.1.0", { commit: "c".repeat(40) })];
  await stops(/named commit [0-9a-f]{40}, and names c{40}/);
  github.repositories[0].releases = [
    await project.release("v1.1.0", {
      provenance: {
        subject:
          "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder_go_slsa3.yml@refs/tags/v2.1.0",
      },
    }),
  ];
  await stops(/was built by .*generic_slsa3.*builder_go_slsa3/);
  const forced = await lockAgain("--yes");
  assert.equal(forced.code, 0, forced.stdout + forced.stderr);
});

Deno.test("a repository that was renamed is not followed", async () => {
  await using project = await suppliedProject();
  const { github } = project;
  github.repositories[0].releases = [await project.release("v1.0.0")];
  github.repositories[0].fullName = "evil/epack-remote-example";
  github.repositories[0].formerNames = [REPOSITORY];
  await project.source(`${REPOSITORY}@v1.0.0`);
  const run = await project.epack("lock", "--trust-root", "root.json", "--yes");
  assert.equal(run.code, 10, run.stderr);
  assert.match(run.stderr, /is called evil\/epack-remote-example now/);
});

Deno.test("sync refuses another file under the locked tag, and a tag that moved; the installed adapter stays", async () => {
  await using project = await suppliedProject();
  const { github, path } = project;
  github.repositories[0].releases = [await project.release("v1.0.0")];
  await project.source(`${REPOSITORY}@v1.0.0`);
  assert.equal((await project.epack("install", "--trust-root", "root.json")).code, 0);
  const file = installed(path, "v1.0.0");
  const good = await Deno.readFile(file);
  await Deno.remove(join(path, "cache"), { recursive: true });
  // changed on disk: installed again
  await Deno.writeTextFile(file, "changed");
  github.faults.swapAssets = true;
  const swapped = await project.epack("sync", "--trust-root", "root.json");
  assert.equal(swapped.code, 11, swapped.stderr);
  assert.equal(await Deno.readTextFile(file), "changed");
  github.faults.swapAssets = false;
  github.repositories[0].releases = [await project.release("v1.0.0", { commit: "d".repeat(40) })];
  const moved = await project.epack("sync", "--trust-root", "root.json");
  assert.equal(moved.code, 10, moved.stderr);
  github.repositories[0].releases = [await project.release("v1.0.0")];
  const healed = await project.epack("sync", "--trust-root", "root.json");
  assert.equal(healed.code, 0, healed.stderr);
  assert.deepEqual(await Deno.readFile(file), good);
});

Deno.test("a cached adapter is installed in another project without a download of its file", async () => {
  await using project = await suppliedProject();
  const { github, path } = project;
  github.repositories[0].releases = [await project.release("v1.0.0")];
  await project.source(`${REPOSITORY}@v1.0.0`);
  assert.equal((await project.epack("install", "--trust-root", "root.json")).code, 0);
  await Deno.remove(join(path, ".epack"), { recursive: true });
  const before = github.requests.length;
  assert.equal((await project.epack("sync", "--trust-root", "root.json")).code, 0);
  const files = github.requests.slice(before).filter(({ server }) => server === "assets");
  assert.equal(files.length, 1, "only the bundle is asked for");
});

Deno.test("lock --check exits 10 when the lockfile is not in step, and asks nobody", async () => {
  await using project = await suppliedProject();
  const { github } = project;
  github.repositories[0].releases = [await project.release("v1.2.0")];
  await project.source(`${REPOSITORY}@^1.0`);
  assert.equal((await project.epack("lock", "--check")).code, 10);
  assert.equal((await project.epack("lock", "--trust-root", "root.json")).code, 0);
  const before = github.requests.length;
  assert.equal((await project.epack("lock", "--check")).code, 0);
  await project.source(`${REPOSITORY}@^2.0`);
  const range = await project.epack("lock", "--check");
  assert.equal(range.code, 10);
  assert.match(range.stderr, /does not allow/);
  await project.source(`${REPOSITORY}@^1.0`, "    permissions: {net: [example.test:443]}\n");
  assert.equal((await project.epack("lock", "--check")).code, 10);
  assert.equal(github.requests.length, before);
});

Deno.test("downloads that break, limits and refusals leave no lock and no adapter, and a later run completes", async () => {
  await using project = await suppliedProject();
  const { github, path } = project;
  github.repositories[0].releases = [await project.release("v1.0.0")];
  await project.source(`${REPOSITORY}@v1.0.0`);
  for (
    const [fault, code] of [
      [{ missingAssets: true }, undefined],
      [{ cutAssets: 100 }, 15],
      [{ sizeOff: 5 }, undefined],
      [
        { refuse: { status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "4102444800" } } },
        undefined,
      ],
      [{ redirectAssetsTo: "http://127.0.0.2:9/x" }, undefined],
    ] as const
  ) {
    Object.assign(github.faults, fault);
    const run = await project.epack("install", "--trust-root", "root.json");
    assert.notEqual(run.code, 0, JSON.stringify(fault));
    if (code !== undefined) assert.equal(run.code, code, run.stderr);
    assert.doesNotMatch(run.stderr, /something went wrong inside/, run.stderr);
    assert.equal(await isThere(join(path, "epack.lock.yaml")), false, JSON.stringify(fault));
    assert.equal(await isThere(installed(path, "v1.0.0")), false);
    for (const name of Object.keys(fault)) delete github.faults[name as keyof typeof github.faults];
  }
  const run = await project.epack("install", "--trust-root", "root.json");
  assert.equal(run.code, 0, run.stderr);
});
