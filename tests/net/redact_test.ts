import assert from "node:assert/strict";
import fc from "fast-check";
import { redact, redactUrl } from "../../lib/net/mod.ts";

const RANDOM = "q7RtZ2mK9xWv4LpN8sBd3HyC";
const PEM = Array.from({ length: 24 }, (_, index) => `${index}`.padStart(2, "0") + RANDOM.repeat(2).slice(0, 62)).join(
  "\n",
);

/** Shape, a text that has it, and the part of it that must not be seen. `net_test.ts` has twenty more. */
const SECRETS: [string, string, string][] = [
  ["JSON in JSON", `{\\"token\\":\\"${RANDOM}\\"}`, RANDOM],
  ["JSON with an escaped quote", `{"password":"a\\"${RANDOM}"}`, RANDOM],
  ["camel case", `{"clientSecret": "${RANDOM}"}`, RANDOM],
  ["a flag", `--api-key ${RANDOM} --verbose`, RANDOM],
  ["a flag with =", `--password=${RANDOM}`, RANDOM],
  ["YAML", `  secret_access_key: ${RANDOM}`, RANDOM],
  ["an environment variable", `AWS_SESSION_TOKEN=${RANDOM}`, RANDOM],
  ["Ruby", `:api_key => '${RANDOM}'`, RANDOM],
  ["a connection string of Azure", `AccountName=x;AccountKey=${RANDOM}==;Suffix=y`, RANDOM],
  ["a shared access signature", `SharedAccessKey=${RANDOM}=`, RANDOM],
  ["a data base's address", `postgres://admin:${RANDOM}@db.test:5432/x`, RANDOM],
  ["a cookie in JSON", `{"Cookie":"sid=${RANDOM}"}`, RANDOM],
  ["X-Vault-Token", `X-Vault-Token: ${RANDOM}`, RANDOM],
  ["AWS Signature 4", `AWS4-HMAC-SHA256 Credential=${RANDOM}/x, SignedHeaders=host, Signature=${RANDOM}`, RANDOM],
  ["a signed address of Google", `https://s.test/x?X-Goog-Signature=${RANDOM}&x=1`, RANDOM],
  ["a Slack webhook", `https://hooks.slack.com/services/T0/B0/${RANDOM}`, RANDOM],
  ["a Discord webhook", `https://discord.com/api/webhooks/1/${RANDOM}`, RANDOM],
  ["xapp-", `xapp-1-${RANDOM}`, RANDOM],
  ["ya29.", `ya29.${RANDOM}`, RANDOM],
  ["GOCSPX-", `GOCSPX-${RANDOM}`, RANDOM],
  ["pypi-", `pypi-${RANDOM}`, RANDOM],
  ["hf_", `hf_${RANDOM}`, RANDOM],
  ["dckr_pat_", `dckr_pat_${RANDOM}`, RANDOM],
  ["dop_v1_", `dop_v1_${"0123456789abcdef".repeat(4)}`, "0123456789abcdef"],
  ["hvs.", `hvs.${RANDOM}`, RANDOM],
  ["SG.", `SG.${RANDOM}.${RANDOM}`, RANDOM],
  ["sk_live_", `sk_live_${RANDOM}`, RANDOM],
  ["whsec_", `whsec_${RANDOM}`, RANDOM],
  ["age", `AGE-SECRET-KEY-1${RANDOM.toUpperCase()}`, RANDOM.toUpperCase()],
  ["ATATT3", `ATATT3${RANDOM}`, RANDOM],
  ["shpat_", `shpat_${"0123456789abcdef".repeat(2)}`, "0123456789abcdef"],
  ["a token after an underscore", `key_ghp_${RANDOM}`, RANDOM],
  ["a JSON Web Token after other letters", `id_eyJhbGciOiJub25lIn0.eyJ${RANDOM}.${RANDOM}`, RANDOM],
  ["an OpenSSH key", `-----BEGIN OPENSSH PRIVATE KEY-----\n${PEM}\n-----END OPENSSH PRIVATE KEY-----`, RANDOM],
  ["a PGP key", `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${PEM}\n-----END PGP PRIVATE KEY BLOCK-----`, RANDOM],
  ["a key that does not end", `-----BEGIN PRIVATE KEY-----\n${PEM}`, RANDOM],
  ["a very long cookie", `Cookie: a=${"b".repeat(20_000)}${RANDOM}`, RANDOM],
  ["a very long value", `token="${"b".repeat(20_000)}${RANDOM}"`, RANDOM],
  ["a very long JSON Web Token", `eyJ${"b".repeat(20_000)}.${"c".repeat(20_000)}${RANDOM}.${RANDOM}`, RANDOM],
  ["a very long key", `-----BEGIN PRIVATE KEY-----\n${"b".repeat(60_000)}${RANDOM}\n-----END PRIVATE KEY-----`, RANDOM],
];
for (const [shape, text, secret] of SECRETS) {
  Deno.test(`redact() knows ${shape}`, () => {
    const clean = redact(`before\n${text}\nafter`);
    assert.ok(!clean.includes(secret), clean.slice(-200));
    assert.match(clean, /^before\n/);
  });
}

Deno.test("redact() takes out the end of a key whose beginning was cut off", () => {
  const cut = `${PEM.slice(100)}\n-----END RSA PRIVATE KEY-----\nafter`;
  assert.equal(redact(cut), "[redacted]\nafter");
});

Deno.test("redact() leaves text alone that only speaks of secrets", () => {
  for (
    const plain of [
      "the digest differs from the one in the lockfile",
      "Basic understanding of the basic rules",
      "the token was refused, sign in again",
      "no password was given",
      "GET https://registry.test/v2/acme/packs?page=2 404",
      "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "pulled from sk-registry-production-europe.example.test",
      "pypi-package-index-mirror is not configured",
      "wrote /home/ada/.epack/receipts/push/local/20261124_164633_f5fd00f1.json",
    ]
  ) assert.equal(redact(plain), plain);
});

Deno.test("redact() takes out the remote's own secrets in every spelling, whatever their order", () => {
  const secret = 'pä/ss"wo rd\\1';
  const texts = [
    secret,
    JSON.stringify({ x: secret }),
    `https://a.test/${encodeURIComponent(secret)}/x`,
    new TextEncoder().encode(secret).toBase64(),
  ];
  for (const text of texts) {
    const clean = redact(`<${text}>`, { secrets: [secret] });
    assert.match(clean, /^<.*\[redacted\].*>$/);
    assert.doesNotMatch(clean, /wo|rd/, clean);
  }
  assert.equal(redact("abcd abcdefgh", { secrets: ["abcd", "abcdefgh"] }), "[redacted] [redacted]");
});

Deno.test("redact() takes out single lines of a secret that has several", () => {
  const secret = `first line of the secret\n${RANDOM}\nshort`;
  assert.equal(redact(`| ${RANDOM} |`, { secrets: [secret] }), "| [redacted] |");
});

Deno.test("redact() takes out a given secret wherever it stands", () => {
  const plain = fc.stringMatching(/^[ a-z]{0,30}$/);
  fc.assert(fc.property(plain, plain, fc.stringMatching(/^[A-Z0-9]{8,40}$/), (before, after, secret) => {
    assert.ok(!redact(before + secret + after, { secrets: [secret] }).includes(secret));
  }));
});

/** Pieces that a pattern begins with, or is at home in; repeated, each is where a bad pattern would look again and again. */
const HOSTILE = [
  "token",
  "token ",
  "token:",
  "-----BEGIN PRIVATE KEY-----",
  "-----END PRIVATE KEY-----",
  "eyJ",
  "-eyJ",
  ".eyJ",
  "eyJeyJ.",
  "://",
  "a://b",
  "?sig=",
  "Bearer ",
  "basic a",
  "Cookie:",
  'password="',
  'password="\\',
  "password='a",
  '\\"token\\":\\"',
  "--password ",
  "a-",
  "a.",
  "_",
  "ghp_",
  "xoxb-",
  "SG.",
  "SG.aaaaaaaaaaaaaaaa",
  "A",
  " ",
  "\n",
  "=",
  "A=\n",
];
for (const piece of HOSTILE) {
  Deno.test(`redact() does not hang on ${JSON.stringify(piece)} without end`, () => {
    const started = performance.now();
    redact(piece.repeat(1_000_000 / piece.length));
    assert.ok(performance.now() - started < 20_000);
  });
}

Deno.test("redactUrl() shows of other schemes nothing but their name, and no secret of a path", () => {
  assert.equal(redactUrl(`data:text/plain,${RANDOM}`), "data:…");
  assert.equal(redactUrl("javascript:alert(1)"), "javascript:…");
  assert.equal(
    redactUrl(`https://hooks.slack.com/services/T0/${RANDOM}`),
    "https://hooks.slack.com/services/[redacted]",
  );
  assert.equal(redactUrl("https://token=x.example.test/a"), "https://token=x.example.test/a");
  assert.equal(redactUrl("file:///srv/packs/a%20b"), "file:///srv/packs/a%20b");
});
