import assert from "node:assert/strict";
import { join } from "node:path";
import { digestOf } from "../../lib/digest/mod.ts";
import { type EpackError, isEpackError } from "../../lib/errors.ts";
import {
  type ApiOptions,
  type AssetSink,
  findRelease,
  openGithub,
  parseSource,
  type Release,
} from "../../lib/release/mod.ts";
import { temporaryFolder } from "../epack.ts";
import {
  type GithubServer,
  githubServer,
  type ServedRelease,
  type ServedRepository,
} from "../servers/github_server.ts";

const REPOSITORY = { owner: "acme", name: "epack-remote-s3" };
const BYTES = crypto.getRandomValues(new Uint8Array(60_000)).slice();
const ASSET = "epack-remote-s3-linux-amd64";

function served(
  releases: ServedRelease[] = [{ tag: "v1.2.3", assets: { [ASSET]: BYTES } }],
  rest = {},
): ServedRepository {
  return { id: 7, fullName: "acme/epack-remote-s3", releases, ...rest };
}

function open(server: GithubServer, options: Partial<ApiOptions> & { token?: string } = {}) {
  const { token, ...rest } = options;
  const env = { EPACK_GITHUB_API_URL: server.apiUrl, ...token && { GITHUB_TOKEN: token }, ...rest.env };
  return openGithub({ idleMs: 20_000, retryMs: 1, ...rest, env });
}

/** Keeps what it is given. */
function memory(): AssetSink & { bytes: Uint8Array; begun: number } {
  const sink = {
    bytes: new Uint8Array(),
    begun: 0,
    begin() {
      sink.bytes = new Uint8Array();
      sink.begun++;
    },
    write(block: Uint8Array) {
      sink.bytes = new Uint8Array([...sink.bytes, ...block]);
    },
  };
  return sink;
}

async function failsWith(code: string, run: () => Promise<unknown>): Promise<EpackError> {
  try {
    await run();
  } catch (error) {
    assert.ok(isEpackError(error), String(error));
    assert.equal(error.code, code, error.message);
    return error;
  }
  throw new assert.AssertionError({ message: `it went through; ${code} was expected` });
}

const first = async (server: GithubServer, options?: Parameters<typeof open>[1]) => {
  const github = open(server, options);
  const [release] = await github.releases(REPOSITORY);
  return { github, release, asset: release.assets[0] };
};
const paths = (server: GithubServer) => server.requests.map(({ path }) => path);
const LIST = "/repos/acme/epack-remote-s3/releases?per_page=100&page=1";

Deno.test("releases() gives tags, marks, and assets with size and digest", async () => {
  await using server = githubServer([served([
    { tag: "v2.0.0-rc.1", prerelease: true },
    { tag: "v1.2.3", assets: { [ASSET]: BYTES } },
  ])]);
  const releases = await open(server).releases(REPOSITORY);
  assert.deepEqual(releases.map(({ tag, prerelease }) => [tag, prerelease]), [["v2.0.0-rc.1", true], [
    "v1.2.3",
    false,
  ]]);
  const { url: _url, handle: _handle, ...asset } = releases[1].assets[0];
  assert.deepEqual(asset, { name: ASSET, sizeBytes: BYTES.length, digest: digestOf(BYTES) });
  assert.deepEqual(releases[1].repository, REPOSITORY);
  assert.deepEqual(paths(server), [LIST]);
});

Deno.test("releases() works below the path of an Enterprise server", async () => {
  await using server = githubServer([served()], { basePath: "/api/v3" });
  const { github, release, asset } = await first(server);
  const sink = memory();
  await github.download(release, asset, { sink, maxBytes: 1_000_000 });
  assert.deepEqual(sink.bytes, BYTES);
});

Deno.test("releases() reads all pages, in their order", async () => {
  const releases = Array.from({ length: 7 }, (_, index) => ({ tag: `v1.0.${7 - index}` }));
  await using server = githubServer([served(releases)]);
  server.faults.pageSize = 3;
  const found = await open(server).releases(REPOSITORY);
  assert.deepEqual(found.map(({ tag }) => tag), releases.map(({ tag }) => tag));
  assert.equal(server.requests.length, 3);
});

Deno.test("releases() gives up on pages that never end", async () => {
  await using server = githubServer([served()]);
  server.faults.endlessPages = true;
  const error = await failsWith("limit_exceeded", () => open(server).releases(REPOSITORY));
  assert.equal(error.hint, "name a release exactly");
  assert.equal(server.requests.length, 10);
});

Deno.test("findRelease() asks for a release that is named exactly, with and without v, and for no list", async () => {
  await using server = githubServer([served([{ tag: "1.2.3" }])]);
  const release = await findRelease(open(server), parseSource("acme/epack-remote-s3@v1.2.3"));
  assert.equal(release.tag, "1.2.3");
  assert.deepEqual(paths(server), [
    "/repos/acme/epack-remote-s3/releases/tags/v1.2.3",
    "/repos/acme/epack-remote-s3/releases/tags/1.2.3",
  ]);
});

Deno.test("findRelease() takes neither drafts nor prereleases for a range, whoever can see them", async () => {
  const releases = [{ tag: "v1.9.0", draft: true }, { tag: "v1.8.0", prerelease: true }, { tag: "v1.7.0" }];
  await using server = githubServer([served(releases, { token: "t0ken" })]);
  const github = open(server, { token: "t0ken" });
  assert.deepEqual((await github.releases(REPOSITORY)).map(({ tag }) => tag), ["v1.9.0", "v1.8.0", "v1.7.0"]);
  assert.equal((await findRelease(github, parseSource("acme/epack-remote-s3@^1.2"))).tag, "v1.7.0");
  await failsWith("release_not_found", () => findRelease(github, parseSource("acme/epack-remote-s3@v1.9.0")));
});

Deno.test("findRelease() names the nearest tags of what is not there", async () => {
  await using server = githubServer([served()]);
  const error = await failsWith(
    "release_not_found",
    () => findRelease(open(server), parseSource("acme/epack-remote-s3@1.2.4")),
  );
  assert.equal(error.message, "acme/epack-remote-s3 has no release 1.2.4; nearest: v1.2.3");
});

Deno.test("releases() says to set a token for a repository that is not there, or is private", async () => {
  await using server = githubServer([served(undefined, { token: "t0ken" })]);
  const error = await failsWith("release_not_found", () => open(server).releases(REPOSITORY));
  assert.match(error.hint ?? "", /if it is private, set GITHUB_TOKEN$/);
});

Deno.test("releases() of a renamed repository say its new name", async () => {
  await using server = githubServer([
    served(undefined, { fullName: "umbrella/epack-remote-s4", formerNames: ["acme/epack-remote-s3"] }),
  ]);
  const { github, release, asset } = await first(server);
  assert.deepEqual(release.repository, { owner: "umbrella", name: "epack-remote-s4" });
  assert.deepEqual((await github.byTag(REPOSITORY, "v1.2.3"))?.repository, release.repository);
  const sink = memory();
  await github.download(release, asset, { sink, maxBytes: 1_000_000 });
  assert.deepEqual(sink.bytes, BYTES);
});

Deno.test("releases() does not take a new name that is a path", async () => {
  await using server = githubServer([served(undefined, { fullName: "x/y", formerNames: ["acme/epack-remote-s3"] })]);
  server.faults.json = (path) => path === "/repositories/7" ? JSON.stringify({ full_name: "../.." }) : undefined;
  await failsWith("transfer_failed", () => open(server).releases(REPOSITORY));
});

Deno.test("byTag() does not take another release for the one that was asked for", async () => {
  await using server = githubServer([served()]);
  server.faults.json = (_, value) => JSON.stringify({ ...Object(value), tag_name: "v0.0.1" });
  await failsWith("transfer_failed", () => open(server).byTag(REPOSITORY, "v1.2.3"));
});

const COMMIT = "c".repeat(40);
Deno.test("commitOf() gives the commit of a tag, through annotated tags and tags of tags", async () => {
  await using server = githubServer([served([
    { tag: "v1.0.0", tagged: { type: "commit", sha: COMMIT } },
    { tag: "v1.1.0", tagged: { type: "tag", sha: "1".repeat(40) } },
    { tag: "v1.2.0", tagged: { type: "tag", sha: "2".repeat(40) } },
  ], {
    tagObjects: {
      ["1".repeat(40)]: { type: "commit", sha: COMMIT },
      ["2".repeat(40)]: { type: "tag", sha: "1".repeat(40) },
    },
  })]);
  const github = open(server);
  for (const release of await github.releases(REPOSITORY)) assert.equal(await github.commitOf(release), COMMIT);
});

Deno.test("commitOf() refuses tags of tags without end, and what is no commit", async () => {
  await using server = githubServer([served([
    { tag: "v1.0.0", tagged: { type: "tag", sha: "1".repeat(40) } },
    { tag: "v1.1.0", tagged: { type: "tree", sha: "2".repeat(40) } },
  ], { tagObjects: { ["1".repeat(40)]: { type: "tag", sha: "1".repeat(40) } } })]);
  const github = open(server);
  for (const release of await github.releases(REPOSITORY)) {
    await failsWith("release_not_found", () => github.commitOf(release));
  }
});

Deno.test("commitOf() refuses an answer about another tag, and an id that is none", async () => {
  await using server = githubServer([served()]);
  const { github, release } = await first(server);
  const object = { type: "commit", sha: COMMIT };
  for (
    const value of [{ ref: "refs/tags/v1.2.30", object }, { ref: "refs/tags/v1.2.3", object: { ...object, sha: "x" } }]
  ) {
    server.faults.json = () => JSON.stringify(value);
    await failsWith("transfer_failed", () => github.commitOf(release));
  }
});

Deno.test("download() gives the bytes with their digest, through the redirect to the store", async () => {
  await using server = githubServer([served()]);
  const { github, release, asset } = await first(server);
  const sink = memory();
  const progress: number[] = [];
  const result = await github.download(release, asset, {
    sink,
    maxBytes: BYTES.length,
    onProgress: (done) => progress.push(done),
  });
  assert.deepEqual(sink.bytes, BYTES);
  assert.deepEqual(result, { digest: digestOf(BYTES), sizeBytes: BYTES.length, attempts: 1 });
  assert.equal(progress.at(-1), BYTES.length);
  assert.deepEqual(server.requests.slice(1).map(({ server }) => server), ["api", "assets"]);
});

Deno.test("download() takes an asset that the API serves itself", async () => {
  await using server = githubServer([served()]);
  server.faults.assetsDirectly = true;
  const { github, release, asset } = await first(server);
  const sink = memory();
  await github.download(release, asset, { sink, maxBytes: 1_000_000 });
  assert.deepEqual(sink.bytes, BYTES);
});

Deno.test("the token goes to the API, and to no other origin on a redirect", async () => {
  await using server = githubServer([served(undefined, { token: "t0ken" })]);
  const { github, release, asset } = await first(server, { token: "t0ken" });
  await github.download(release, asset, { sink: memory(), maxBytes: 1_000_000 });
  assert.deepEqual(server.requests.map(({ server, authorization }) => [server, authorization]), [
    ["api", "Bearer t0ken"],
    ["api", "Bearer t0ken"],
    ["assets", null],
  ]);
});

Deno.test("download() begins anew after a body that was cut, and the sink is told", async () => {
  await using server = githubServer([served()]);
  const { github, release, asset } = await first(server);
  server.faults.cutAssets = 2;
  const sink = memory();
  const { attempts } = await github.download(release, asset, { sink, maxBytes: 1_000_000 });
  assert.deepEqual([attempts, sink.begun], [3, 3]);
  assert.deepEqual(sink.bytes, BYTES);
});

Deno.test("download() of a body that is always cut is a network failure after all attempts", async () => {
  await using server = githubServer([served()]);
  const { github, release, asset } = await first(server);
  server.faults.cutAssets = 100;
  await failsWith("network", () => github.download(release, asset, { sink: memory(), maxBytes: 1_000_000 }));
  assert.equal(server.faults.cutAssets, 96);
});

Deno.test("download() refuses other bytes than the digest that was announced", async () => {
  await using server = githubServer([served()]);
  const { github, release, asset } = await first(server);
  server.faults.swapAssets = true;
  const error = await failsWith(
    "adapter_digest_mismatch",
    () => github.download(release, asset, { sink: memory(), maxBytes: 1_000_000 }),
  );
  assert.equal(error.exitCode, 11);
});

Deno.test("download() gives the digest of what came where none was announced", async () => {
  await using server = githubServer([served()]);
  server.faults.noDigests = true;
  const { github, release, asset } = await first(server);
  assert.equal(asset.digest, undefined);
  const { digest } = await github.download(release, asset, { sink: memory(), maxBytes: 1_000_000 });
  assert.equal(digest, digestOf(BYTES));
});

for (const sizeOff of [-1, 1]) {
  Deno.test(`download() refuses a size that is ${sizeOff} from what was announced, before it takes a byte`, async () => {
    await using server = githubServer([served()]);
    server.faults.sizeOff = sizeOff;
    const { github, release, asset } = await first(server);
    const sink = memory();
    await failsWith("transfer_failed", () => github.download(release, asset, { sink, maxBytes: 1_000_000 }));
    assert.equal(sink.begun, 0);
  });
}

for (const sizeOff of [-100, 100]) {
  Deno.test(`download() hands on no more than was announced, and refuses less, where no length is said: ${sizeOff}`, async () => {
    await using server = githubServer([served()]);
    Object.assign(server.faults, { sizeOff, chunkedAssets: true, noDigests: true });
    const { github, release, asset } = await first(server);
    const sink = memory();
    await failsWith("transfer_failed", () => github.download(release, asset, { sink, maxBytes: 1_000_000 }));
    assert.ok(sink.bytes.length <= asset.sizeBytes, `${sink.bytes.length} bytes`);
  });
}

Deno.test("download() refuses an asset that comes compressed", async () => {
  await using server = githubServer([served()]);
  server.faults.assetCoding = "gzip";
  const { github, release, asset } = await first(server);
  const sink = memory();
  await failsWith("transfer_failed", () => github.download(release, asset, { sink, maxBytes: 1_000_000 }));
  assert.equal(sink.begun, 0);
});

Deno.test("download() refuses more than its bound before anything is asked", async () => {
  await using server = githubServer([served()]);
  const { github, release, asset } = await first(server);
  await failsWith(
    "limit_exceeded",
    () => github.download(release, asset, { sink: memory(), maxBytes: BYTES.length - 1 }),
  );
  assert.equal(server.requests.length, 1);
});

Deno.test("download() of an asset that is gone says so", async () => {
  await using server = githubServer([served()]);
  const { github, release, asset } = await first(server);
  server.faults.missingAssets = true;
  const error = await failsWith(
    "release_not_found",
    () => github.download(release, asset, { sink: memory(), maxBytes: 1_000_000 }),
  );
  assert.match(error.message, /^the download of acme\/epack-remote-s3 v1\.2\.3 epack-remote-s3-linux-amd64: /);
});

const ELSEWHERE = [
  "http://example.test/x",
  "https://example.test/x",
  "https://github.com/x",
  "http://127.0.0.2/x",
  "http://user:secret@127.0.0.1/x",
  "file:///etc/hostname",
  "http://127.0.0.1\\@example.test/x",
  "//example.test/x",
];
for (const location of ELSEWHERE) {
  Deno.test(`download() refuses a redirect to ${location}`, async () => {
    await using server = githubServer([served()]);
    const { github, release, asset } = await first(server, { token: "t0ken" });
    server.faults.redirectAssetsTo = location;
    const sink = memory();
    const error = await failsWith("url_refused", () => github.download(release, asset, { sink, maxBytes: 1_000_000 }));
    assert.doesNotMatch(error.message, /secret/);
    assert.equal(sink.begun, 0);
  });
}

Deno.test("releases() refuses a redirect to another origin, also to one that may serve assets", async () => {
  await using server = githubServer([served()]);
  server.faults.redirectApiTo = `${server.assetsOrigin}/releases`;
  await failsWith("url_refused", () => open(server, { token: "t0ken" }).releases(REPOSITORY));
  assert.deepEqual(server.requests.map(({ server }) => server), ["api"]);
});

for (const beside of ["x/releases", "@example.test/releases", "/../../other"]) {
  Deno.test(`releases() refuses a redirect to what only begins as the API: ${beside}`, async () => {
    await using server = githubServer([served()], { basePath: "/api/v3" });
    server.faults.redirectApiTo = `${server.apiUrl}${beside}`;
    await failsWith("url_refused", () => open(server).releases(REPOSITORY));
    assert.equal(server.requests.length, 1);
  });
}

Deno.test("releases() refuses a redirect whose user is the API's host", async () => {
  await using server = githubServer([served()]);
  server.faults.redirectApiTo = `${server.apiUrl}@example.test/releases`;
  await failsWith("url_refused", () => open(server).releases(REPOSITORY));
});

Deno.test("releases() gives up on a redirect that never ends", async () => {
  await using server = githubServer([served()]);
  server.faults.redirectApiTo = `${server.apiUrl}/again`;
  await failsWith("transfer_failed", () => open(server).releases(REPOSITORY));
  assert.equal(server.requests.length, 6);
});

const NOW = new Date("2026-01-02T03:00:00Z");
const RESET = String(Date.parse("2026-01-02T03:33:20Z") / 1000);
const LIMITS: readonly [string, number, Record<string, string>, string, string][] = [
  ["403 with no requests left", 403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": RESET }, "", "03:33:20"],
  ["429 with Retry-After in seconds", 429, { "retry-after": "90", "x-ratelimit-reset": RESET }, "", "03:01:30"],
  ["429 with Retry-After as a date", 429, { "retry-after": "Fri, 02 Jan 2026 04:00:00 GMT" }, "", "04:00:00"],
  ["403 that says it in words", 403, {}, "You have exceeded a secondary rate limit.", "03:01:00"],
  ["403 with Retry-After", 403, { "retry-after": "60", "x-ratelimit-remaining": "9" }, "", "03:01:00"],
  ["429 with nonsense", 429, { "retry-after": "-5", "x-ratelimit-reset": "999999999999" }, "", "03:01:00"],
];
for (const [what, status, headers, body, until] of LIMITS) {
  Deno.test(`releases() says until when the rate is limited: ${what}`, async () => {
    await using server = githubServer([served()]);
    server.faults.refuse = { status, headers, body };
    const options = { now: () => NOW };
    const error = await failsWith("transfer_failed", () => open(server, options).releases(REPOSITORY));
    assert.match(error.message, new RegExp(`limits the rate of requests until 2026-01-02T${until}Z: `));
    assert.match(error.hint ?? "", /^set GITHUB_TOKEN: /);
    const known = await failsWith(
      "transfer_failed",
      () => open(server, { ...options, token: "t0ken" }).releases(REPOSITORY),
    );
    assert.match(known.hint ?? "", /^try again then/);
    assert.equal(server.requests.length, 2, "it is not asked again");
  });
}

for (const status of [401, 403]) {
  Deno.test(`releases() takes HTTP ${status} for a refusal and speaks of the token`, async () => {
    await using server = githubServer([served()]);
    server.faults.refuse = { status, body: "Bad credentials ghp_0123456789abcdef" };
    const error = await failsWith("transfer_failed", () => open(server, { token: "t0ken" }).releases(REPOSITORY));
    assert.match(error.hint ?? "", /GITHUB_TOKEN/);
    assert.doesNotMatch(error.message, /ghp_0/);
    assert.equal(server.requests.length, 1);
  });
}

for (const status of [500, 502, 503, 504]) {
  Deno.test(`releases() asks again after HTTP ${status} that passes, and fails by it when it stays`, async () => {
    await using server = githubServer([served()]);
    server.faults.refuse = { status, times: 2 };
    assert.equal((await open(server).releases(REPOSITORY)).length, 1);
    server.faults.refuse = { status };
    await failsWith("network", () => open(server).releases(REPOSITORY));
    assert.equal(server.requests.length, 3 + 4);
  });
}

const BROKEN: readonly [string, string | Uint8Array<ArrayBuffer>][] = [
  ["no JSON", "<html>"],
  ["half of it", '[{"tag_name":'],
  ["a key twice", '[{"tag_name":"a","tag_name":"b"}]'],
  ["another shape", '{"message":"hello"}'],
  ["a tag that is a number", '[{"tag_name":1,"draft":false,"prerelease":false,"assets":[]}]'],
  [
    "a negative size",
    '[{"tag_name":"v1","draft":false,"prerelease":false,"assets":[{"id":1,"name":"x","size":-1,"state":"uploaded","browser_download_url":"https://github.com/x"}]}]',
  ],
  ["depth", "[".repeat(100_000)],
  [
    "bytes that are no UTF-8",
    Uint8Array.from('[{"tag_name":"v\u00ff","draft":false,"prerelease":false,"assets":[]}]', (c) => c.charCodeAt(0)),
  ],
];
for (const [what, body] of BROKEN) {
  Deno.test(`releases() refuses an answer with ${what}`, async () => {
    await using server = githubServer([served()]);
    server.faults.json = () => body;
    const error = await failsWith("transfer_failed", () => open(server).releases(REPOSITORY));
    assert.equal(error.origin, "remote");
    assert.equal(server.requests.length, 1, "it is not asked again");
  });
}

Deno.test("releases() reads no more of an answer than its bound", async () => {
  await using server = githubServer([served()]);
  server.faults.json = () => new Uint8Array(17 * 1024 * 1024).fill(32);
  await failsWith("limit_exceeded", () => open(server).releases(REPOSITORY));
});

Deno.test("releases() does not hang on a server that says nothing", async () => {
  await using server = githubServer([served()]);
  server.faults.slowMs = 1500;
  await failsWith("timeout", () => open(server, { idleMs: 100 }).releases(REPOSITORY));
});

Deno.test("releases() ends by the caller's signal, with its reason", async () => {
  await using server = githubServer([served()]);
  server.faults.slowMs = 1000;
  const reason = new Error("enough");
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 50);
  await assert.rejects(open(server).releases(REPOSITORY, { signal: controller.signal }), (error) => error === reason);
});

Deno.test("download() does not hang on a body that stalls, and ends by the caller's signal in it", async () => {
  await using server = githubServer([served()]);
  const { release, asset } = await first(server);
  const github = open(server, { idleMs: 150 });
  server.faults.stallAssets = true;
  await failsWith("timeout", () => github.download(release, asset, { sink: memory(), maxBytes: 1_000_000 }));
  const reason = new Error("enough");
  const controller = new AbortController();
  const sink = { ...memory(), write: () => controller.abort(reason) };
  await assert.rejects(
    github.download(release, asset, { sink, maxBytes: 1_000_000, signal: controller.signal }),
    (error) => error === reason,
  );
});

Deno.test("download() passes on what the sink throws, and does not try again", async () => {
  await using server = githubServer([served()]);
  const { github, release, asset } = await first(server);
  const full = new Error("no space left");
  const sink = { ...memory(), write: () => Promise.reject(full) };
  await assert.rejects(github.download(release, asset, { sink, maxBytes: 1_000_000 }), (error) => error === full);
  assert.equal(server.requests.length, 3);
});

async function cached(): Promise<
  { folder: string; server: GithubServer; ask: () => Promise<readonly Release[]> } & AsyncDisposable
> {
  const folder = temporaryFolder();
  const server = githubServer([served()]);
  const cacheFolder = join(folder.path, "api", "answers");
  return {
    folder: cacheFolder,
    server,
    ask: () => open(server, { cacheFolder }).releases(REPOSITORY),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
const statuses = (server: GithubServer) => server.requests.map(({ status }) => status);

Deno.test("the cache saves an answer that still holds, in a file of this user alone", async () => {
  await using the = await cached();
  const before = await the.ask();
  assert.deepEqual(await the.ask(), before);
  assert.deepEqual(statuses(the.server), [200, 304]);
  const [file] = await Array.fromAsync(Deno.readDir(the.folder));
  assert.equal(((await Deno.stat(join(the.folder, file.name))).mode ?? 0) & 0o777, 0o600);
});

Deno.test("the cache gives way to an answer that changed", async () => {
  await using the = await cached();
  await the.ask();
  the.server.repositories[0] = served([{ tag: "v1.3.0" }]);
  assert.deepEqual((await the.ask()).map(({ tag }) => tag), ["v1.3.0"]);
  assert.deepEqual((await the.ask()).map(({ tag }) => tag), ["v1.3.0"]);
  assert.deepEqual(statuses(the.server), [200, 200, 304]);
});

const SPOILED: readonly [string, (text: string) => string][] = [
  ["cut", (text) => text.slice(0, text.length / 2)],
  ["empty", () => ""],
  ["changed in its body", (text) => text.replace("v1.2.3", "v9.9.9")],
  ["of another version", (text) => text.replace('"schema_version":1', '"schema_version":2')],
  ["of another address", (text) => text.replace("page=1", "page=2")],
];
for (const [what, spoil] of SPOILED) {
  Deno.test(`the cache ignores a file that is ${what}`, async () => {
    await using the = await cached();
    const before = await the.ask();
    const [{ name }] = await Array.fromAsync(Deno.readDir(the.folder));
    const path = join(the.folder, name);
    const spoiled = spoil(await Deno.readTextFile(path));
    assert.notEqual(spoiled, await Deno.readTextFile(path));
    await Deno.writeTextFile(path, spoiled);
    assert.deepEqual(await the.ask(), before);
    assert.deepEqual(statuses(the.server), [200, 200]);
    assert.equal(the.server.requests[1].etag, null);
  });
}

Deno.test("the cache does without a folder that cannot be made", async () => {
  await using the = await cached();
  await Deno.mkdir(join(the.folder, ".."), { recursive: true });
  await Deno.writeTextFile(the.folder, "a file");
  assert.equal((await the.ask()).length, 1);
  assert.equal(await Deno.readTextFile(the.folder), "a file");
});

Deno.test("the cache does not follow a link", async () => {
  await using the = await cached();
  await the.ask();
  const [{ name }] = await Array.fromAsync(Deno.readDir(the.folder));
  await Deno.rename(join(the.folder, name), join(the.folder, "..", "elsewhere"));
  await Deno.symlink(join(the.folder, "..", "elsewhere"), join(the.folder, name));
  await the.ask();
  assert.deepEqual(statuses(the.server), [200, 200]);
});
