import assert from "node:assert/strict";
import { join } from "node:path";
import {
  confineBelow,
  createExclusive,
  createStaging,
  ensureFolder,
  openRegular,
  privateDir,
  readRegular,
  removeSealed,
  writeAtomic,
} from "../../lib/files/mod.ts";
import { temporaryFolder } from "../epack.ts";

const ROOM = new URL("../../lib/files/mod.ts", import.meta.url).href;
const NAMED = ["--allow-read", "--allow-write", "--allow-env", "--allow-run", "--allow-sys"];

/** Runs code in a process of its own, with named permissions as users have them. */
function runCode(code: string, options: { wrapper?: string[] } = {}): Deno.ChildProcess {
  const words = [
    ...(options.wrapper ?? []),
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    "--no-lock",
    ...NAMED,
    `data:text/typescript,${encodeURIComponent(code)}`,
  ];
  return new Deno.Command(words[0], { args: words.slice(1), stdout: "piped", stderr: "piped" }).spawn();
}

const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();

Deno.test("openRegular() opens a file, and refuses links, folders, FIFOs and devices without opening them", async () => {
  await using folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  await Deno.writeTextFile(at("file"), "abc");
  await Deno.symlink("file", at("link"));
  await new Deno.Command("mkfifo", { args: [at("fifo")] }).output();
  {
    using file = await openRegular(at("file"));
    assert.equal(file.sizeBytes, 3);
    assert.equal(file.stillSame(), true);
    await Deno.writeTextFile(at("file"), "abcd");
    assert.equal(file.stillSame(), false);
  }
  for (const name of ["link", "fifo", "."]) await assert.rejects(openRegular(at(name)), { code: "file_refused" }, name);
  await assert.rejects(openRegular("/dev/null"), { code: "file_refused" });
  await assert.rejects(openRegular(at("nowhere")), { code: "file_not_found", exitCode: 20 });
  await assert.rejects(openRegular(at("file/x")), { code: "file_refused" });
  await assert.rejects(readRegular(at("file"), { maxBytes: 3 }), { code: "limit_exceeded" });
});

Deno.test("openRegular() refuses a link under named permissions too", async () => {
  await using folder = temporaryFolder();
  await Deno.symlink("/etc/hostname", join(folder.path, "link"));
  const code = `import { openRegular } from ${JSON.stringify(ROOM)}; try { await openRegular(${
    JSON.stringify(join(folder.path, "link"))
  }); console.log("opened"); } catch (e) { console.log(e.code); }`;
  const { stdout } = await runCode(code).output();
  assert.equal(new TextDecoder().decode(stdout).trim(), "file_refused");
});

Deno.test("createStaging() takes its name only at the commit, never over a file without force", async () => {
  await using folder = temporaryFolder();
  const output = join(folder.path, "out");
  {
    await using staging = await createStaging(output);
    await staging.file.write(new TextEncoder().encode("new"));
    assert.equal(names(folder.path).includes("out"), false);
    // what appears meanwhile is not replaced
    await Deno.writeTextFile(output, "theirs");
    await assert.rejects(staging.commit({ force: false }), { code: "file_exists" });
  }
  assert.equal(await Deno.readTextFile(output), "theirs");
  {
    await using staging = await createStaging(output);
    await staging.file.write(new TextEncoder().encode("new"));
    await staging.commit({ force: true });
  }
  assert.equal(await Deno.readTextFile(output), "new");
  assert.deepEqual(names(folder.path), ["out"]);
});

Deno.test("createStaging() replaces neither a link, a folder nor a FIFO, even with force", async () => {
  await using folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  await Deno.symlink("nowhere", at("link"));
  await Deno.mkdir(at("folder"));
  await new Deno.Command("mkfifo", { args: [at("fifo")] }).output();
  for (const name of ["link", "folder", "fifo"]) {
    await using staging = await createStaging(at(name));
    await assert.rejects(staging.commit({ force: true }), { code: "file_refused" }, name);
  }
  assert.deepEqual(names(folder.path), ["fifo", "folder", "link"]);
  await assert.rejects(createStaging(join(folder.path, "missing", "out")), { code: "file_not_found" });
});

/** A process that stages an output and then waits; resolves when its file is there. */
async function stagingProcess(output: string): Promise<Deno.ChildProcess> {
  const child = runCode(
    `import { createStaging } from ${JSON.stringify(ROOM)}; const s = await createStaging(${
      JSON.stringify(output)
    }); console.log("staged"); setInterval(() => s, 1000);`,
  );
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  await child.stderr.cancel();
  return child;
}

Deno.test("createStaging() sweeps what a killed process left, and not what a living one is writing", async () => {
  await using folder = temporaryFolder();
  const output = join(folder.path, "out");
  const living = await stagingProcess(output);
  const killed = await stagingProcess(output);
  killed.kill("SIGKILL");
  await killed.status;
  assert.equal(names(folder.path).length, 4);
  {
    await using _mine = await createStaging(output);
  }
  assert.equal(names(folder.path).length, 2);
  living.kill("SIGKILL");
  await living.status;
  {
    await using _mine = await createStaging(output);
  }
  assert.deepEqual(names(folder.path), []);
});

Deno.test("privateDir() is 0700, is removed though its folders are sealed, and is swept after a killed process", async () => {
  await using folder = temporaryFolder();
  const dir = privateDir("epack-x-", { tempRoot: folder.path });
  assert.equal(((await Deno.stat(dir.path)).mode ?? 0) & 0o777, 0o700);
  await Deno.mkdir(join(dir.path, "sealed"));
  await Deno.writeTextFile(join(dir.path, "sealed", "file"), "");
  await Deno.chmod(join(dir.path, "sealed"), 0o500);
  dir.remove();
  dir.remove();
  assert.deepEqual(names(folder.path), []);
  const child = runCode(
    `import { privateDir } from ${JSON.stringify(ROOM)}; privateDir("epack-x-", { tempRoot: ${
      JSON.stringify(folder.path)
    } }); console.log("made"); setInterval(() => {}, 1000);`,
  );
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  await child.stderr.cancel();
  privateDir("epack-x-", { tempRoot: folder.path }).remove();
  assert.equal(names(folder.path).length, 1);
  child.kill("SIGKILL");
  await child.status;
  privateDir("epack-x-", { tempRoot: folder.path }).remove();
  assert.deepEqual(names(folder.path), []);
});

Deno.test("privateDir() sweeps what was killed while it was removed, and before it was marked", async () => {
  await using folder = temporaryFolder();
  const removing = join(folder.path, "epack-x-1.gone");
  await Deno.mkdir(join(removing, "sealed"), { recursive: true });
  await Deno.writeTextFile(join(removing, "sealed", "adapter"), "x");
  await Deno.chmod(join(removing, "sealed"), 0o500);
  const [old, young] = ["epack-x-2", "epack-x-3"].map((name) => join(folder.path, name));
  for (const path of [old, young]) await Deno.mkdir(path);
  const before = new Date(Date.now() - 60_000);
  await Deno.utime(old, before, before);
  privateDir("epack-x-", { tempRoot: folder.path }).remove();
  assert.deepEqual(names(folder.path), ["epack-x-3"]);
});

for (const removal of [1, 2]) {
  Deno.test(`privateDir() whose process is killed at removal ${removal} of its end is swept`, async () => {
    await using folder = temporaryFolder();
    const child = runCode(`import { privateDir } from ${JSON.stringify(ROOM)};
      const dir = privateDir("epack-x-", { tempRoot: ${JSON.stringify(folder.path)} });
      const remove = Deno.removeSync;
      let count = 0;
      Deno.removeSync = (...args) => ++count === ${removal} ? Deno.kill(Deno.pid, "SIGKILL") : remove(...args);
      dir.remove();`);
    await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
    assert.equal((await child.status).signal, "SIGKILL");
    assert.equal(names(folder.path).length, 1);
    privateDir("epack-x-", { tempRoot: folder.path }).remove();
    assert.deepEqual(names(folder.path), []);
  });
}

Deno.test("privateDir() sweeps what an earlier process with this process's id left", async () => {
  await using folder = temporaryFolder();
  const left = join(folder.path, "epack-x-left");
  await Deno.mkdir(left);
  await Deno.writeTextFile(join(left, `epack.${Deno.pid}.owner`), "");
  privateDir("epack-x-", { tempRoot: folder.path }).remove();
  assert.deepEqual(names(folder.path), []);
});

Deno.test({
  name: "privateDir() sweeps what a process left whose id another one has now",
  // before Deno 2.7 a lock cannot be asked for, and the id alone counts
  ignore: !("tryLockSync" in Deno.FsFile.prototype),
  async fn() {
    await using folder = temporaryFolder();
    const left = join(folder.path, "epack-x-left");
    await Deno.mkdir(left);
    const mark = join(left, "epack.1.owner");
    await Deno.writeTextFile(mark, "");
    privateDir("epack-x-", { tempRoot: folder.path }).remove();
    assert.deepEqual(names(folder.path), ["epack-x-left"], "it may have been made just now");
    const before = new Date(Date.now() - 3_600_000);
    await Deno.utime(mark, before, before);
    privateDir("epack-x-", { tempRoot: folder.path }).remove();
    assert.deepEqual(names(folder.path), []);
  },
});

Deno.test({
  name: "privateDir() sweeps no folder of another user, whatever it holds",
  ignore: Deno.build.os !== "linux" || Deno.uid() !== 0,
  async fn() {
    await using folder = temporaryFolder();
    const foreign = join(folder.path, "epack-x-foreign");
    await Deno.mkdir(foreign);
    // a process that is gone
    await Deno.writeTextFile(join(foreign, "epack.4194304.owner"), "");
    await Deno.chown(foreign, 65534, 65534);
    privateDir("epack-x-", { tempRoot: folder.path }).remove();
    assert.deepEqual(names(folder.path), ["epack-x-foreign"]);
    await Deno.chown(foreign, 0, 0);
    privateDir("epack-x-", { tempRoot: folder.path }).remove();
    assert.deepEqual(names(folder.path), []);
  },
});

Deno.test("removeSealed() follows no link: neither what it leads to nor its modes change", async () => {
  await using folder = temporaryFolder();
  const other = join(folder.path, "other");
  await Deno.mkdir(join(other, "inner"), { recursive: true });
  await Deno.chmod(join(other, "inner"), 0o555);
  await Deno.chmod(other, 0o755);
  await Deno.symlink(other, join(folder.path, "link"));
  removeSealed(join(folder.path, "link"));
  assert.deepEqual(names(folder.path), ["other"]);
  assert.deepEqual(names(other), ["inner"]);
  const modes = [other, join(other, "inner")].map((path) => (Deno.statSync(path).mode ?? 0) & 0o777);
  assert.deepEqual(modes, [0o755, 0o555]);
});

Deno.test({
  name: "removeSealed() works where file modes hold, as they do for a plain user",
  ignore: Deno.build.os !== "linux" || Deno.uid() !== 0,
  async fn() {
    await using folder = temporaryFolder();
    const sealed = join(folder.path, "sealed", "inner");
    await Deno.mkdir(sealed, { recursive: true });
    await Deno.writeTextFile(join(sealed, "file"), "");
    await Deno.chmod(sealed, 0o500);
    await Deno.chmod(join(folder.path, "sealed"), 0o500);
    const path = new URL("../../lib/files/private_dir.ts", import.meta.url).href;
    const code = `import { removeSealed } from ${JSON.stringify(path)}; removeSealed(${
      JSON.stringify(join(folder.path, "sealed"))
    });`;
    const { success, stderr } = await runCode(code, {
      wrapper: ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.deepEqual(names(folder.path), []);
    removeSealed(join(folder.path, "nowhere"));
  },
});

Deno.test("createExclusive() lets one of many have the name; writeAtomic() replaces whole files and leaves nothing", async () => {
  await using folder = temporaryFolder();
  const path = join(folder.path, "file");
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => createExclusive(path, `${index}`)));
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
  await writeAtomic(path, "new");
  assert.equal(await Deno.readTextFile(path), "new");
  await Deno.mkdir(join(folder.path, "taken"));
  await assert.rejects(writeAtomic(join(folder.path, "taken"), "x"), { code: "file_refused" });
  await assert.rejects(writeAtomic(join(folder.path, "missing", "x"), "x"), { code: "file_not_found" });
  assert.deepEqual(names(folder.path), ["file", "taken"]);
});

Deno.test("confineBelow() stays below its root and follows no link on the way", async () => {
  await using folder = temporaryFolder();
  const root = join(folder.path, "root");
  await Deno.mkdir(join(root, "in"), { recursive: true });
  await Deno.symlink("/etc", join(root, "out"));
  assert.equal(await confineBelow(root, "in/new"), join(root, "in", "new"));
  assert.equal(await confineBelow(root, join(root, "in")), join(root, "in"));
  for (const path of ["..", "../root2", "/etc/hostname", "out/hostname", "out", ".", ""]) {
    await assert.rejects(confineBelow(root, path), { code: "file_refused" }, path);
  }
  await assert.rejects(ensureFolder(join(root, "out", "x"), { below: root }), { code: "file_refused" });
});

const canMount = Deno.build.os === "linux" && Deno.uid() === 0 &&
  new Deno.Command("sh", {
    args: ["-c", "d=$(mktemp -d) && mount -t tmpfs -o size=64k none $d && umount $d; r=$?; rmdir $d; exit $r"],
    stderr: "null",
  }).outputSync().success;

Deno.test({
  name: "a full disk is named, the old file stays, and nothing is left",
  ignore: !canMount,
  async fn() {
    await using folder = temporaryFolder();
    const disk = join(folder.path, "disk");
    await Deno.mkdir(disk);
    await new Deno.Command("mount", { args: ["-t", "tmpfs", "-o", "size=64k", "none", disk] }).output();
    try {
      await Deno.writeTextFile(join(disk, "file"), "old");
      await assert.rejects(
        writeAtomic(join(disk, "file"), new Uint8Array(200_000)),
        (error: Error) => /no space left/.test(error.message),
      );
      assert.equal(await Deno.readTextFile(join(disk, "file")), "old");
      assert.deepEqual(names(disk), ["file"]);
    } finally {
      await new Deno.Command("umount", { args: [disk] }).output();
    }
  },
});
