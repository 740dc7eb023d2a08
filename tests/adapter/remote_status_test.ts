import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { type RemoteStatus, remoteStatuses, resolveAdapterPath } from "../../lib/adapter/mod.ts";
import { findProject, loadConfig, resolveRemote } from "../../lib/config/mod.ts";
import { currentPlatform, readLock } from "../../lib/lockfile/mod.ts";
import { type AdapterFolders, adapterFolders } from "./adapter_folders.ts";

const PLATFORM = currentPlatform().replace("/", "-");
const SOURCE = { source: "github.com/acme/epack-remote-x", version: "v1.0.0" };

/** The project of the folders, as commands see it. */
async function opened(folders: AdapterFolders) {
  const project = await findProject(folders.path);
  const config = await loadConfig(project.configPath);
  const lock = await readLock(project.lockPath);
  return { project, lock, remote: (name: string) => resolveRemote(config, name) };
}

async function statusOf(folders: AdapterFolders, name: string): Promise<RemoteStatus> {
  const { project, lock, remote } = await opened(folders);
  return await remoteStatuses(project, { lock })(remote(name));
}

Deno.test("remoteStatuses() knows what was installed for a source, and that it was installed without verification", async () => {
  await using folders = await adapterFolders();
  const text = folders.script();
  await folders.config({ a: "source: acme/epack-remote-x@v1" });
  await folders.lock({ a: { text, ...SOURCE } });
  assert.equal((await statusOf(folders, "a")).status, "managed");
  const path = await folders.write(`.epack/remotes/x/v1.0.0/${PLATFORM}/epack-remote-x`, text);
  const { status, version, path: found, problem } = await statusOf(folders, "a");
  assert.deepEqual([status, version, found, problem], ["verified", "v1.0.0", path, undefined]);
  await Deno.writeTextFile(join(dirname(path), ".insecure-install"), "");
  assert.equal((await statusOf(folders, "a")).problem, "it was installed without verification");
});

Deno.test("remoteStatuses() takes a module that was installed for a source for confined", async () => {
  await using folders = await adapterFolders();
  const text = "export default {};";
  await folders.write(`.epack/remotes/x/v1.0.0/${PLATFORM}/epack-remote-x.js`, text);
  await folders.config({ a: "source: acme/epack-remote-x@v1" });
  await folders.lock({ a: { text, ...SOURCE } });
  const { status, kind, confinement } = await statusOf(folders, "a");
  assert.deepEqual([status, kind, confinement], ["verified", "module", "confined: no files, no network"]);
});

Deno.test("remoteStatuses() looks at the remote's own pin, not at that of another remote with the same file", async () => {
  await using folders = await adapterFolders();
  const text = folders.script();
  const path = await folders.write("bin/epack-remote-x", text);
  await folders.config({ a: `binary: ${path}`, b: `binary: ${path}`, c: `binary: ${path}` });
  await folders.lock({ a: { text }, b: { text: "other" } });
  const statuses = await Promise.all(["a", "b", "c"].map((name) => statusOf(folders, name)));
  assert.deepEqual(statuses.map(({ status }) => status), ["verified", "unverified", "unverified"]);
});

Deno.test("remoteStatuses() reads a file of several remotes once", async () => {
  await using folders = await adapterFolders();
  const text = folders.script();
  const path = await folders.write("bin/epack-remote-x", text);
  await folders.config({ a: `binary: ${path}`, b: `binary: ${path}` });
  await folders.lock({ a: { text }, b: { text } });
  const { project, lock, remote } = await opened(folders);
  const status = remoteStatuses(project, { lock });
  const first = await status(remote("a"));
  await folders.write("bin/epack-remote-x", "changed");
  assert.deepEqual(await status(remote("b")), first);
});

Deno.test("remoteStatuses() stops at an abort with its reason", async () => {
  await using folders = await adapterFolders();
  const text = folders.script();
  const path = await folders.write("bin/epack-remote-x", text);
  await folders.config({ a: `binary: ${path}` });
  await folders.lock({ a: { text } });
  const { project, lock, remote } = await opened(folders);
  const signal = AbortSignal.abort(new Error("stop"));
  await assert.rejects(remoteStatuses(project, { lock, signal })(remote("a")), /stop/);
});

Deno.test("resolveAdapterPath() gives the locked version, and nothing of PATH or other places", async () => {
  await using folders = await adapterFolders();
  const text = folders.script();
  await folders.config({ a: "source: acme/epack-remote-x@^1.0", b: "binary: /opt/nowhere/epack-remote-y" });
  for (const place of ["path", "home/data/epack/bin", ".epack/bin"]) {
    await folders.write(`${place}/epack-remote-x`, text);
  }
  const missing = await opened(folders);
  await assert.rejects(resolveAdapterPath(missing.project, missing.remote("a")), {
    code: "adapter_not_installed",
    exitCode: 14,
  });
  assert.equal(await resolveAdapterPath(missing.project, missing.remote("b")), "/opt/nowhere/epack-remote-y");
  const [locked, newest] = [
    await folders.write(`.epack/remotes/a/v1.0.0/${PLATFORM}/epack-remote-x`, text),
    await folders.write(`.epack/remotes/a/v1.2.0/${PLATFORM}/epack-remote-x`, text),
  ];
  await folders.lock({ a: { text, ...SOURCE } });
  const { project, lock, remote } = await opened(folders);
  assert.equal(await resolveAdapterPath(project, remote("a"), { lock }), locked);
  assert.equal(await resolveAdapterPath(project, remote("a")), newest);
});
