import assert from "node:assert/strict";
import { githubPlace } from "../../lib/release/github_place.ts";
import { openGithub } from "../../lib/release/mod.ts";

const serves = (env: Record<string, string>, url: string) => githubPlace(env).mayServeAssets(new URL(url));

Deno.test("githubPlace() is the public one unless a variable says otherwise", () => {
  const { apiUrl, token } = githubPlace({ EPACK_GITHUB_API_URL: "", GITHUB_TOKEN: " ghp_x\n" });
  assert.deepEqual([apiUrl, token], ["https://api.github.com", "ghp_x"]);
  assert.equal(
    githubPlace({ EPACK_GITHUB_API_URL: "https://ghe.example.test/api/v3/" }).apiUrl,
    "https://ghe.example.test/api/v3",
  );
});

Deno.test("githubPlace() takes assets of the public one from its own hosts alone", () => {
  for (
    const host of [
      "github.com",
      "api.github.com",
      "objects.githubusercontent.com",
      "github-releases.githubusercontent.com",
      "release-assets.githubusercontent.com",
    ]
  ) {
    assert.equal(serves({}, `https://${host}/x?sig=1`), true, host);
    assert.equal(serves({}, `http://${host}/x`), false, `http ${host}`);
    assert.equal(serves({}, `https://${host}:8443/x`), false, `${host}:8443`);
    assert.equal(serves({}, `https://u:p@${host}/x`), false, `user at ${host}`);
  }
  for (
    const url of [
      "https://raw.githubusercontent.com/x",
      "https://githubusercontent.com/x",
      "https://x.github.com/x",
      "https://evilgithub.com/x",
      "https://github.com.example.test/x",
      "https://github.com./x",
      "https://127.0.0.1/x",
    ]
  ) assert.equal(serves({ EPACK_GITHUB_ASSET_HOSTS: "raw.githubusercontent.com,127.0.0.1" }, url), false, url);
});

Deno.test("githubPlace() takes assets of an Enterprise server from it, from below it, and from hosts that are named", () => {
  const env = {
    EPACK_GITHUB_API_URL: "https://ghe.example.test/api/v3",
    EPACK_GITHUB_ASSET_HOSTS: "Store.example.test, minio.example.test:9000",
  };
  const allowed = ["ghe.example.test", "media.ghe.example.test", "store.example.test", "minio.example.test:9000"];
  for (const host of allowed) assert.equal(serves(env, `https://${host}/x`), true, host);
  for (const host of allowed) assert.equal(serves(env, `http://${host}/x`), false, host);
  for (
    const host of [
      "github.com",
      "example.test",
      "other.example.test",
      "xghe.example.test",
      "minio.example.test",
      "ghe.example.test:8443",
      "x.store.example.test",
      "127.0.0.1",
    ]
  ) assert.equal(serves(env, `https://${host}/x`), false, host);
});

Deno.test("githubPlace() takes assets of a tenant of ghe.com from below it, and of no other", () => {
  const env = { EPACK_GITHUB_API_URL: "https://api.octo.ghe.com" };
  assert.equal(serves(env, "https://octo.ghe.com/x"), true);
  assert.equal(serves(env, "https://release-assets.octo.ghe.com/x"), true);
  assert.equal(serves(env, "https://release-assets.other.ghe.com/x"), false);
});

Deno.test("githubPlace() takes assets from this machine only when the API is on it", () => {
  assert.equal(serves({ EPACK_GITHUB_API_URL: "http://127.0.0.1:1234" }, "http://localhost:99/x"), true);
  assert.equal(serves({ EPACK_GITHUB_API_URL: "http://127.0.0.1:1234" }, "https://github.com/x"), false);
  assert.equal(serves({ EPACK_GITHUB_API_URL: "https://localhost" }, "http://localhost:99/x"), false);
  assert.equal(serves({}, "http://localhost:99/x"), false);
});

const WRONG = [
  "http://ghe.example.test/api/v3",
  "http://127.0.0.2/",
  "ftp://ghe.example.test/",
  "https://user:secret@ghe.example.test/",
  "https://ghe.example.test/?x=1",
  "https://ghe.example.test/#x",
  "https:\\\\ghe.example.test",
  "ghe.example.test",
  "https://ghe.example.test/\n",
];
for (const text of WRONG) {
  Deno.test(`githubPlace() refuses EPACK_GITHUB_API_URL=${JSON.stringify(text)}`, () =>
    assert.throws(
      () => githubPlace({ EPACK_GITHUB_API_URL: text }),
      { code: "usage", origin: "input", message: /^EPACK_GITHUB_API_URL (?:is|has) [^/]*$/ },
    ));
}

Deno.test("githubPlace() refuses http when strict production is set", () =>
  assert.throws(
    () => githubPlace({ EPACK_GITHUB_API_URL: "http://127.0.0.1:1", EPACK_STRICT_PRODUCTION: "1" }),
    { code: "insecure_refused" },
  ));

Deno.test("githubPlace() refuses a token that would break the header, and does not show it", () => {
  for (const token of ["a b", "a\r\nX-Evil: 1", "tökén", "a\u0000"]) {
    assert.throws(() => githubPlace({ GITHUB_TOKEN: token }), (error: Error) => {
      assert.match(error.message, /^GITHUB_TOKEN is no token/);
      return !error.message.includes(token);
    });
  }
});

Deno.test("githubPlace() refuses an asset host that is none", () => {
  for (const host of ["https://x.test", "*.x.test", "x.test/y", ".x.test", "u@x.test"]) {
    assert.throws(() => githubPlace({ EPACK_GITHUB_ASSET_HOSTS: host }), { code: "usage" }, host);
  }
});

Deno.test("openGithub() does not go where the API's name leads to this machine", async () => {
  const github = openGithub({ env: {}, resolve: () => Promise.resolve(["127.0.0.1"]) });
  await assert.rejects(github.releases({ owner: "acme", name: "x" }), { code: "url_refused" });
});
