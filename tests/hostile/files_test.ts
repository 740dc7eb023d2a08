/** What `binary:` may name beside a program, through the whole program; each was a good adapter when it was locked, if it could be. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { epack, type EpackRun, temporaryFolder } from "../epack.ts";

const GOOD = new URL("../adapters/epack-remote-python", import.meta.url);

/** Puts something at a path, in place of nothing. */
type Make = (path: string) => Promise<void>;

interface Row {
  /** What is there when it is locked; default: a good adapter. */
  locked?: Make;
  /** What takes its place afterwards; default: it stays. */
  then?: Make;
  code?: string;
  exit: number;
  says?: RegExp;
}

const file = (text: string | Uint8Array, mode = 0o755): Make => async (path) => {
  await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
  await Deno.chmod(path, mode);
};
const goodFile = (mode = 0o755): Make => async (path) => await file(await Deno.readFile(GOOD), mode)(path);
const sh = (script: string): Make => async (path) => {
  const { success } = await new Deno.Command("sh", { args: ["-ec", script, "sh", path] }).output();
  assert.ok(success, script);
};

/** What shows that a shell has read it. */
const evilOf = (path: string) => `\ntouch '${path}.evil'\n`;

/** The head of an ELF program for a machine that nobody has (SPARC), and a script for a shell that would take it for one. */
const otherMachine: Make = async (path) => {
  const head = new Uint8Array(20);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  head[18] = 43;
  await file(new Uint8Array([...head, ...new TextEncoder().encode(evilOf(path))]))(path);
};

const REFUSED = { code: "adapter_refused", exit: 1 };
const NO_FILE = { code: "file_refused", exit: 1 };

const FILES: Record<string, Row> = {
  "a script whose interpreter is missing": {
    locked: file("#!/nowhere/interpreter\n"),
    ...REFUSED,
    says: /cannot be started/,
  },
  "a program that is not executable": { locked: goodFile(0o644), ...REFUSED, says: /is not executable/ },
  "a setuid program": { locked: goodFile(0o4755), ...REFUSED, says: /is setuid or setgid/ },
  "a setgid program": { locked: goodFile(0o2755), ...REFUSED, says: /is setuid or setgid/ },
  "a program for another machine": {
    locked: otherMachine,
    ...REFUSED,
    says: Deno.build.os === "linux" ? /is built for another machine/ : /is no program/,
  },
  "an empty file": { locked: file(""), ...REFUSED, says: /is an empty file/ },
  "a script without a first line": { locked: (path) => file(evilOf(path))(path), ...REFUSED, says: /is no program/ },
  "a folder": { then: (path) => Deno.mkdir(path), ...NO_FILE, says: /is a folder/ },
  "a FIFO": { then: sh('mkfifo "$1"'), ...NO_FILE, says: /is not a regular file/ },
  "a link": { then: sh(`cp "${GOOD.pathname}" "$1.real"; ln -s "$1.real" "$1"`), ...NO_FILE, says: /is a link/ },
  "a link to nothing": { then: (path) => Deno.symlink("nowhere", path), ...NO_FILE, says: /is a link/ },
  "a file in a folder that is a link": {
    then: sh(
      'cp "$1.good" "$1"; mv "$(dirname "$1")" "$(dirname "$1").real"; ln -s "$(dirname "$1").real" "$(dirname "$1")"',
    ),
    exit: 0,
  },
  "a sparse file of 3 GB": {
    then: sh('truncate -s 3G "$1"; chmod 755 "$1"'),
    code: "limit_exceeded",
    exit: 1,
    says: /has 3221225472 bytes; at most 536870912 are read/,
  },
  "another program than was locked": {
    then: (path) => file(`#!/bin/sh${evilOf(path)}`)(path),
    code: "adapter_digest_mismatch",
    exit: 11,
    says: /is not the one that was locked/,
  },
  "nothing": { then: () => Promise.resolve(), code: "adapter_not_installed", exit: 14, says: /does not exist/ },
};

let root: ReturnType<typeof temporaryFolder>;
const run = (...args: string[]): Promise<EpackRun> =>
  epack([...args, "--json"], { cwd: root.path, env: { TMPDIR: join(root.path, "tmp") } });
const folderOf = (what: string) => join(root.path, what.replaceAll(" ", "-"));
const remoteOf = (what: string) => what.toLowerCase().replaceAll(" ", "-");

Deno.test.beforeAll(async () => {
  root = temporaryFolder();
  await Deno.mkdir(join(root.path, "tmp"));
  const remotes: string[] = [];
  for (const [what, { locked = goodFile() }] of Object.entries(FILES)) {
    const binary = join(folderOf(what), "epack-remote-x");
    await Deno.mkdir(folderOf(what));
    await locked(binary);
    remotes.push(`  ${remoteOf(what)}: {binary: "${binary}", transport: {file_root: "${root.path}"}}`);
  }
  await Deno.writeTextFile(join(root.path, "epack.yaml"), `stream: acme/prod\nremotes:\n${remotes.join("\n")}\n`);
  const { code, stdout, stderr } = await run("lock");
  if (code !== 0) throw new Error(stdout + stderr);
});
Deno.test.afterAll(async () => {
  await root[Symbol.asyncDispose]();
});

for (const [what, { then, code, exit, says }] of Object.entries(FILES)) {
  Deno.test(`epack ${exit === 0 ? "runs" : "runs nothing"} when binary: names ${what}`, async () => {
    const binary = join(folderOf(what), "epack-remote-x");
    if (then !== undefined) {
      await Deno.rename(binary, `${binary}.good`);
      await then(binary);
    }
    const asked = await run("remote", "whoami", remoteOf(what));
    const { error } = JSON.parse(asked.stdout);
    assert.equal(error?.code, code, asked.stdout);
    assert.equal(asked.code, exit);
    if (says !== undefined) assert.match(error.message, says);
    assert.deepEqual([...Deno.readDirSync(join(root.path, "tmp"))], []);
    await assert.rejects(Deno.lstat(`${binary}.evil`), Deno.errors.NotFound);
    // a pin is made of a regular file alone, and nothing hangs while it is looked at
    if (code === "file_refused" || code === "limit_exceeded") {
      const locked = await run("lock", remoteOf(what));
      assert.deepEqual([JSON.parse(locked.stdout).error.code, locked.code], [code, exit]);
    }
  });
}

Deno.test("epack runs nothing when binary: names a device", async () => {
  const config = join(root.path, "device.yaml");
  await Deno.writeTextFile(config, "stream: acme/prod\nremotes:\n  zero: {binary: /dev/zero}\n");
  for (const args of [["lock"], ["remote", "whoami", "zero", "--insecure-allow-unpinned"]]) {
    const asked = await run(...args, "--config", config);
    assert.equal(JSON.parse(asked.stdout).error.code, "file_refused", asked.stdout);
    assert.equal(asked.code, 1);
  }
});
