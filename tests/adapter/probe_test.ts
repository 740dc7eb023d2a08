import assert from "node:assert/strict";
import { join } from "node:path";
import {
  discoverAdapters,
  type DiscoveredAdapter,
  type DiscoverOptions,
  newExecutor,
  newVerifiedExecutor,
} from "../../lib/adapter/mod.ts";
import { digestOf } from "../../lib/digest/mod.ts";
import { currentPlatform } from "../../lib/lockfile/mod.ts";
import { type AdapterFolders, adapterFolders } from "./adapter_folders.ts";

const PROBE = { probeManaged: true };
const PROBE_ALL = { probeManaged: true, probePath: true };

async function probed(
  folders: AdapterFolders,
  options: Partial<DiscoverOptions>,
): Promise<Record<string, DiscoveredAdapter>> {
  const { env, path: workDir, tempRoot } = folders;
  const adapters = await discoverAdapters({ env, workDir, tempRoot, ...options });
  // sealed copies do not outlive their run
  assert.deepEqual([...Deno.readDirSync(tempRoot)], []);
  return Object.fromEntries(adapters.map((adapter) => [adapter.name, adapter]));
}

/** One adapter of each standing, each with a text of its own. */
async function everyStanding(): Promise<AdapterFolders> {
  const folders = await adapterFolders();
  const text = (name: string) => folders.script({ name });
  for (const name of ["pinned", "changed", "other"]) await folders.write(`bin/epack-remote-${name}`, text(name));
  await folders.write("path/epack-remote-stranger", text("stranger"));
  await folders.write(".epack/bin/epack-remote-local", text("local"));
  const marked = `.epack/remotes/marked/v1/${currentPlatform().replace("/", "-")}`;
  await folders.write(`${marked}/epack-remote-marked`, text("marked"));
  await folders.write(`${marked}/.insecure-install`, "");
  await folders.config({
    ...Object.fromEntries(
      ["pinned", "changed", "other"].map((name) => [name, `binary: ${folders.path}/bin/epack-remote-${name}`]),
    ),
    marked: "source: acme/epack-remote-marked@v1",
  });
  await folders.lock({
    pinned: { text: text("pinned") },
    changed: { text: "what it was when it was locked" },
    other: { text: text("other"), platform: "plan9/mips" },
    marked: { text: text("marked"), source: "github.com/acme/epack-remote-marked", version: "v1" },
  });
  return folders;
}

const startedNames = async (folders: AdapterFolders) =>
  (await folders.started()).map((path) => path.match(/epack-remote-(\w+)$/)?.[1]).sort();

Deno.test("discovery without probing starts nothing", async () => {
  await using folders = await everyStanding();
  await probed(folders, {});
  assert.deepEqual(await folders.started(), []);
});

Deno.test("probing starts what is verified and nothing else", async () => {
  await using folders = await everyStanding();
  const adapters = await probed(folders, PROBE);
  assert.deepEqual(await startedNames(folders), ["pinned"]);
  assert.equal(adapters.pinned.capabilities?.features.pull, true);
  assert.equal(adapters.pinned.version, "2.0.0");
  assert.equal(adapters.filesystem.capabilities?.name, "filesystem");
  assert.equal(adapters.stranger.capabilities, undefined);
});

Deno.test("probing on the user's word starts the unverified too, but never bytes that differ from a pin", async () => {
  await using folders = await everyStanding();
  const adapters = await probed(folders, PROBE_ALL);
  assert.deepEqual(await startedNames(folders), ["local", "pinned", "stranger"]);
  for (const name of ["changed", "other", "marked"]) {
    assert.equal(adapters[name].capabilities, undefined);
    assert.notEqual(adapters[name].error, undefined);
  }
  assert.equal(adapters.marked.error, "it was installed without verification");
});

Deno.test("probing of the unverified alone starts nothing that is verified", async () => {
  await using folders = await everyStanding();
  await probed(folders, { probePath: true });
  assert.deepEqual(await startedNames(folders), ["local", "stranger"]);
});

Deno.test("what probing starts is a sealed copy, not the file that was found", async () => {
  await using folders = await everyStanding();
  await probed(folders, PROBE_ALL);
  for (const path of await folders.started()) assert.ok(path.startsWith(`${folders.tempRoot}/epack-adapter-`), path);
});

Deno.test("probing gives an adapter none of its remote's secrets", async () => {
  await using folders = await adapterFolders();
  const text = folders.script({ does: `env | grep -c hunter2 >> "${folders.path}/secrets"` });
  const path = await folders.write("bin/epack-remote-x", text);
  await folders.config({ a: `binary: ${path}, secrets: [EXAMPLE_TOKEN]` });
  await folders.lock({ a: { text } });
  const env = { ...folders.env, EXAMPLE_TOKEN: "hunter2" };
  const { x } = await probed(folders, { ...PROBE, env });
  assert.equal(x.capabilities?.name, "x");
  assert.equal(await Deno.readTextFile(join(folders.path, "secrets")), "0\n");
});

Deno.test("probing runs a module with no grants, also when its remote has some", async () => {
  await using folders = await adapterFolders();
  const secret = await folders.write("in/secret", "secret");
  // without a grant the function is not there at all
  const text = `const read = async () => await Deno.readTextFile(${JSON.stringify(secret)});
    const seen = await read().then(() => "read", () => "refused");
    export default { name: "m", version: seen, handlers: {} };`;
  const path = await folders.write("bin/epack-remote-m.js", text);
  await folders.config({ a: `binary: ${path}, permissions: {read: [in]}` });
  await folders.lock({ a: { text } });
  const { m } = await probed(folders, PROBE);
  assert.deepEqual([m.status, m.version, m.error], ["verified", "refused", undefined]);
});

Deno.test("probing never runs an executable outside of namespaces when its remote has permissions", async () => {
  await using folders = await adapterFolders();
  const text = folders.script();
  const path = await folders.write("bin/epack-remote-x", text);
  await folders.config({ a: `binary: ${path}, permissions: {}` });
  await folders.lock({ a: { text } });
  const { x } = await probed(folders, PROBE);
  // inside it cannot write to the log; where there are no namespaces it is refused
  assert.deepEqual(await folders.started(), []);
  assert.ok(x.capabilities !== undefined || x.errorCode === "adapter_refused", x.error);
});

const FAULTS: Record<string, [does: string, code: string]> = {
  "never answers": ["sleep 300", "timeout"],
  "crashes": ["exit 3", "adapter_crashed"],
  "writes without end": ["yes", "adapter_protocol"],
  "answers twice": [`echo '{}'`, "adapter_protocol"],
};
Deno.test("an adapter that fails while it is probed has an error with a code, and hides no other", async () => {
  await using folders = await adapterFolders();
  const names = Object.keys(FAULTS).map((_, at) => `fault${at}`);
  const texts: Record<string, string> = { good: folders.script() };
  for (const [at, [does]] of Object.values(FAULTS).entries()) texts[names[at]] = folders.script({ does });
  for (const [name, text] of Object.entries(texts)) await folders.write(`bin/epack-remote-${name}`, text);
  await folders.config(
    Object.fromEntries(
      Object.keys(texts).map((name) => [name, `binary: ${folders.path}/bin/epack-remote-${name}`]),
    ),
  );
  await folders.lock(Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { text }])));
  const adapters = await probed(folders, { ...PROBE, timeoutMs: 6_000 });
  assert.deepEqual(names.map((name) => adapters[name].errorCode), Object.values(FAULTS).map(([, code]) => code));
  assert.equal(adapters.good.capabilities?.features.pull, true);
});

Deno.test("an abort ends probing with its reason, and what was started", async () => {
  await using folders = await adapterFolders();
  const text = folders.script({ does: "sleep 300" });
  const path = await folders.write("bin/epack-remote-x", text);
  await folders.config({ a: `binary: ${path}` });
  await folders.lock({ a: { text } });
  const controller = new AbortController();
  const probing = probed(folders, { ...PROBE, signal: controller.signal });
  while ((await folders.started()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  controller.abort(new Error("stop"));
  await assert.rejects(probing, /stop/);
  assert.deepEqual([...Deno.readDirSync(folders.tempRoot)], []);
});

Deno.test("an executor runs a module confined, with the grants that it is given", async () => {
  await using folders = await adapterFolders();
  const file = await folders.write("in/file", "inside");
  const text = `const read = async () => await Deno.readTextFile(${JSON.stringify(file)});
    export default { name: "m", version: "1", handlers: {
      "auth.whoami": async () => ({ identity: { authenticated: true, subject: await read().catch(() => "refused") } }),
    } };`;
  const path = await folders.write("epack-remote-m.mjs", text);
  const { env, tempRoot } = folders;
  const grants = { net: [], read: [join(folders.path, "in")], write: [], sys: [] };
  await using granted = await newVerifiedExecutor(path, digestOf(text), { adapterName: "m", env, tempRoot, grants });
  assert.equal((await granted.authWhoami()).identity.subject, "inside");
  await using bare = await newExecutor(path, { adapterName: "m", env, tempRoot });
  assert.equal((await bare.authWhoami()).identity.subject, "refused");
  await assert.rejects(newVerifiedExecutor(path, digestOf("other"), { adapterName: "m", env, tempRoot }), {
    code: "adapter_digest_mismatch",
  });
});
