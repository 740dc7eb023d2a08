import assert from "node:assert/strict";
import { join } from "node:path";
import { identityToken, type OidcSettings } from "../../lib/workflow/identity_token.ts";
import { temporaryFolder } from "../epack.ts";
import { rawServer, webServer } from "../servers/web_server.ts";
import { scriptedProject } from "./scripted_project.ts";

const NOW = new Date("2026-01-02T03:04:05Z");
const SECOND = Math.floor(NOW.getTime() / 1000);

const part = (value: unknown) =>
  new TextEncoder().encode(JSON.stringify(value)).toBase64({ alphabet: "base64url", omitPadding: true });

/** A token with these claims, whose signature nobody checks here. */
function jwt(claims: Record<string, unknown> = {}): string {
  const all = { iss: "https://issuer.test", sub: "job", exp: SECOND + 300, ...claims };
  return `${part({ alg: "RS256" })}.${part(all)}.${part("a signature of it")}`;
}

async function tokenIn(
  env: Record<string, string>,
  oidc: OidcSettings = {},
  options: { folder?: string; allowLoopbackHttp?: boolean; signal?: AbortSignal } = {},
): Promise<string> {
  const found = await identityToken(oidc, {
    env,
    folder: "/",
    signal: new AbortController().signal,
    now: () => NOW,
    ...options,
  });
  return found.text;
}

const [FIRST, SECOND_TOKEN] = [jwt({ jti: "1" }), jwt({ jti: "2" })];

/** By what is there: the variables, `auth.oidc`, and which token is taken. */
const FOUND: Record<string, [env: Record<string, string>, oidc: OidcSettings, token: string]> = {
  "CircleCI with both variables": [
    { CIRCLECI: "true", CIRCLE_OIDC_TOKEN: FIRST, CIRCLE_OIDC_TOKEN_V2: SECOND_TOKEN },
    {},
    SECOND_TOKEN,
  ],
  "CircleCI with the old variable": [{ CIRCLECI: "true", CIRCLE_OIDC_TOKEN: FIRST }, {}, FIRST],
  "CircleCI by name": [{ CIRCLE_OIDC_TOKEN_V2: FIRST }, { provider: "circleci" }, FIRST],
  "GitLab by its own variable": [{ GITLAB_CI: "true", GITLAB_OIDC_TOKEN: FIRST }, {}, FIRST],
  "GitLab with the variable of the project": [
    { GITLAB_CI: "true", MINE: FIRST, ID_TOKEN: SECOND_TOKEN },
    { tokenEnv: "MINE" },
    FIRST,
  ],
  "no CI that is known": [{ EPACK_IDENTITY_TOKEN: FIRST }, {}, FIRST],
  "another CI than the one that is there": [
    { GITLAB_CI: "true", ID_TOKEN: SECOND_TOKEN, EPACK_IDENTITY_TOKEN: FIRST },
    { provider: "generic" },
    FIRST,
  ],
  "white space around it": [{ EPACK_IDENTITY_TOKEN: `${FIRST}\n` }, {}, FIRST],
  "an audience among several": [
    { EPACK_IDENTITY_TOKEN: jwt({ aud: ["a", "b"] }) },
    { audience: "b" },
    jwt({ aud: ["a", "b"] }),
  ],
};

for (const [name, [env, oidc, token]] of Object.entries(FOUND)) {
  Deno.test(`identityToken() finds the token of ${name}`, async () => {
    assert.equal(await tokenIn(env, oidc), token);
  });
}

/** What is missing or wrong, by what is said of it. */
const MISSING: Record<
  string,
  [env: Record<string, string>, oidc: OidcSettings, code: string, says: RegExp, hint: RegExp]
> = {
  "nothing at all": [{}, {}, "identity_unavailable", /EPACK_IDENTITY_TOKEN not set/, /token_env or token_file/],
  "tokens that sign packs": [
    { SIGSTORE_ID_TOKEN: FIRST, EPACK_OIDC_TOKEN: FIRST },
    {},
    "identity_unavailable",
    /EPACK_IDENTITY_TOKEN not set/,
    /token_env/,
  ],
  "a job of GitHub Actions without the permission": [
    { GITHUB_ACTIONS: "true" },
    {},
    "identity_unavailable",
    /ACTIONS_ID_TOKEN_REQUEST_URL/,
    /permissions: \{id-token: write\}/,
  ],
  "a job of CircleCI without a context": [
    { CIRCLECI: "true" },
    {},
    "identity_unavailable",
    /CIRCLE_OIDC_TOKEN_V2, CIRCLE_OIDC_TOKEN not set/,
    /context/,
  ],
  "a job of GitLab without id_tokens": [
    { GITLAB_CI: "true" },
    {},
    "identity_unavailable",
    /GITLAB_OIDC_TOKEN/,
    /id_tokens/,
  ],
  "a variable that is empty": [{ MINE: "" }, { tokenEnv: "MINE" }, "identity_unavailable", /MINE not set/, /token_env/],
  "a provider that is not known": [{}, { provider: "circle" }, "config_invalid", /"circle" is not known/, /circleci/],
  "a provider named as an object's own": [{}, { provider: "constructor" }, "config_invalid", /not known/, /circleci/],
  "a token that is none": [{ EPACK_IDENTITY_TOKEN: "secret-word" }, {}, "identity_unavailable", /is no JWT/, /./],
  "claims that are none": [
    { EPACK_IDENTITY_TOKEN: `${part({})}.${part([1])}.${part("sig")}` },
    {},
    "identity_unavailable",
    /is no JWT/,
    /./,
  ],
  "a token that has expired": [
    { EPACK_IDENTITY_TOKEN: jwt({ exp: SECOND }) },
    {},
    "identity_unavailable",
    /has expired at 2026-01-02T03:04:05\.000Z/,
    /new one/,
  ],
  "a token for somebody else": [
    { EPACK_IDENTITY_TOKEN: jwt({ aud: "sigstore" }) },
    { audience: "https://registry.test" },
    "identity_unavailable",
    /is for sigstore, not for https:\/\/registry\.test/,
    /auth\.oidc\.audience/,
  ],
};

for (const [name, [env, oidc, code, says, hint]] of Object.entries(MISSING)) {
  Deno.test(`identityToken() says what is to be done about ${name}, and nothing of the token`, async () => {
    await assert.rejects(tokenIn(env, oidc), (error: Error & { code: string; hint: string }) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, says);
      assert.match(error.hint, hint);
      for (const value of Object.values(env).filter((value) => value.length > 5)) {
        assert.ok(!(error.message + error.hint).includes(value));
      }
      return true;
    });
  });
}

Deno.test("identityToken() reads the file of the project that is named, through the link that mounted tokens are, and bounded", async () => {
  await using folder = temporaryFolder();
  const options = { folder: folder.path };
  await Deno.writeTextFile(join(folder.path, "..data"), FIRST);
  await Deno.symlink(join(folder.path, "..data"), join(folder.path, "token"));
  assert.equal(await tokenIn({ EPACK_IDENTITY_TOKEN: SECOND_TOKEN }, { tokenFile: "token" }, options), FIRST);
  assert.equal(await tokenIn({ GITHUB_ACTIONS: "true" }, { tokenFile: join(folder.path, "token") }), FIRST);
  await assert.rejects(tokenIn({}, { tokenFile: "nowhere" }, options), { code: "file_not_found" });
  await Deno.writeTextFile(join(folder.path, "long"), "x".repeat(65 * 1024));
  await assert.rejects(tokenIn({}, { tokenFile: "long" }, options), { code: "limit_exceeded" });
});

/** The variables that a runner gives to a job. */
const runner = (address: string) => ({
  GITHUB_ACTIONS: "true",
  ACTIONS_ID_TOKEN_REQUEST_URL: address,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token-of-the-runner",
});
const HERE = { allowLoopbackHttp: true };

Deno.test("identityToken() asks GitHub Actions for a token with the audience, by the runner's token", async () => {
  await using server = webServer(() => Response.json({ value: FIRST, count: 1 }));
  const env = runner(`${server.origin}/token?api-version=2.0`);
  assert.equal(await tokenIn(env, { audience: "https://a.test/?x&y" }, HERE), FIRST);
  assert.equal(await tokenIn(env, {}, HERE), FIRST);
  assert.deepEqual(server.received.map(({ search }) => search), [
    "?api-version=2.0&audience=https%3A%2F%2Fa.test%2F%3Fx%26y",
    "?api-version=2.0",
  ]);
  assert.equal(server.received[0].headers.authorization, "Bearer request-token-of-the-runner");
});

Deno.test("identityToken() asks GitHub Actions again after a failure that passes, and not after a refusal", async () => {
  let count = 0;
  await using server = webServer(() =>
    ++count < 3 ? new Response("", { status: 503 }) : Response.json({ value: FIRST })
  );
  assert.equal(await tokenIn(runner(server.origin), {}, HERE), FIRST);
  assert.equal(count, 3);
  await using refusing = webServer(() => new Response("no", { status: 403 }));
  await assert.rejects(tokenIn(runner(refusing.origin), {}, HERE), {
    code: "identity_unavailable",
    message: /HTTP 403/,
  });
  assert.equal(refusing.received.length, 1);
});

/** Answers that are no token. */
const ANSWERS: Record<string, () => Response> = {
  "no JSON": () => new Response("token"),
  "no value": () => Response.json({ token: FIRST }),
  "an empty value": () => Response.json({ value: "" }),
  "too much": () => new Response("x".repeat(70 * 1024)),
  "a redirect": () => new Response(null, { status: 302, headers: { location: "/elsewhere" } }),
};

for (const [name, answer] of Object.entries(ANSWERS)) {
  Deno.test(`identityToken() takes ${name} of GitHub Actions for no token, and shows nothing of it`, async () => {
    await using server = webServer(answer);
    await assert.rejects(tokenIn(runner(server.origin), {}, HERE), (error: Error & { code: string }) => {
      assert.equal(error.code, "identity_unavailable");
      assert.ok(!error.message.includes(FIRST) && !error.message.includes("request-token"));
      return true;
    });
    assert.equal(server.received.length, 1);
  });
}

Deno.test("identityToken() tells the runner's token to https addresses alone, and to this machine where that is allowed", async () => {
  await using server = webServer(() => Response.json({ value: FIRST }));
  for (
    const address of [
      server.origin,
      "http://registry.test/token",
      "file:///etc/passwd",
      "nonsense",
      "https://u:p@a.test/",
    ]
  ) {
    await assert.rejects(tokenIn(runner(address)), { code: "identity_unavailable", message: /is no https address/ });
  }
  assert.equal(server.received.length, 0);
});

Deno.test("identityToken() that is interrupted ends, whatever the service does", async () => {
  const connected = Promise.withResolvers<void>();
  await using server = rawServer(async (_connection, ended) => {
    connected.resolve();
    await ended;
  });
  const interruption = new AbortController();
  const found = tokenIn(runner(server.origin), {}, { ...HERE, signal: interruption.signal });
  await connected.promise;
  interruption.abort(new Error("enough"));
  await assert.rejects(found, { message: "enough" });
});

/** Settings of the remote, in its project. */
async function withAuth(auth: string, options: { adapter?: string } = {}) {
  const project = await scriptedProject(options);
  const config = join(project.path, "epack.yaml");
  const text = await Deno.readTextFile(config);
  await Deno.writeTextFile(config, text.replace(/^( +)binary:/m, `$1auth: ${auth}\n$1binary:`));
  return project;
}

/** Everything below the project that is text of the program's: what it wrote must not hold a secret. */
async function textsBelow(folder: string): Promise<string> {
  let all = "";
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    all += isDirectory ? await textsBelow(join(folder, name)) : await Deno.readTextFile(join(folder, name));
  }
  return all;
}

Deno.test("push and pull hand the token over in identity where the remote asks for it, and it is in nothing that they say or write", async () => {
  const token = jwt({ exp: Math.floor(Date.now() / 1000) + 300 });
  await using project = await withAuth("{mode: oidc_token, oidc: {token_env: JOB_TOKEN}}");
  const { epack } = project.with({ JOB_TOKEN: token });
  const [, claims, signature] = token.split(".");
  await project.script({
    "push.prepare": { do: `echo "has ${token} and ${claims} and ${signature}" >&2` },
    "pull.prepare": {
      raw:
        `{"ok":false,"type":"error","request_id":"REQUEST_ID","error":{"code":"forbidden","message":"not ${token}, ${signature}"}}`,
    },
  });
  const push = await epack("push", "s", "good.epack", "-v", "--json");
  assert.equal(push.code, 0, push.stderr);
  const pull = await epack("pull", "s", "-v");
  assert.equal(pull.code, 1);
  assert.match(pull.stderr, /forbidden: not \[redacted\], \[redacted\]/);
  const asked = await project.asked();
  for (const { command, request } of asked.filter(({ command }) => command !== "--capabilities")) {
    const wanted = command.endsWith(".prepare") ? { mode: "oidc_token", token } : undefined;
    assert.deepEqual(request.identity, wanted, command);
  }
  const said = [push, pull].map(({ stdout, stderr }) => stdout + stderr).join("");
  const all = said + await textsBelow(join(project.path, ".epack"));
  for (const secret of [token, claims, signature]) assert.ok(!all.includes(secret), all);
});

Deno.test("a remote that asks for no token gets none, and a push without the one it asks for sends nothing", async () => {
  await using plain = await withAuth("{profile: ci}");
  const env = { GITHUB_ACTIONS: "true", JOB_TOKEN: jwt() };
  assert.equal((await plain.with(env).epack("push", "s", "good.epack")).code, 0);
  assert.ok((await plain.asked()).every(({ request }) => request.identity === undefined));
  await using project = await withAuth("{mode: oidc_token}");
  const run = await project.with({ ...env, ACTIONS_ID_TOKEN_REQUEST_URL: "" }).epack("push", "s", "good.epack");
  assert.equal(run.code, 1);
  assert.match(run.stderr, /hint: give the job `permissions: \{id-token: write\}`/);
  assert.deepEqual((await project.asked()).map(({ command }) => command), ["--capabilities"]);
});

Deno.test("every try of a request has a token of its own", async () => {
  let count = 0;
  const exp = Math.floor(Date.now() / 1000) + 300;
  await using server = webServer(() => Response.json({ value: jwt({ exp, jti: String(++count) }) }));
  await using project = await withAuth("{mode: oidc_token, oidc: {provider: github_actions}}");
  const busy =
    '{"ok":false,"type":"error","request_id":"REQUEST_ID","error":{"code":"rate_limited","message":"","retryable":true}}';
  await project.script({ "push.prepare": { raw: busy } });
  const run = await project.with(runner(server.origin)).epack("push", "s", "good.epack", "--retries", "2");
  assert.equal(run.code, 1, run.stderr);
  const tokens = (await project.asked()).slice(1).map(({ request }) => (request.identity as { token: string }).token);
  assert.equal(tokens.length, 3);
  assert.equal(new Set(tokens).size, 3);
});

Deno.test("the variable of auth.api_key is the token of other modes, and is not shown", async () => {
  await using project = await withAuth("{mode: api_key, api_key: {env: MY_KEY}}");
  await project.script({ "push.prepare": { do: "echo my key is open-sesame >&2" } });
  const run = await project.with({ MY_KEY: "open-sesame" }).epack("push", "s", "good.epack", "-v");
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /my key is \[redacted\]/);
  assert.deepEqual((await project.asked())[1].request.identity, { mode: "api_key", token: "open-sesame" });
});
