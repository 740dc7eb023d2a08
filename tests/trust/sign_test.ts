import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { openPack } from "../../lib/pack/mod.ts";
import { epack, startEpack, temporaryFolder } from "../epack.ts";
import { forge, packEntries } from "../pack/forge.ts";
import type { Received } from "../servers/web_server.ts";
import { newAuthority, newKey, rootOf } from "./authority.ts";
import { signedPack } from "./signed_pack.ts";
import { sigstoreServer, TOKEN_ISSUER, TOKEN_SUBJECT, tokenOf } from "./sigstore_server.ts";

const ours = await newAuthority();
const WHO = ["--issuer", TOKEN_ISSUER, "--subject", TOKEN_SUBJECT];
const ROOT_FLAGS = ["--trust-root", "root.json"];
const token = tokenOf();
const FULCIO = "/api/v2/signingCert";
const REKOR = "/api/v1/log/entries";
const TSA = "/api/v1/timestamp";

type Instead = (request: Received) => Response | Promise<Response> | undefined;

/** A folder with a pack, keys, a token and a root, and the services on loopback. */
async function place(options: { instead?: Instead; pack?: Uint8Array } = {}) {
  const server = sigstoreServer(ours, options.instead);
  const folder = temporaryFolder();
  const cwd = folder.path;
  const at = (name: string) => join(cwd, name);
  const entries = packEntries({ "artifacts/a.txt": "hello", "artifacts/b.bin": "0123456789".repeat(1000) });
  const key = newKey();
  await Deno.writeFile(at("a.epack"), options.pack ?? forge(entries), { mode: 0o640 });
  await Deno.writeTextFile(at("root.json"), JSON.stringify(rootOf(ours)));
  await Deno.writeTextFile(at("token"), `${token}\n`);
  await Deno.writeTextFile(at("a.key"), key.privateKey.export({ format: "pem", type: "pkcs8" }).toString());
  await Deno.writeTextFile(at("a.pub"), key.publicKey.export({ format: "pem", type: "spki" }).toString());
  const before = await Deno.readFile(at("a.epack"));
  const files = () => [...Deno.readDirSync(cwd)].map(({ name }) => name).sort();
  const names = files();
  const urls = ["--fulcio-url", server.origin, "--rekor-url", server.origin];
  return {
    cwd,
    at,
    server,
    urls,
    byToken: ["--identity-token-file", "token", ...urls],
    byKey: ["--key", "a.key", ...urls],
    run: (...args: string[]) => epack(args, { cwd, env: { SIGSTORE_ID_TOKEN: "", EPACK_OIDC_TOKEN: "" } }),
    /** Nothing was written, and nothing lies about. */
    async untouched() {
      assert.deepEqual(await Deno.readFile(at("a.epack")), before);
      assert.deepEqual(files(), names);
    },
    files,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** What of a pack signing must leave alone. */
async function inside(path: string) {
  using pack = await openPack(path);
  const stored = pack.entries.filter(({ name }) => !name.startsWith("attestations/"));
  return {
    manifest: new TextDecoder().decode(pack.manifestBytes),
    digest: pack.manifestDigest,
    entries: stored.map(({ name, method, crc32, sizeBytes, compressedBytes }) => ({
      name,
      method,
      crc32,
      sizeBytes,
      compressedBytes,
    })),
  };
}

Deno.test("epack sign with an identity token makes what epack verify accepts, and changes nothing else of the pack", async () => {
  await using here = await place();
  const before = await inside(here.at("a.epack"));
  const run = await here.run("sign", "a.epack", "--json", ...here.byToken, ...ROOT_FLAGS);
  assert.equal(run.code, 0, run.stdout + run.stderr);
  const result = JSON.parse(run.stdout);
  assert.deepEqual([result.signed, result.checked, result.attestation_count], [true, true, 1]);
  assert.deepEqual([result.issuer, result.subject], [TOKEN_ISSUER, TOKEN_SUBJECT]);
  assert.equal(result.manifest_digest, before.digest);
  assert.match(result.attestation, /^attestations\/[0-9a-f]{64}\.sigstore\.json$/);
  assert.deepEqual(await inside(here.at("a.epack")), before);
  assert.equal((await Deno.stat(here.at("a.epack"))).size, result.size_bytes);
  const { mode } = await Deno.stat(here.at("a.epack"));
  if (mode !== null && Deno.build.os !== "windows") assert.equal(mode & 0o777, 0o640);
  const verified = await here.run("verify", "a.epack", "--json", ...ROOT_FLAGS, ...WHO, "--require-attestation");
  assert.equal(verified.code, 0, verified.stdout);
  assert.equal(JSON.parse(verified.stdout).attestations[0].subject, TOKEN_SUBJECT);
  const others = await here.run("verify", "a.epack", ...ROOT_FLAGS, "--issuer", TOKEN_ISSUER, "--subject", "x@y.test");
  assert.equal(others.code, 1);
  assert.deepEqual(here.server.received.map(({ path }) => path), [FULCIO, REKOR]);
});

Deno.test("the statement is the one of the format: v1, about manifest.json, an empty predicate, in a bundle v0.3", async () => {
  await using here = await place();
  assert.equal((await here.run("sign", "a.epack", ...here.byToken, "--tsa-url", here.server.origin)).code, 0);
  using pack = await openPack(here.at("a.epack"));
  const [{ bundle }] = pack.attestations;
  assert.equal(bundle.mediaType, "application/vnd.dev.sigstore.bundle.v0.3+json");
  assert.deepEqual(JSON.parse(atob(bundle.dsseEnvelope.payload)), {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "manifest.json", digest: { sha256: pack.manifestDigest.slice(7) } }],
    predicateType: "https://evidencepack.org/attestation/v1",
    predicate: {},
  });
  const { timestampVerificationData: stamps } = bundle.verificationMaterial as Record<
    string,
    { rfc3161Timestamps: [] }
  >;
  assert.equal(stamps.rfc3161Timestamps.length, 1);
  assert.ok(here.server.received.some(({ path }) => path === TSA));
  assert.equal((await here.run("verify", "a.epack", ...ROOT_FLAGS, ...WHO)).code, 0);
});

Deno.test("the token may be in SIGSTORE_ID_TOKEN; it goes to the certificate authority alone and is never said", async () => {
  await using here = await place();
  const options = { cwd: here.cwd, env: { SIGSTORE_ID_TOKEN: token, EPACK_DEBUG: "1" } };
  const run = await epack(["sign", "a.epack", "--verbose", ...here.urls], options);
  assert.equal(run.code, 0, run.stderr);
  const seenBy = here.server.received.filter(({ body }) => new TextDecoder().decode(body).includes(token));
  assert.deepEqual(seenBy.map(({ path }) => path), [FULCIO]);
  for (const part of token.split(".").slice(1)) assert.ok(!(run.stdout + run.stderr).includes(part));
});

Deno.test("epack sign with a key makes what epack verify --key accepts, and nobody else's key", async (t) => {
  const pairs = {
    "P-256": newKey(),
    "P-384": generateKeyPairSync("ec", { namedCurve: "P-384" }),
    RSA: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  };
  for (const [kind, { privateKey, publicKey }] of Object.entries(pairs)) {
    await t.step(kind, async () => {
      await using here = await place();
      await Deno.writeTextFile(here.at("a.key"), privateKey.export({ format: "pem", type: "pkcs8" }).toString());
      await Deno.writeTextFile(here.at("b.pub"), publicKey.export({ format: "pem", type: "spki" }).toString());
      const run = await here.run("sign", "a.epack", ...here.byKey, ...ROOT_FLAGS);
      assert.equal(run.code, 0, run.stderr);
      const good = await here.run("verify", "a.epack", ...ROOT_FLAGS, "--key", "b.pub");
      assert.equal(good.code, 0, good.stdout);
      assert.match(good.stdout, /signed with the given key at \d{4}-/);
      assert.equal((await here.run("verify", "a.epack", ...ROOT_FLAGS, "--key", "a.pub")).code, 1);
      assert.equal((await here.run("verify", "a.epack", ...ROOT_FLAGS, ...WHO)).code, 1);
      assert.equal((await here.run("verify", "a.epack", ...ROOT_FLAGS, ...WHO, "--key", "b.pub")).code, 1);
      assert.deepEqual(here.server.received.map(({ path }) => path), [REKOR]);
    });
  }
});

Deno.test("a pack that is signed gets one attestation more; one by the same key is replaced", async () => {
  await using here = await place({ pack: await signedPack(ours) });
  const count = async (flags: string[]) => {
    const run = await here.run("sign", "a.epack", "--json", ...flags);
    assert.equal(run.code, 0, run.stdout);
    return JSON.parse(run.stdout).attestation_count;
  };
  assert.equal(await count(here.byToken), 2);
  assert.equal(await count(here.byKey), 3);
  assert.equal(await count(here.byKey), 3);
  assert.equal(await count(here.byToken), 4);
  assert.equal((await here.run("verify", "a.epack", "--integrity-only")).code, 0);
});

const broken = (path: string, answer: () => Response): Instead => (request) =>
  request.path === path ? answer() : undefined;
const failed = () => new Response("out of order", { status: 500 });
const json = (value: unknown, status = 200) => Response.json(value, { status });

const FAILURES: Record<string, { instead: Instead; code: number; says: RegExp; flags?: string[] }> = {
  "a certificate authority that refuses the token, and says it aloud": {
    instead: broken(FULCIO, () => json({ message: `no good: ${token}` }, 401)),
    code: 1,
    says: /certificate authority refused to sign: HTTP 401 no good: …/,
  },
  "a certificate authority that fails": {
    instead: broken(FULCIO, failed),
    code: 15,
    says: /certificate authority failed: HTTP 500/,
  },
  "a certificate authority that answers nonsense": {
    instead: broken(FULCIO, () => new Response("<html>", { headers: { "content-type": "text/html" } })),
    code: 15,
    says: /certificate authority gave no proper answer/,
  },
  "a certificate authority that sends no certificate": {
    instead: broken(FULCIO, () => json({})),
    code: 15,
    says: /certificate authority gave no proper answer/,
  },
  "a certificate authority that sends the token elsewhere": {
    instead: broken(FULCIO, () => new Response(null, { status: 307, headers: { location: "/elsewhere" } })),
    code: 15,
    says: /certificate authority failed: HTTP 307/,
  },
  "a transparency log that says more than is read": {
    instead: broken(REKOR, () => new Response(new Uint8Array(5 * 1024 * 1024))),
    code: 15,
    says: /transparency log could not be reached: its answer is too long/,
  },
  "a transparency log that fails": {
    instead: broken(REKOR, failed),
    code: 15,
    says: /transparency log failed: HTTP 500/,
  },
  "a transparency log that refuses": {
    instead: broken(REKOR, () => json({ message: "not today" }, 400)),
    code: 1,
    says: /transparency log refused to sign: HTTP 400 not today/,
  },
  "a time-stamp authority that fails": {
    instead: broken(TSA, failed),
    code: 15,
    says: /time-stamp authority failed: HTTP 500/,
    flags: ["--tsa-url"],
  },
};

Deno.test("a service that fails or refuses is named, and the pack is as it was", async (t) => {
  for (const [name, { instead, code, says, flags = [] }] of Object.entries(FAILURES)) {
    await t.step(name, async () => {
      await using here = await place({ instead });
      const run = await here.run(
        "sign",
        "a.epack",
        ...here.byToken,
        ...flags.flatMap((flag) => [flag, here.server.origin]),
      );
      assert.equal(run.code, code, run.stderr);
      assert.match(run.stderr, says);
      for (const part of token.split(".").slice(1)) assert.ok(!run.stderr.includes(part), run.stderr);
      assert.ok(here.server.received.every(({ path }) => path !== "/elsewhere"));
      await here.untouched();
    });
  }
});

Deno.test("a service that nobody offers is a network error; the pack is as it was", async () => {
  await using here = await place();
  const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${gone.addr.port}`;
  gone.close();
  const run = await here.run("sign", "a.epack", "--identity-token-file", "token", "--fulcio-url", url);
  assert.equal(run.code, 15, run.stderr);
  assert.match(run.stderr, /certificate authority could not be reached/);
  const plain = await here.run("sign", "a.epack", "--json", "--key", "a.key", "--rekor-url", url);
  assert.equal(plain.code, 15, plain.stdout);
  assert.equal(JSON.parse(plain.stdout).error.code, "network");
  await here.untouched();
});

Deno.test("a signature that --trust-root does not vouch for is not put into the pack", async () => {
  await using here = await place();
  await Deno.writeTextFile(here.at("root.json"), JSON.stringify(rootOf(await newAuthority())));
  const run = await here.run("sign", "a.epack", "--json", ...here.byToken, ...ROOT_FLAGS);
  assert.deepEqual([run.code, JSON.parse(run.stdout).error.code], [12, "signature_invalid"]);
  await here.untouched();
});

Deno.test("who signs must be said, and be someone: nothing is asked of anybody before", async (t) => {
  await using here = await place();
  const { urls } = here;
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const files = {
    "nonsense": "nonsense",
    "expired": tokenOf({ exp: 1_000_000_000 }),
    "nobody": tokenOf({ sub: undefined }),
    "ed.key": generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    "locked.key": rsa.export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "secret" }).toString(),
  };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(here.at(name), text);
  const mistakes: [string[], number, RegExp][] = [
    [urls, 1, /neither an identity token nor a key[^]*--identity-token-file or SIGSTORE_ID_TOKEN, or a key by --key/],
    [["--identity-token-file", "nonsense", ...urls], 1, /no JWT/],
    [["--identity-token-file", "expired", ...urls], 1, /has expired/],
    [["--identity-token-file", "nobody", ...urls], 1, /names nobody/],
    [["--identity-token-file", "nowhere", ...urls], 20, /does not exist/],
    [["--identity-token-file", "token", ...here.byKey], 1, /both given/],
    [["--key", "nonsense", ...urls], 1, /cannot be read as a private key[^]*PKCS #8/],
    [["--key", "locked.key", ...urls], 1, /cannot be read as a private key/],
    [["--key", "ed.key", ...urls], 1, /ed25519, which is not supported/],
    [["--key", "a.pub", ...urls], 1, /cannot be read as a private key/],
    [["--key", "a.key", "--rekor-url", "http://log.example.test"], 1, /no address of a service/],
    [["--key", "a.key", "--rekor-url", "https://me:secret@log.example.test"], 1, /no address of a service/],
    [[...here.byKey, "--trust-root", "token"], 12, /trusted root is refused/],
  ];
  for (const [flags, code, says] of mistakes) {
    await t.step(flags.filter((flag) => !flag.startsWith("http://127")).join(" "), async () => {
      const run = await here.run("sign", "a.epack", ...flags);
      assert.equal(run.code, code, run.stderr);
      assert.match(run.stderr, says);
    });
  }
  assert.deepEqual(here.server.received, []);
  for (const name of Object.keys(files)) await Deno.remove(here.at(name));
  await here.untouched();
});

Deno.test("a pack that is not as its manifest says is not signed", async () => {
  const entries = packEntries({ "artifacts/a.txt": "hello" });
  const pack = forge(entries.map((entry) => entry.name === "artifacts/a.txt" ? { ...entry, data: "HELLO" } : entry));
  await using here = await place({ pack });
  const run = await here.run("sign", "a.epack", ...here.byToken);
  assert.equal(run.code, 2, run.stderr);
  assert.deepEqual(here.server.received, []);
  await here.untouched();
});

Deno.test("an interruption while a service is asked leaves the pack as it was and nothing beside it", async () => {
  const asked = Promise.withResolvers<void>();
  const held = Promise.withResolvers<Response>();
  await using here = await place({
    instead: (request) => {
      if (request.path !== REKOR) return undefined;
      asked.resolve();
      return held.promise;
    },
  });
  const child = startEpack(["sign", "a.epack", ...here.byToken], { cwd: here.cwd });
  const drained = [child.stdout, child.stderr].map((pipe) => new Response(pipe).text());
  await asked.promise;
  child.kill("SIGINT");
  assert.equal((await child.status).code, 130);
  held.resolve(new Response(null, { status: 500 }));
  const [, said] = await Promise.all(drained);
  assert.match(said, /interrupted by SIGINT/);
  await here.untouched();
});

Deno.test("a pack that is replaced while it is signed is not overwritten", async () => {
  let replace = () => {};
  await using here = await place({
    instead: (request) => {
      if (request.path === REKOR) replace();
      return undefined;
    },
  });
  replace = () => {
    Deno.writeTextFileSync(here.at("new"), "somebody else's");
    Deno.renameSync(here.at("new"), here.at("a.epack"));
  };
  const run = await here.run("sign", "a.epack", ...here.byToken);
  assert.equal(run.code, 2, run.stderr);
  assert.match(run.stderr, /changed while it was signed/);
  assert.equal(await Deno.readTextFile(here.at("a.epack")), "somebody else's");
});

const asRoot = Deno.build.os === "linux" && Deno.uid() === 0;

Deno.test({
  name: "a folder that cannot be written is named before anything is signed",
  ignore: Deno.build.os === "windows" || asRoot && !hasSetpriv(),
  async fn() {
    await using here = await place();
    await Deno.chmod(here.cwd, 0o555);
    for (const name of here.files()) await Deno.chmod(here.at(name), 0o444);
    const wrapper = asRoot ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] : [];
    const run = await epack(["sign", "a.epack", ...here.byToken], { cwd: here.cwd, wrapper });
    await Deno.chmod(here.cwd, 0o755);
    assert.equal(run.code, 1, run.stderr);
    assert.match(run.stderr, /not accessible to this user/);
    assert.deepEqual(here.server.received, []);
    await here.untouched();
  },
});

function hasSetpriv(): boolean {
  return new Deno.Command("sh", { args: ["-c", "command -v setpriv"], stdout: "null" }).outputSync().success;
}

Deno.test({
  name: "a full disk is named, the pack is as it was, and nothing lies beside it",
  ignore: !asRoot,
  async fn() {
    await using here = await place();
    const disk = here.at("disk");
    await Deno.mkdir(disk);
    const mount = await new Deno.Command("mount", { args: ["-t", "tmpfs", "-o", "size=64k", "none", disk] }).output()
      .catch(() => ({ success: false }));
    if (!mount.success) return console.log("not tried: no file system may be mounted here");
    try {
      const noise = new Uint8Array(40_000);
      crypto.getRandomValues(noise);
      const pack = forge(packEntries({ "artifacts/noise": noise as unknown as string }));
      await Deno.writeFile(join(disk, "a.epack"), pack);
      const run = await here.run("sign", "disk/a.epack", ...here.byToken);
      assert.equal(run.code, 1, run.stderr);
      assert.match(run.stderr, /no space left/);
      assert.deepEqual(await Deno.readFile(join(disk, "a.epack")), pack);
      assert.deepEqual([...Deno.readDirSync(disk)].map(({ name }) => name), ["a.epack"]);
    } finally {
      await new Deno.Command("umount", { args: [disk] }).output();
    }
  },
});
