import assert from "node:assert/strict";
import { foreseeAdapter, prepareSession, type VerificationOptions } from "../../lib/adapter/mod.ts";
import { findProject, loadConfig, resolveRemote } from "../../lib/config/mod.ts";
import { type EpackError, isEpackError } from "../../lib/errors.ts";
import { type AdapterFolders, adapterFolders } from "./adapter_folders.ts";

async function opened(folders: AdapterFolders) {
  const project = await findProject(folders.path);
  return { project, remote: resolveRemote(await loadConfig(project.configPath), "a") };
}

async function foresee(folders: AdapterFolders, options: VerificationOptions = {}) {
  const { project, remote } = await opened(folders);
  return await foreseeAdapter(project, remote, options);
}

/** What a real run says, which may start the adapter. */
async function refusal(work: Promise<unknown>): Promise<EpackError> {
  try {
    await work;
  } catch (error) {
    if (isEpackError(error)) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

Deno.test("foreseeAdapter() says what would run, vouched for by what and confined how, and starts nothing", async () => {
  await using folders = await adapterFolders();
  const path = await folders.write("bin/epack-remote-x", folders.script());
  await folders.config({ a: `binary: ${path}` });
  await folders.lock({ a: { text: folders.script() } });
  const { kind, path: found, assurance, confinement, digest } = await foresee(folders);
  assert.deepEqual([kind, found, assurance], ["native", path, "pinned"]);
  assert.match(digest ?? "", /^sha256:/);
  assert.deepEqual(await folders.started(), []);
  await using session = await (async () => {
    const { project, remote } = await opened(folders);
    return await prepareSession(project, remote, { env: {}, tempRoot: folders.tempRoot });
  })();
  assert.deepEqual([session.assurance, session.adapterDigest, session.confinement], [assurance, digest, confinement]);
});

/** What stands between a remote and its adapter: how the folders are made so, and what allows it all the same. */
const OBSTACLES: Record<string, { make(folders: AdapterFolders): Promise<void>; options?: VerificationOptions }> = {
  "no file": {
    async make(folders) {
      await folders.config({ a: `binary: ${folders.path}/nowhere` });
      await folders.lock({ a: { text: "x" } });
    },
  },
  "no pin": {
    async make(folders) {
      await folders.config({ a: `binary: ${await folders.write("bin/epack-remote-x", folders.script())}` });
    },
  },
  "a pin of other bytes": {
    async make(folders) {
      await folders.config({ a: `binary: ${await folders.write("bin/epack-remote-x", folders.script())}` });
      await folders.lock({ a: { text: "other" } });
    },
  },
  "a pin for another platform": {
    async make(folders) {
      const text = folders.script();
      await folders.config({ a: `binary: ${await folders.write("bin/epack-remote-x", text)}` });
      await folders.lock({ a: { text, platform: "plan9/mips" } });
    },
  },
  "a lockfile that is none": {
    async make(folders) {
      await folders.config({ a: `binary: ${await folders.write("bin/epack-remote-x", folders.script())}` });
      await folders.write("epack.lock.yaml", "schema_version: 9\n", { mode: 0o644 });
    },
  },
  "a file that is not executable": {
    async make(folders) {
      const text = folders.script();
      await folders.config({ a: `binary: ${await folders.write("bin/epack-remote-x", text, { mode: 0o644 })}` });
      await folders.lock({ a: { text } });
    },
  },
  "a file that is no program": {
    async make(folders) {
      await folders.config({ a: `binary: ${await folders.write("bin/epack-remote-x", "text")}` });
      await folders.lock({ a: { text: "text" } });
    },
  },
  "a built-in adapter without a folder": {
    make: (folders) => folders.config({ a: "adapter: filesystem" }),
  },
  "a granted folder that leads out of itself": {
    async make(folders) {
      const text = "export default {};";
      const path = await folders.write("bin/epack-remote-x.js", text);
      await folders.write("reports/a.txt", "a");
      await Deno.symlink("/etc", `${folders.path}/reports/out`);
      await folders.config({ a: `binary: ${path}, permissions: {read: [reports]}` });
    },
    options: { allowUnpinned: true },
  },
  "hosts for a native adapter": {
    async make(folders) {
      const path = await folders.write("bin/epack-remote-x", folders.script());
      await folders.config({ a: `binary: ${path}, permissions: {net: ["packs.test:443"]}` });
    },
    options: { allowUnpinned: true },
  },
  "an insecure wish under --frozen": {
    async make(folders) {
      await folders.config({ a: `binary: ${await folders.write("bin/epack-remote-x", folders.script())}` });
    },
    options: { frozen: true, allowUnpinned: true },
  },
};

for (const [what, { make, options }] of Object.entries(OBSTACLES)) {
  Deno.test(`foreseeAdapter() refuses ${what} with the code and the words of a real run`, async () => {
    await using folders = await adapterFolders();
    await make(folders);
    const foreseen = await refusal(foresee(folders, options));
    const { project, remote } = await opened(folders);
    const real = await refusal(prepareSession(project, remote, { ...options, env: {}, tempRoot: folders.tempRoot }));
    assert.deepEqual([foreseen.code, foreseen.message], [real.code, real.message]);
    assert.deepEqual(await folders.started(), []);
  });
}
