import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { folderName } from "../../lib/adapters/filesystem_store.ts";
import { digestOf } from "../../lib/digest/mod.ts";
import { temporaryFolder } from "../epack.ts";
import { ROOT } from "../../scripts/root.ts";

const PROGRAM = `${ROOT}lib/adapters/standalone/filesystem.ts`;

// deno-lint-ignore no-explicit-any -- an answer is whatever the adapter printed
type Answer = any;

/** Starts the stand-alone adapter as another host would, with rights below its root alone. */
async function ask(root: string, command: string, request?: unknown): Promise<Answer> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      `--allow-read=${root || "/nowhere"}`,
      `--allow-write=${root || "/nowhere"}`,
      "--allow-env=EPACK_REMOTE_FILE_ROOT,FILESYSTEM_ROOT",
      PROGRAM,
      command,
    ],
    env: { FILESYSTEM_ROOT: root },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  if (request !== undefined) {
    await writer.write(new TextEncoder().encode(typeof request === "string" ? request : JSON.stringify(request)));
  }
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const text = new TextDecoder().decode(stdout);
  return text.startsWith("{") ? JSON.parse(text) : text;
}

const request = (type: string, fields: Record<string, unknown>) => ({
  type,
  protocol_version: 1,
  request_id: crypto.randomUUID(),
  remote: "r",
  target: {},
  ...fields,
});

/** A whole push, as a host does it. */
async function push(
  root: string,
  options: { text: string; version?: string; target?: Record<string, string> },
): Promise<Answer> {
  const bytes = new TextEncoder().encode(options.text);
  const pack = {
    path: "/p",
    digest: digestOf(`pack ${options.text}`),
    size_bytes: bytes.length,
    file_digest: digestOf(bytes),
  };
  const target = { workspace: "w", environment: "e", stream: "s", ...options.target };
  const prepared = await ask(
    root,
    "push.prepare",
    request("push.prepare", { target, pack, release: { version: options.version, labels: ["l"] } }),
  );
  if (!prepared.ok) return prepared;
  await Deno.writeFile(fileURLToPath(prepared.upload.url), bytes);
  return await ask(
    root,
    "push.finalize",
    request("push.finalize", { target, pack, finalize_token: prepared.finalize_token }),
  );
}

async function pull(
  root: string,
  ref: Record<string, unknown>,
  target: Record<string, string> = { workspace: "w", environment: "e" },
): Promise<Answer> {
  const prepared = await ask(root, "pull.prepare", request("pull.prepare", { target, ref }));
  return prepared.ok ? { ...prepared, text: await Deno.readTextFile(fileURLToPath(prepared.download.url)) } : prepared;
}

Deno.test("the filesystem adapter keeps the conformance rules for commands it does not know and requests it cannot read", async () => {
  await using folder = temporaryFolder();
  assert.match(await ask(folder.path, "--version"), /^epack-remote-filesystem \d/);
  const capabilities = await ask(folder.path, "--capabilities");
  assert.equal(capabilities.kind, "remote_adapter");
  assert.equal(capabilities.deploy_protocol_version, 1);
  assert.equal(capabilities.features.pull, true);
  for (
    const [command, text, code] of [
      ["ping", "{}", "unsupported_protocol"],
      ["pull.prepare", "no json", "invalid_request"],
      ["pull.prepare", "[]", "invalid_request"],
      ["auth.login", "{}", "unsupported_protocol"],
    ]
  ) {
    const answer = await ask(folder.path, command, text);
    assert.equal(answer.ok, false);
    assert.equal(answer.type, "error");
    assert.equal(answer.error.code, code, command);
    assert.ok(answer.error.message.length > 0);
  }
});

Deno.test("the filesystem adapter gives a release by latest, version, id, file digest and pack digest", async () => {
  await using folder = temporaryFolder();
  const first = await push(folder.path, { text: "one", version: "v1.0.0" });
  assert.match(first.release.release_id, /^rel_/);
  await push(folder.path, { text: "two" });
  assert.equal((await pull(folder.path, { latest: true })).text, "two");
  const wanted = [{ version: "v1.0.0" }, { release_id: first.release.release_id }, { digest: digestOf("one") }, {
    digest: digestOf("pack one"),
  }];
  for (const ref of wanted) {
    const found = await pull(folder.path, ref);
    assert.equal(found.text, "one", JSON.stringify(ref));
    assert.equal(found.pack.digest, digestOf("one"));
    assert.equal(found.pack.size_bytes, 3);
    assert.equal(found.pack.version, "v1.0.0");
  }
  assert.equal((await pull(folder.path, { version: "v9" })).error.code, "not_found");
});

Deno.test("the filesystem adapter keeps workspaces, environments and streams apart, and latest spans streams", async () => {
  await using folder = temporaryFolder();
  await push(folder.path, { text: "one", target: { stream: "a" } });
  await push(folder.path, { text: "two", target: { stream: "b" } });
  await push(folder.path, { text: "else", target: { workspace: "other" } });
  assert.equal((await pull(folder.path, { latest: true })).text, "two");
  assert.equal(
    (await pull(folder.path, { latest: true }, { workspace: "w", environment: "e", stream: "a" })).text,
    "one",
  );
  assert.equal(
    (await pull(folder.path, { latest: true }, { workspace: "w", environment: "none" })).error.code,
    "not_found",
  );
});

Deno.test("the filesystem adapter refuses a version that exists, and bytes that are not the announced ones", async () => {
  await using folder = temporaryFolder();
  await push(folder.path, { text: "one", version: "v1" });
  assert.equal((await push(folder.path, { text: "two", version: "v1" })).error.code, "conflict");
  const pack = { path: "/p", digest: digestOf("x"), size_bytes: 3, file_digest: digestOf("abc") };
  const target = { workspace: "w" };
  const prepared = await ask(folder.path, "push.prepare", request("push.prepare", { target, pack, release: {} }));
  const finalize = request("push.finalize", { target, pack, finalize_token: prepared.finalize_token });
  assert.equal((await ask(folder.path, "push.finalize", finalize)).error.code, "not_found");
  await Deno.writeTextFile(fileURLToPath(prepared.upload.url), "abd");
  assert.equal((await ask(folder.path, "push.finalize", finalize)).error.code, "invalid_request");
  assert.equal((await pull(folder.path, { latest: true }, { workspace: "w" })).error.code, "not_found");
  assert.equal(
    (await ask(folder.path, "push.finalize", { ...finalize, finalize_token: "x" })).error.code,
    "invalid_request",
  );
});

Deno.test("the filesystem adapter gives the same release when a push is finalized twice", async () => {
  await using folder = temporaryFolder();
  const pack = { path: "/p", digest: digestOf("x"), size_bytes: 3, file_digest: digestOf("abc") };
  const prepared = await ask(folder.path, "push.prepare", request("push.prepare", { pack, release: {} }));
  await Deno.writeTextFile(fileURLToPath(prepared.upload.url), "abc");
  const finalize = request("push.finalize", { pack, finalize_token: prepared.finalize_token });
  const first = await ask(folder.path, "push.finalize", finalize);
  const second = await ask(folder.path, "push.finalize", finalize);
  assert.deepEqual(second.release, first.release);
});

Deno.test("the filesystem adapter loses no push and gives no number twice when eight come at once", async () => {
  await using folder = temporaryFolder();
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => push(folder.path, { text: `pack ${index}` })),
  );
  assert.deepEqual(answers.map(({ release }) => release.version).sort(), [
    "v1",
    "v2",
    "v3",
    "v4",
    "v5",
    "v6",
    "v7",
    "v8",
  ]);
  for (const [index, { release }] of answers.entries()) {
    assert.equal((await pull(folder.path, { version: release.version })).text, `pack ${index}`);
  }
});

Deno.test("the filesystem adapter lets exactly one of several pushes have a version", async () => {
  await using folder = temporaryFolder();
  const answers = await Promise.all(
    Array.from({ length: 5 }, (_, index) => push(folder.path, { text: `pack ${index}`, version: "v1" })),
  );
  assert.deepEqual(answers.map(({ ok }) => ok).sort(), [false, false, false, false, true]);
});

Deno.test("the filesystem adapter keeps a ledger of runs", async () => {
  await using folder = temporaryFolder();
  const sync = (digest: string) =>
    ask(
      folder.path,
      "runs.sync",
      request("runs.sync", {
        target: { workspace: "w" },
        pack_digest: digestOf("p"),
        runs: [{ run_id: "../x", result_path: "/r", result_digest: digestOf(digest) }],
      }),
    );
  assert.deepEqual((await sync("a")).items, [{ run_id: "../x", status: "accepted" }]);
  assert.deepEqual((await sync("a")).items, [{ run_id: "../x", status: "duplicate" }]);
  assert.deepEqual((await sync("b")).items, [{ run_id: "../x", status: "rejected" }]);
});

Deno.test("the filesystem adapter takes any name for a workspace and stays below its root", async () => {
  await using folder = temporaryFolder();
  const root = join(folder.path, "root");
  await Deno.mkdir(root);
  for (const name of ["../..", "a/b", ".", "A", "a", "naïve 検査", "x".repeat(300), "con", "a%2fb"]) {
    const answer = await push(root, { text: name, target: { workspace: name } });
    assert.equal(answer.ok, true, JSON.stringify(answer));
    assert.equal((await pull(root, { latest: true }, { workspace: name, environment: "e" })).text, name);
  }
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["root"]);
});

Deno.test("the filesystem adapter sweeps uploads that nobody finished within a day", async () => {
  await using folder = temporaryFolder();
  const prepare = () =>
    ask(
      folder.path,
      "push.prepare",
      request("push.prepare", { pack: { path: "/p", digest: digestOf("x"), size_bytes: 1 }, release: {} }),
    );
  await prepare();
  const [old] = [...Deno.readDirSync(join(folder.path, ".uploads"))];
  await Deno.utime(join(folder.path, ".uploads", old.name), new Date(0), new Date(0));
  await prepare();
  assert.equal([...Deno.readDirSync(join(folder.path, ".uploads"))].some(({ name }) => name === old.name), false);
});

Deno.test("the filesystem adapter does not give out what a link in the store points to", async () => {
  await using folder = temporaryFolder();
  await push(folder.path, { text: "one" });
  await Deno.rename(join(folder.path, "w", "e", "s", "v1"), join(folder.path, "elsewhere"));
  await Deno.symlink(join(folder.path, "elsewhere"), join(folder.path, "w", "e", "s", "v1"));
  assert.equal((await pull(folder.path, { latest: true })).error.code, "not_found");
});

Deno.test("the filesystem adapter says what is missing when it has no root", async () => {
  assert.match((await ask("", "auth.whoami", request("auth.whoami", {}))).error.message, /no root folder/);
});

Deno.test("folderName() is a plain name on every system, and another one for every text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 80 }), fc.string({ maxLength: 80 }), (a, b) => {
    const wellFormed = a.toWellFormed();
    assert.match(folderName(wellFormed), /^(?:_|[a-z0-9%][a-z0-9%_.~-]*)$|^[-_][a-z0-9%_.~-]*$/);
    assert.doesNotMatch(folderName(wellFormed), /^\.|\.$/);
    if (wellFormed !== b) assert.notEqual(folderName(wellFormed).toLowerCase(), folderName(b).toLowerCase());
  }));
});

Deno.test("releases.list gives pages in order, the newest first, and refuses a token that is not its own", async () => {
  await using folder = temporaryFolder();
  for (const text of ["one", "two", "three"]) await push(folder.path, { text });
  const target = { workspace: "w", environment: "e" };
  const page = (fields: Record<string, unknown>) =>
    ask(folder.path, "releases.list", request("releases.list", { target, ...fields }));
  const versions: string[] = [];
  let token: string | undefined;
  do {
    const { releases, next_page_token } = await page({ page_size: 2, page_token: token });
    versions.push(...releases.map(({ version }: Answer) => version));
    token = next_page_token;
  } while (token !== undefined && versions.length < 10);
  assert.deepEqual(versions, ["v3", "v2", "v1"]);
  assert.equal((await page({ page_size: 2, page_token: "other" })).error.code, "invalid_request");
  assert.equal((await page({ page_size: -1 })).error.code, "invalid_request");
  const { extensions } = await ask(folder.path, "--capabilities");
  assert.deepEqual(extensions["epack.releases_list"], { version: 1 });
});
