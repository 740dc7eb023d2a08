import assert from "node:assert/strict";
import { join } from "node:path";
import { RELEASE_PLATFORMS } from "../../lib/lockfile/mod.ts";
import { startEpack } from "../epack.ts";
import { PLATFORM, REPOSITORY, type SuppliedProject, suppliedProject } from "./supplied_project.ts";

const isThere = (path: string) => Deno.stat(path).then(() => true, () => false);
const trusted = ["--trust-root", "root.json"];

interface Index {
  sources: { source: string; releases: { tag: string; assets: Asset[] }[] }[];
  trusted_root: { digest: string };
}
interface Asset {
  name: string;
  digest: string;
  size_bytes: number;
  bundle?: Asset;
}

const indexPath = ({ path }: SuppliedProject) => join(path, "mirror", "index.json");
const readIndex = async (project: SuppliedProject): Promise<Index> =>
  JSON.parse(await Deno.readTextFile(indexPath(project)));
const changeIndex = async (project: SuppliedProject, change: (assets: Asset[], index: Index) => void) => {
  const index = await readIndex(project);
  change(index.sources[0].releases[0].assets, index);
  await Deno.writeTextFile(indexPath(project), JSON.stringify(index));
};

async function succeeds(project: Pick<SuppliedProject, "epack">, ...args: string[]) {
  const run = await project.epack(...args, "--json");
  assert.equal(run.code, 0, run.stdout + run.stderr);
  return JSON.parse(run.stdout);
}

async function fails(
  project: Pick<SuppliedProject, "epack">,
  ...args: string[]
): Promise<{ code: string; message: string }> {
  const run = await project.epack(...args, "--json");
  assert.notEqual(run.code, 0, run.stdout);
  return JSON.parse(run.stdout).error;
}

/** The same project on a machine that has nothing but it and the mirror: no cache, no adapters, and a GitHub that does not answer. */
async function elsewhere(project: SuppliedProject) {
  for (const name of [".epack", "cache"]) {
    await Deno.remove(join(project.path, name), { recursive: true }).catch(() => {});
  }
  return project.with({ EPACK_GITHUB_API_URL: "http://127.0.0.1:9" });
}

/** A project whose remote is locked at v1.0.0 for this machine, and mirrored. */
async function mirrored(): Promise<SuppliedProject> {
  const project = await suppliedProject();
  project.github.repositories[0].releases = [await project.release("v1.0.0")];
  await project.source(`${REPOSITORY}@v1.0.0`);
  await succeeds(project, "lock", ...trusted);
  await succeeds(project, "mirror", "create", "mirror", ...trusted);
  return project;
}

Deno.test("mirror create takes all locked platforms and modules, once also for two remotes of one release", async () => {
  await using project = await suppliedProject();
  const { github } = project;
  const other = "other/epack-remote-example";
  github.repositories[0].releases = [
    await project.release("v1.0.0", { platforms: RELEASE_PLATFORMS.map((name) => name.replace("/", "-")) }),
  ];
  github.repositories.push({
    id: 2,
    fullName: other,
    releases: [
      await project.release("v3.0.0", { module: true, provenance: { repositoryUri: `https://github.com/${other}` } }),
    ],
  });
  await project.source(`${REPOSITORY}@v1.0.0`, `  y: {source: ${REPOSITORY}@v1.0.0}\n  z: {source: ${other}@v3.0.0}\n`);
  await succeeds(project, "lock", "--all-platforms", ...trusted);
  const { mirrored } = await succeeds(project, "mirror", "create", "mirror", ...trusted);
  assert.deepEqual(mirrored.map(({ name }: { name: string }) => name), ["x", "y", "z"]);
  const { sources } = await readIndex(project);
  assert.deepEqual(sources.map(({ source, releases }) => [source, releases.map(({ tag }) => tag)]), [
    [REPOSITORY, ["v1.0.0"]],
    [other, ["v3.0.0"]],
  ]);
  const [natives, modules] = sources.map(({ releases }) => releases[0].assets);
  assert.deepEqual(
    natives.map(({ name }) => name).sort(),
    RELEASE_PLATFORMS.map((name) => `epack-remote-example-${name.replace("/", "-")}`).sort(),
  );
  assert.deepEqual(modules.map(({ name }) => name), ["epack-remote-example.js"]);
  for (const { name, bundle } of [...natives, ...modules]) assert.equal(bundle?.name, `${name}.sigstore.json`);

  const { installed } = await succeeds(await elsewhere(project), "sync", "--frozen", "--from", "mirror", ...trusted);
  assert.deepEqual(
    installed.map((
      { name, version, verified }: { name: string; version: string; verified: boolean },
    ) => [name, version, verified]),
    [["x", "v1.0.0", true], ["y", "v1.0.0", true], ["z", "v3.0.0", true]],
  );
});

Deno.test("mirror create refuses what is not locked, and makes nothing", async () => {
  await using project = await suppliedProject();
  project.github.repositories[0].releases = [await project.release("v1.0.0")];
  await project.source(`${REPOSITORY}@v1.0.0`);
  assert.equal((await fails(project, "mirror", "create", "mirror", ...trusted)).code, "lockfile_missing");
  await succeeds(project, "lock", ...trusted);
  await project.source(`${REPOSITORY}@v1.0.0`, `  y: {source: ${REPOSITORY}@v1.0.0}\n`);
  const { code, message } = await fails(project, "mirror", "create", "mirror", ...trusted);
  assert.equal(code, "adapter_not_pinned", message);
  assert.match(message, /"y"/);
  assert.equal(await isThere(join(project.path, "mirror")), false);
});

Deno.test("mirror create refuses what was locked without verification, and what it is told to take keeps its mark", async () => {
  await using project = await suppliedProject();
  project.github.repositories[0].releases = [await project.release("v1.0.0", { unsigned: true })];
  await project.source(`${REPOSITORY}@v1.0.0`);
  await succeeds(project, "lock", "--insecure-skip-verify");
  assert.equal((await fails(project, "mirror", "create", "mirror", ...trusted)).code, "signature_invalid");
  assert.equal(await isThere(join(project.path, "mirror")), false);
  await succeeds(project, "mirror", "create", "mirror", "--insecure-skip-verify");
  const other = await elsewhere(project);
  const { installed } = await succeeds(other, "sync", "--from", "mirror", ...trusted);
  assert.equal(installed[0].verified, false);
  assert.equal((await fails(other, "remote", "whoami", "x")).code, "signature_invalid");
});

Deno.test("sync --from does not trust the root of the mirror itself", async () => {
  await using project = await mirrored();
  // the same bytes, signed by somebody else, in a mirror with that signer's keys
  await using stranger = await mirrored();
  const theirs = join(stranger.path, "mirror");
  const other = await elsewhere(project);
  const asset = (await readIndex(project)).sources[0].releases[0].assets[0];
  assert.equal((await readIndex(stranger)).sources[0].releases[0].assets[0].digest, asset.digest);
  for (const root of [[], trusted]) {
    const { code, message } = await fails(other, "sync", "--from", theirs, ...root);
    assert.equal(code, "signature_invalid", message);
    assert.equal(await isThere(join(project.path, ".epack", "remotes")), false);
  }
  // their root alone made the difference
  await succeeds(other, "sync", "--from", theirs, "--trust-root", join(stranger.path, "root.json"));
});

Deno.test("sync --from refuses a mirror that has not what is locked", async () => {
  await using project = await mirrored();
  await using stranger = await mirrored();
  const other = await elsewhere(project);
  const good = await Deno.readTextFile(indexPath(project));
  const refused = async (change: (assets: Asset[], index: Index) => void, expected: { code: string; says: RegExp }) => {
    await Deno.writeTextFile(indexPath(project), good);
    await changeIndex(project, change);
    const { code, message } = await fails(other, "sync", "--from", "mirror", ...trusted);
    assert.equal(code, expected.code, message);
    assert.match(message, expected.says);
    assert.equal(await isThere(join(project.path, ".epack", "remotes")), false);
  };
  await refused((_, { sources: [{ releases: [release] }] }) => release.tag = "v1.0.1", {
    code: "release_not_found",
    says: /the locked release v1\.0\.0 .* is not at the mirror/,
  });
  await refused((_, { sources: [source] }) => source.source = "evil/epack-remote-example", {
    code: "release_not_found",
    says: /has nothing of acme\/epack-remote-example; it has evil\/epack-remote-example/,
  });
  await refused(([asset]) => asset.name = "epack-remote-example-plan9-mips", {
    code: "release_not_found",
    says: new RegExp(`no adapter "example" for ${PLATFORM.replace("-", "/")}`),
  });
  await refused(([asset]) => delete asset.bundle, { code: "signature_invalid", says: /no bundle/ });
  await refused(
    ([asset]) => Object.assign(asset, { digest: asset.bundle?.digest, size_bytes: asset.bundle?.size_bytes }),
    {
      code: "adapter_digest_mismatch",
      says: /is not the one that was locked/,
    },
  );
  const bundle = (await readIndex(stranger)).sources[0].releases[0].assets[0].bundle ?? assert.fail("no bundle");
  const blob = join("mirror", "blobs", "sha256", bundle.digest.replace("sha256:", ""));
  await Deno.copyFile(join(stranger.path, blob), join(project.path, blob));
  await refused(([asset]) => asset.bundle = bundle, { code: "signature_invalid", says: /certificate|chain|log/i });
});

Deno.test("mirror create again brings a mirror up to date, and one that is interrupted leaves it as it was", async () => {
  await using project = await mirrored();
  const { github, path } = project;
  github.repositories[0].releases = [await project.release("v1.1.0"), ...github.repositories[0].releases];
  await project.source(`${REPOSITORY}@v1.1.0`);
  await succeeds(project, "lock", ...trusted);
  await Deno.remove(join(path, "cache"), { recursive: true });
  const before = await Deno.readTextFile(indexPath(project));
  github.faults.stallAssets = true;
  const asked = github.requests.length;
  const child = startEpack(["mirror", "create", "mirror", ...trusted], { cwd: path, env: project.env });
  while (!github.requests.slice(asked).some(({ server }) => server === "assets")) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  assert.equal(code, 130, new TextDecoder().decode(stderr));
  assert.equal(await Deno.readTextFile(indexPath(project)), before);
  const leftOf = async (folder: string) => (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  for (const folder of ["cache/epack/adapters", "mirror/blobs/sha256"]) {
    assert.deepEqual((await leftOf(join(path, folder))).filter((name) => name.startsWith(".")), [], folder);
  }
  github.faults.stallAssets = false;
  await succeeds(project, "mirror", "create", "mirror", ...trusted);
  assert.deepEqual((await readIndex(project)).sources[0].releases.map(({ tag }) => tag), ["v1.1.0"]);
  const { installed } = await succeeds(await elsewhere(project), "sync", "--from", "mirror", ...trusted);
  assert.equal(installed[0].version, "v1.1.0");
});
