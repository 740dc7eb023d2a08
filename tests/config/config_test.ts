import assert from "node:assert/strict";
import { join } from "node:path";
import { findProject, loadConfig, parseConfig, resolveRemote, starterConfig } from "../../lib/config/mod.ts";
import { isEpackError } from "../../lib/errors.ts";
import { fixtures } from "../corpora.ts";
import { temporaryFolder } from "../epack.ts";

const read = (text: string) => parseConfig(new TextEncoder().encode(text), { path: "epack.yaml" });
/** A configuration with one remote, `p`, of these lines. */
const remote = (...lines: string[]) => `remotes:\n  p:\n${lines.map((line) => `    ${line}\n`).join("")}`;

/** What is refused, where, and what the message says. */
const REFUSED: [string, RegExp][] = [
  [
    remote("binary: /x", "transport: {allow_lopback_http: true}"),
    /^epack\.yaml:4:17: .*did you mean "allow_loopback_http"/,
  ],
  [remote("binry: /x"), /^epack\.yaml:3:5: .*unknown key "binry"; did you mean "binary"/],
  [remote("binary: x"), /^epack\.yaml:3:5: .*not an absolute path/],
  [remote("binary: /x", "source: a/b@v1"), /both source and binary/],
  [remote("target: {}"), /neither adapter, source nor binary/],
  [remote("source: nonsense"), /owner\/repo@version/],
  [remote("source: a/b@>=1"), /owner\/repo@version/],
  [remote("binary: /x", "permissions: {run: [sh]}"), /unknown key "run"/],
  [remote("binary: /x", "permissions: {net: true}"), /permissions\.net/],
  [remote("binary: /x", "permissions: {net: ['a.*']}"), /not a host/],
  [remote("binary: /x.js", "permissions: {net: ['*']}"), /permissions\.net: .*a module the whole network/],
  [remote("binary: /x", "path: mine"), /can only be "inherit"/],
  [remote("binary: /x", "endpoint: ftp://127.0.0.1"), /not an http\(s\) address/],
  [remote("binary: /x", "runs: {sync: maybe}"), /runs\.sync/],
  ["remotes:\n  UPPER: {binary: /x}\n", /^epack\.yaml:2:3: .*not the name of a remote/],
  ["remots: {}\n", /did you mean "remotes"/],
  ["enviroments: {}\n", /did you mean "environments"/],
  ["- a\n", /not a mapping/],
  ["remotes: {p: {binary: /x}}\nenvironments: {e: {remotes: {q: {}}}}\n", /there is no remote "q"/],
  ...["PATH", "NODE_OPTIONS", "EPACK_X", "LD_PRELOAD", "DYLD_X", "DENO_DIR", "_X", "A=B", "1A"].map((
    name,
  ): [string, RegExp] => [
    remote("binary: /x", `secrets: ["${name}"]`),
    /never handed on|not the name of an environment variable/,
  ]),
  ...[
    "binary: /y",
    "source: a/b@v1",
    "transport: {}",
    "secrets: []",
    "permissions: {}",
    "path: inherit",
    "verify: {}",
    "runs: {paths: []}",
    "auth: {oidc: {}}",
    "release: {source: {}}",
  ].map((line): [string, RegExp] => [
    `${remote("binary: /x")}environments:\n  e:\n    remotes:\n      p: {${line}}\n`,
    /^epack\.yaml:7:\d+: environments\.e\.remotes\.p.*/,
  ]),
];
for (const [index, [text, says]] of REFUSED.entries()) {
  Deno.test(`parseConfig() refuses mistake ${index + 1} with its place: ${says.source.slice(0, 60)}`, () => {
    assert.throws(() => read(text), (error) => {
      assert.ok(isEpackError(error, "config_invalid"), String(error));
      assert.match(error.message, says);
      assert.match(error.message, /\n +\d+ \| /);
      return true;
    });
  });
}

Deno.test("parseConfig() leaves the keys of other programs alone", () => {
  assert.deepEqual(
    Object.keys(
      read("collectors: {x: !!str y}\ntools: [1]\nplatforms: []\ncompletely_else: 1\n" + remote("binary: /x")).remotes,
    ),
    ["p"],
  );
});

Deno.test("resolveRemote() has every field, with its defaults", () => {
  const bare = resolveRemote(read(remote("binary: /opt/epack-remote-probe")), "p");
  assert.equal(bare.adapterName, "probe");
  assert.equal(bare.kind, "native");
  assert.deepEqual(bare.runs, { sync: true, paths: [], requireSuccess: false });
  assert.deepEqual(bare.transport, { fileRoot: undefined, allowLoopbackHttp: false, publicOnly: false });
  assert.deepEqual(bare.verify, { pack: true, strict: false, sourceWorkflow: false });
  const full = resolveRemote(
    read(
      remote(
        "binary: /a/epack-remote-m.mjs",
        "adapter: other",
        "insecure_endpoint: https://127.0.0.1/",
        "auth: {mode: api_key, api_key: {env: KEY}}",
        "secrets: [KEY]",
        "path: inherit",
        "extensions: {a: [1]}",
        "release: {labels: [l], source: {git: {sha_env: SHA}}}",
      ),
    ),
    "p",
  );
  assert.equal(full.adapterName, "other");
  assert.equal(full.kind, "module");
  assert.equal(full.endpoint, "https://127.0.0.1/");
  assert.equal(full.auth.apiKeyEnv, "KEY");
  assert.equal(full.inheritPath, true);
  assert.deepEqual(full.extensions, { a: [1] });
  assert.equal(full.release.source?.git?.shaEnv, "SHA");
});

Deno.test("resolveRemote() knows where an identity token comes from, and takes one place for it", () => {
  const auth = (oidc: string) => remote("binary: /x", `auth: {mode: oidc_token, oidc: ${oidc}}`);
  assert.deepEqual(resolveRemote(read(auth("{provider: gitlab, audience: a, token_env: JOB_TOKEN}")), "p").auth, {
    mode: "oidc_token",
    profile: undefined,
    apiKeyEnv: undefined,
    oidc: { provider: "gitlab", audience: "a", tokenEnv: "JOB_TOKEN", tokenFile: undefined },
  });
  assert.throws(() => read(auth("{token_env: A, token_file: b}")), { message: /has both token_env and token_file/ });
  assert.throws(() => read(auth("{token_env: A=B}")), { message: /is not the name of an environment variable/ });
  assert.throws(() => read(auth("{token: secret}")), { message: /token/ });
});

Deno.test("resolveRemote() applies an environment's changes once, field by field", () => {
  const config = read(
    `${
      remote(
        "binary: /x",
        "target: {workspace: w, environment: prod}",
        "release: {labels: [a], notes: n}",
        "runs: {paths: [r]}",
      )
    }environments:
  e: {remotes: {p: {target: {workspace: w2}, release: {labels: [b]}, runs: {sync: false}, endpoint: "https://127.0.0.1/"}}}
`,
  );
  const changed = resolveRemote(config, "p", { environment: "e" });
  assert.deepEqual(changed.target, { workspace: "w2", environment: "prod" });
  assert.deepEqual(changed.release.labels, ["b"]);
  assert.equal(changed.release.notes, "n");
  assert.deepEqual(changed.runs, { sync: false, paths: ["r"], requireSuccess: false });
  assert.equal(changed.endpoint, "https://127.0.0.1/");
  assert.deepEqual(resolveRemote(config, "p").target, { workspace: "w", environment: "prod" });
  assert.throws(() => resolveRemote(config, "p", { environment: "ee" }), { hint: 'did you mean "e"?' });
});

Deno.test("resolveRemote() says what is not there: credentials, later built-ins, unknown adapters, unknown remotes", () => {
  assert.throws(() => resolveRemote(read(remote("binary: /x", "credentials: [c]")), "p"), { code: "unsupported" });
  assert.throws(() => resolveRemote(read(remote("adapter: s3")), "p"), { code: "unsupported" });
  assert.throws(() => resolveRemote(read(remote("adapter: filesytem")), "p"), { hint: 'did you mean "filesystem"?' });
  assert.throws(() => resolveRemote(read(remote("binary: /x")), "q"), { code: "remote_unknown" });
});

Deno.test("starterConfig() is a configuration that loads, whatever the names are", () => {
  for (const [stream, fileRoot] of [["a/b", "/srv/packs"], ['odd "name": #x', "/a b/ü"]]) {
    const config = read(starterConfig({ stream, fileRoot }));
    assert.equal(config.stream, stream);
    assert.equal(resolveRemote(config, "local").transport.fileRoot, fileRoot);
    assert.equal(resolveRemote(config, "local").kind, "built_in");
  }
});

Deno.test("findProject() walks up, takes -c, and says what is missing", async () => {
  await using folder = temporaryFolder();
  const deep = join(folder.path, "a", "b");
  await Deno.mkdir(deep, { recursive: true });
  await assert.rejects(findProject(deep), { code: "project_not_found" });
  await assert.rejects(findProject(deep, { configPath: "x.yaml" }), { code: "file_not_found" });
  await Deno.writeTextFile(join(folder.path, "epack.yaml"), "");
  assert.equal((await findProject(deep)).root, folder.path);
});

Deno.test("loadConfig() opens regular files only: a link, a folder, a FIFO and a file over 1 MiB are refused", async () => {
  await using folder = temporaryFolder();
  const path = join(folder.path, "epack.yaml");
  await Deno.writeTextFile(join(folder.path, "real.yaml"), "");
  await Deno.symlink("real.yaml", path);
  await assert.rejects(loadConfig(path), { code: "file_refused" });
  await Deno.remove(path);
  await Deno.mkdir(path);
  await assert.rejects(loadConfig(path), { code: "file_refused" });
  await Deno.remove(path);
  await new Deno.Command("mkfifo", { args: [path] }).output();
  await assert.rejects(loadConfig(path), { code: "file_refused" });
  await Deno.remove(path);
  await Deno.writeTextFile(path, "#".repeat(1024 * 1024 + 1));
  await assert.rejects(loadConfig(path), { code: "limit_exceeded" });
  await Deno.writeFile(path, new Uint8Array([0x61, 0x3a, 0xff]));
  await assert.rejects(loadConfig(path), { code: "config_invalid" });
});

Deno.test({
  name: "loadConfig() reads the Go tool's configuration",
  ignore: fixtures.missing,
  async fn() {
    const config = await loadConfig(join(fixtures.path, "project", "epack.yaml"));
    const remote = resolveRemote(config, "probe");
    assert.equal(remote.kind, "native");
    assert.deepEqual(remote.target, { workspace: "acme", environment: "prod" });
  },
});
