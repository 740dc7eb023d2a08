import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { RELEASE_PLATFORMS } from "../../lib/lockfile/mod.ts";
import { packMirror } from "../../lib/release/mod.ts";
import { ROOT } from "../../scripts/root.ts";
import { mayMount, programWords } from "../environment/project.ts";
import { DENO_CACHE, epack, type EpackRun, temporaryFolder } from "../epack.ts";
import { signedPack } from "../trust/signed_pack.ts";
import { commitFor, PLATFORM, type SuppliedProject, suppliedProject } from "./supplied_project.ts";

const PAGE = await Deno.readTextFile(join(ROOT, "docs/air-gap.md"));
const blockOf = (language: string, first: string) =>
  PAGE.match(new RegExp(`\`\`\`${language}\n${first}\n([^]*?)\`\`\``))?.[1] ?? assert.fail(`docs/air-gap.md: ${first}`);
const SUBJECT = blockOf("sh", "# isolated").match(/--subject (\S+)/)?.[1] ?? assert.fail("no --subject");

interface Isolated extends AsyncDisposable {
  path: string;
  /** Runs a shell's lines, each of which must succeed, with `epack` as a command. */
  sh(script: string, wrapper?: readonly string[]): Promise<EpackRun>;
  epack(...args: string[]): Promise<EpackRun>;
}

/** Runs the page's first part, carries over what it says, and takes the other machine's network away: the server is gone. */
async function carriedOver(): Promise<Isolated> {
  const other = temporaryFolder();
  await using connected = await suppliedProject();
  connected.github.repositories[0].releases = [
    await connected.release("v1.2.4", { platforms: RELEASE_PLATFORMS.map((name) => name.replace("/", "-")) }),
  ];
  const config = blockOf("yaml", "# epack.yaml").replace("/srv/packs", join(other.path, "store"));
  await Deno.writeTextFile(join(connected.path, "epack.yaml"), config);
  const first = await sh(connected.path, connected.env, blockOf("sh", "# connected"));
  assert.equal(first.code, 0, first.stderr);
  for (const name of ["epack.yaml", "epack.lock.yaml", "mirror", "root.json"]) {
    await Deno.rename(join(connected.path, name), join(other.path, name));
  }
  await Deno.mkdir(join(other.path, "store"));
  await Deno.writeFile(join(other.path, "evidence.epack"), await packOf(connected));
  const env = {
    ...connected.env,
    XDG_CACHE_HOME: join(other.path, "cache"),
    PYTHON_ADAPTER_ROOT: join(other.path, "store"),
  };
  return {
    path: other.path,
    sh: (script, wrapper) => sh(other.path, env, script, wrapper),
    epack: (...args) => epack(args, { cwd: other.path, env: { ...env, EPACK_TRUST_ROOT: "root.json" } }),
    [Symbol.asyncDispose]: () => other[Symbol.asyncDispose](),
  };
}

const packOf = ({ authority }: SuppliedProject) => signedPack(authority, { attestations: [{ subject: SUBJECT }] });

async function sh(
  cwd: string,
  env: Record<string, string>,
  script: string,
  wrapper: readonly string[] = [],
): Promise<EpackRun> {
  const [program, ...words] = [...wrapper, "sh", "-euc", `epack() { ${programWords()} "$@"; }\n${script}`];
  const output = await new Deno.Command(program, {
    args: words,
    cwd,
    env: { ...env, NO_COLOR: "1", EPACK_TRUST_ROOT: "root.json" },
  }).output();
  const decoder = new TextDecoder();
  return { code: output.code, stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
}

const isThere = (path: string) => Deno.stat(path).then(() => true, () => false);
const installed = (path: string) => join(path, ".epack/remotes/example/v1.2.4", PLATFORM, "epack-remote-example");

async function assertArrived(isolated: Isolated, run: EpackRun) {
  assert.equal(run.code, 0, run.stdout + run.stderr);
  assert.match(run.stdout, /Installed archive v1\.2\.4/);
  assert.match(run.stdout, /Nothing to object to/);
  assert.match(run.stdout, new RegExp(`${SUBJECT.replaceAll(/[.?]/g, "\\$&")}`));
  assert.ok(await isThere(join(isolated.path, ".epack/receipts/push/archive")));
}

Deno.test("docs/air-gap.md as it stands: lock and mirror there; sync, audit, verify and push here, with the server gone", async () => {
  await using isolated = await carriedOver();
  await assertArrived(isolated, await isolated.sh(blockOf("sh", "# isolated")));
});

Deno.test({
  name: "docs/air-gap.md as it stands, in a network namespace without even loopback",
  ignore: !mayMount(),
  async fn() {
    await using isolated = await carriedOver();
    await assertArrived(isolated, await isolated.sh(blockOf("sh", "# isolated"), ["unshare", "-n"]));
  },
});

Deno.test("sync --from needs no permission to connect anywhere", async () => {
  await using isolated = await carriedOver();
  const { path } = isolated;
  const output = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--unstable-worker-options",
      `--allow-read=${path}`,
      `--allow-write=${path}`,
      "--allow-env",
      join(ROOT, "main.ts"),
      ...["sync", "--frozen", "--from", "mirror", "--trust-root", "root.json"],
    ],
    cwd: path,
    env: { ...DENO_CACHE, XDG_CACHE_HOME: join(path, "cache"), NO_COLOR: "1" },
  }).output();
  assert.equal(output.code, 0, new TextDecoder().decode(output.stderr));
  assert.ok(await isThere(installed(path)));
});

/** What may have happened to a mirror on its way: the one thing, and what is said of it. */
const SPOILED: Record<string, { spoil: (path: string) => Promise<void>; code: number[]; says: RegExp }> = {
  "a file with other bytes": {
    spoil: async (path) => {
      for (const [blob, text] of await blobs(path)) {
        if (text.startsWith("#!")) await Deno.writeTextFile(blob, text.replace("v1.2.4", "v6.6.6"));
      }
    },
    code: [11],
    says: /is not what its index says/,
  },
  "a bundle with another payload": {
    spoil: async (path) => {
      for (const [blob, text] of await blobs(path)) {
        if (text.includes("dsseEnvelope")) {
          await Deno.writeTextFile(blob, text.replace(/"payload":"..../, '"payload":"AAAA'));
        }
      }
    },
    code: [11],
    says: /is not what its index says/,
  },
  "another root here": {
    spoil: async (path) => {
      await using stranger = await suppliedProject();
      await Deno.copyFile(join(stranger.path, "root.json"), join(path, "root.json"));
    },
    code: [12],
    says: /certificate|root|chain|log/i,
  },
  "a truncated index": {
    spoil: (path) => Deno.truncate(join(path, "mirror/index.json"), 40),
    code: [1, 2, 11, 12],
    says: /index/,
  },
  "no files": {
    spoil: (path) => Deno.remove(join(path, "mirror"), { recursive: true }),
    code: [20],
    says: /mirror/,
  },
  "a configuration that was changed after locking": {
    spoil: async (path) => {
      const text = await Deno.readTextFile(join(path, "epack.yaml"));
      await Deno.writeTextFile(join(path, "epack.yaml"), text.replace("@^1.2", "@^2"));
    },
    code: [10],
    says: /not in step/,
  },
  "a tag that names another commit": {
    spoil: async (path) => {
      const lock = await Deno.readTextFile(join(path, "epack.lock.yaml"));
      await Deno.writeTextFile(join(path, "epack.lock.yaml"), lock.replace(commitFor("v1.2.4"), "b".repeat(40)));
    },
    code: [10],
    says: /commit/,
  },
};

const blobs = async (path: string) =>
  await Promise.all(
    (await Array.fromAsync(filesBelow(join(path, "mirror/blobs")))).map(async (blob) =>
      [blob, await Deno.readTextFile(blob)] as const
    ),
  );

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesBelow(path);
    else yield path;
  }
}

for (const [name, { spoil, code, says }] of Object.entries(SPOILED)) {
  Deno.test(`sync --from refuses ${name}, and installs nothing`, async () => {
    await using isolated = await carriedOver();
    await spoil(isolated.path);
    const run = await isolated.epack("sync", "--frozen", "--from", "mirror", "--json");
    const { message } = JSON.parse(run.stdout).error;
    assert.ok(code.includes(run.code), `${run.code}: ${message}`);
    assert.match(message, says);
    assert.equal(await isThere(installed(isolated.path)), false);
  });
}

Deno.test("a mirror that is made again has the same files, by their digests", async () => {
  await using connected = await suppliedProject();
  connected.github.repositories[0].releases = [await connected.release("v1.2.4")];
  await connected.source("acme/epack-remote-example@^1.2");
  assert.equal((await connected.epack("lock", "--trust-root", "root.json")).code, 0);
  const listing = async (folder: string) => {
    const run = await connected.epack("mirror", "create", folder, "--trust-root", "root.json");
    assert.equal(run.code, 0, run.stderr);
    return (await Array.fromAsync(filesBelow(join(connected.path, folder)))).map((file) =>
      relative(join(connected.path, folder), file)
    ).sort();
  };
  const first = await listing("one");
  assert.deepEqual(await listing("one"), first);
  assert.deepEqual(await listing("two"), first);
  assert.ok(first.length >= 4, first.join("\n"));
});

Deno.test("a mirror in one tar file, with the server gone and no network, installs the same", async () => {
  await using isolated = await carriedOver();
  const archive = join(isolated.path, "mirror.tar");
  await packMirror(join(isolated.path, "mirror"), archive);
  await Deno.remove(join(isolated.path, "mirror"), { recursive: true });
  const temporary = join(isolated.path, "tmp");
  await Deno.mkdir(temporary);
  const run = await isolated.sh(`TMPDIR=${temporary} epack sync --frozen --from mirror.tar`);
  assert.equal(run.code, 0, run.stderr);
  assert.ok(await isThere(installed(isolated.path)));
  assert.deepEqual(await Array.fromAsync(Deno.readDir(temporary)), []);
});

Deno.test("mirror create writes a tar file when it is named one, and nothing else", async () => {
  await using connected = await suppliedProject();
  connected.github.repositories[0].releases = [await connected.release("v1.2.4")];
  await connected.source("acme/epack-remote-example@^1.2");
  assert.equal((await connected.epack("lock", "--trust-root", "root.json")).code, 0);
  const temporary = join(connected.path, "tmp");
  await Deno.mkdir(temporary);
  const made = await connected.with({ TMPDIR: temporary }).epack(
    "mirror",
    "create",
    "m.tar",
    "--trust-root",
    "root.json",
    "--json",
  );
  assert.equal(made.code, 0, made.stdout + made.stderr);
  assert.equal(JSON.parse(made.stdout).archive, join(connected.path, "m.tar"));
  assert.deepEqual(await Array.fromAsync(Deno.readDir(temporary)), []);
  connected.github.repositories.length = 0;
  const synced = await connected.epack("sync", "--from", "m.tar", "--trust-root", "root.json");
  assert.equal(synced.code, 0, synced.stderr);
  assert.ok(await isThere(installed(connected.path)));
});
