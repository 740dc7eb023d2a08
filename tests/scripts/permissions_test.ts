import assert from "node:assert/strict";
import { join } from "node:path";
import project from "../../deno.json" with { type: "json" };
import {
  COMMANDS,
  filled,
  type Need,
  permissionFlags,
  PROGRAM,
  RUNTIME_FLAGS,
  V8_FLAGS,
} from "../../scripts/permissions.ts";
import { permissionsPage } from "../../scripts/permissions_page.ts";
import { epack, temporaryFolder } from "../epack.ts";
import { REPOSITORY, type SuppliedProject, suppliedProject } from "../supply/supplied_project.ts";
import { webServer } from "../servers/web_server.ts";
import { newAuthority } from "../trust/authority.ts";
import { sigstoreServer, tokenOf } from "../trust/sigstore_server.ts";
import { ROOT } from "../../scripts/root.ts";

Deno.test("the epack task has the flags of the table", () => {
  const flags = [...RUNTIME_FLAGS, ...permissionFlags(PROGRAM), `--v8-flags=${V8_FLAGS.join(",")}`];
  assert.equal(project.tasks.epack, `deno run ${flags.join(" ")} main.ts`);
});

Deno.test("docs/permissions.md is made of the table", async () => {
  assert.equal(await Deno.readTextFile(join(ROOT, "docs/permissions.md")), permissionsPage());
});

Deno.test("the program has no permission to load native code or modules of the web", () => {
  assert.deepEqual(PROGRAM.map(({ kind }) => kind).sort(), ["env", "net", "read", "run", "sys", "write"]);
});

/** A project with a remote of each kind, and the places that the table names. */
async function placesIn(folder: string, registry: string): Promise<Record<string, string>> {
  const places = {
    project: join(folder, "project"),
    store: join(folder, "store"),
    inputs: join(folder, "inputs"),
    adapter: join(folder, "adapters"),
    "empty folder": join(folder, "empty"),
    "output folder": join(folder, "output"),
    "temporary folder": join(folder, "tmp"),
    pack: join(folder, "good.epack"),
    "pack folder": join(folder, "packs"),
    token: join(folder, "token"),
    runs: join(folder, "good.runs"),
    registry: registry.replace("http://", ""),
    bin: join(folder, "bin"),
    deno: Deno.execPath(),
  };
  const { project: home, store, inputs, adapter, "pack folder": packs } = places;
  for (const path of [home, store, inputs, adapter, packs, places["empty folder"], places["output folder"]]) {
    await Deno.mkdir(path);
  }
  await Deno.mkdir(places["temporary folder"]);
  await Deno.writeTextFile(join(inputs, "evidence.txt"), "evidence");
  // asked outside of its remote it has no root to know its store by
  const scripted = await Deno.readTextFile(join(ROOT, "tests/adapters/epack-remote-scripted"));
  const root = `os.environ.get("EPACK_REMOTE_FILE_ROOT", ${JSON.stringify(store)})`;
  await Deno.writeTextFile(
    join(adapter, "epack-remote-scripted"),
    scripted.replace('os.environ["EPACK_REMOTE_FILE_ROOT"]', root),
    { mode: 0o755 },
  );
  await Deno.writeTextFile(
    join(store, "script.json"),
    JSON.stringify({ "push.prepare": { upload: { url: `${registry}/put` } } }),
  );
  await Deno.writeTextFile(
    join(adapter, "epack-remote-module.js"),
    `export default {name: "module", version: "1.0.0", handlers: {
      "push.prepare": async (request) => ({upload: {method: "skip"}, finalizeToken: await Deno.readTextFile("${store}/x")}),
      "push.finalize": async ({pack}) => ({release: {releaseId: "rel_1", packDigest: pack.digest}}),
      "auth.login": async () => {
        globalThis.known = true;
        return {instructions: {userCode: "A", verificationUri: "https://registry.test/", expiresInSeconds: 60}};
      },
      "auth.whoami": async () => ({identity: {authenticated: globalThis.known === true}}),
    }};`,
  );
  await Deno.mkdir(join(folder, "bin"));
  await Deno.writeTextFile(join(folder, "bin/xdg-open"), "#!/bin/sh\n", { mode: 0o755 });
  await Deno.writeTextFile(join(store, "x"), "token");
  await Deno.writeTextFile(
    join(home, "epack.yaml"),
    `stream: acme/prod
remotes:
  local: {adapter: filesystem, transport: {file_root: "${store}"}}
  ci:
    adapter: filesystem
    transport: {file_root: "${store}", allow_loopback_http: true}
    auth: {mode: oidc_token, oidc: {provider: github_actions}}
  module: {binary: "${adapter}/epack-remote-module.js", permissions: {read: ["${store}"], write: ["${store}"]}}
  native:
    binary: ${adapter}/epack-remote-scripted
    transport: {file_root: "${store}", allow_loopback_http: true}
    secrets: [EXAMPLE_TOKEN]
`,
  );
  const env = { TMPDIR: places["temporary folder"] };
  for (
    const args of [["build", places.pack, inputs], ["lock", "--yes"], ["push", "local", places.pack]]
  ) {
    const run = await epack(args, { cwd: home, env });
    assert.equal(run.code, 0, run.stderr);
  }
  await Deno.mkdir(join(home, ".epack", "jobs"));
  await Deno.writeTextFile(
    join(home, ".epack", "jobs", "job_1.json"),
    JSON.stringify({
      id: "job_1",
      command: "pull",
      args: ["local"],
      status: "completed",
      pid: 1,
      started_at: "2026-01-02T03:04:05Z",
      completed_at: "2026-01-02T03:04:06Z",
      exit_code: 0,
    }),
  );
  await Deno.copyFile(places.pack, join(packs, "evidence.epack"));
  await Deno.writeTextFile(places.token, tokenOf());
  return places;
}

const SUPPLIES = /^(?:sync|install|update|outdated|mirror|cache|audit)\b/;

/** A project with a locked source, its GitHub, and a mirror; installed only where that is what is looked at. */
async function suppliedPlaces(project: SuppliedProject, command: string): Promise<Record<string, string>> {
  const { path, github, env } = project;
  const home = join(path, "project");
  const places = {
    project: home,
    "output folder": join(path, "output"),
    "temporary folder": join(path, "tmp"),
    "trusted root": join(path, "root.json"),
    cache: join(path, "cache"),
    mirror: join(path, "mirror"),
    github: [github.apiUrl, github.assetsOrigin].map((origin) => new URL(origin).host).join(),
  };
  for (const folder of [home, places["output folder"], places["temporary folder"]]) await Deno.mkdir(folder);
  github.repositories[0].releases = [await project.release("v1.0.0")];
  await Deno.writeTextFile(join(home, "epack.yaml"), `stream: acme/prod\nremotes: {x: {source: ${REPOSITORY}@^1}}\n`);
  const root = ["--trust-root", places["trusted root"]];
  for (const args of [["install"], ["mirror", "create", places.mirror]]) {
    const run = await epack([...args, ...root], { cwd: home, env });
    assert.equal(run.code, 0, run.stderr);
  }
  if (command !== "audit") await Deno.remove(join(home, ".epack"), { recursive: true });
  if (command.startsWith("update")) {
    github.repositories[0].releases = [await project.release("v1.1.0"), ...github.repositories[0].releases];
  }
  return places;
}

/** Every file with its content, but what a push or a pull adds. */
async function contentOf(folder: string, found: Record<string, string> = {}): Promise<Record<string, string>> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) await contentOf(path, found);
    // the scripted adapter's own, and what GitHub has answered last
    else if (entry.name === "requests.log" || folder.endsWith("/answers")) continue;
    else found[path] = (await Deno.readFile(path)).toBase64();
  }
  return found;
}

async function runWith(
  needs: readonly Need[],
  command: string,
  { places, env }: { places: Record<string, string>; env: Record<string, string> },
) {
  const args = (command.match(/(?:<[^>]+>|[^ ])+/g) ?? []).map((word) => filled(word, places));
  const cwd = command === "init" ? places["empty folder"] : places.project;
  const output = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      `--config=${join(ROOT, "deno.json")}`,
      ...RUNTIME_FLAGS,
      ...permissionFlags(needs, places),
      join(ROOT, "main.ts"),
      ...args,
    ],
    cwd,
    env: {
      ...env,
      NO_COLOR: "1",
      TMPDIR: places["temporary folder"],
      EXAMPLE_TOKEN: "example",
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://${places.registry}/token`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "of-the-runner",
      PATH: `${places.bin}:${Deno.env.get("PATH")}`,
    },
  }).output();
  const decoder = new TextDecoder();
  return { code: output.code, stderr: decoder.decode(output.stderr) };
}

const row = (needs: readonly Need[]) =>
  needs.map(({ kind, of }) => (of === undefined ? kind : `${kind}=${of}`)).join(" ");

for (const { command, when, needs } of COMMANDS) {
  Deno.test(`epack ${command}${when === undefined ? "" : ` (${when})`} runs with its row of permissions alone: ${row(needs)}`, async () => {
    await using folder = temporaryFolder();
    await using registry = command.startsWith("sign")
      ? sigstoreServer(await newAuthority())
      : webServer(({ path }) => path === "/token" ? Response.json({ value: tokenOf() }) : new Response(null));
    await using supplied = SUPPLIES.test(command) ? await suppliedProject() : undefined;
    const { path: home, env } = supplied ?? { path: folder.path, env: {} };
    const places = supplied === undefined
      ? await placesIn(home, registry.origin)
      : await suppliedPlaces(supplied, command);
    if (command.startsWith("lock")) await Deno.remove(join(places.project, "epack.lock.yaml"));
    for (const missing of needs) {
      const before = await contentOf(home);
      const run = await runWith(needs.filter((need) => need !== missing), command, { places, env });
      const shown = `without ${row([missing])}:\n${run.stderr}`;
      assert.equal(run.code, 1, shown);
      assert.match(run.stderr, new RegExp(`^hint: .*--allow-${missing.kind}`, "m"), shown);
      assert.doesNotMatch(run.stderr, /^\s+at |something went wrong inside/m, shown);
      const after = await contentOf(home);
      assert.deepEqual(Object.fromEntries(Object.keys(before).map((path) => [path, after[path]])), before, shown);
    }
    const run = await runWith(needs, command, { places, env });
    assert.equal(run.code, 0, run.stderr);
    if (command.endsWith("--detach")) {
      assert.equal((await epack(["jobs", "wait", "latest"], { cwd: places.project })).code, 0);
    }
  });
}
