/** What an adapter writes for people, through the whole program: no secret and no control character comes out. */
import assert from "node:assert/strict";
import { type HostileProject, hostileProject, type Outcome } from "./hostile_project.ts";

let speaker: HostileProject;
let scripted: HostileProject;

Deno.test.beforeAll(async () => {
  speaker = await hostileProject();
  scripted = await hostileProject({ adapter: "epack-remote-scripted" });
});
Deno.test.afterAll(async () => {
  await speaker[Symbol.asyncDispose]();
  await scripted[Symbol.asyncDispose]();
});

/** Lets the adapter write these pieces to stderr when it is asked who one is, and end with this exit code. */
function speak(pieces: readonly string[], code: number, ...flags: string[]): Promise<Outcome> {
  const fault = { name: "speaks", at: "auth.whoami", takes: [pieces, code] };
  return speaker.attack(fault, ["remote", "whoami", "s", ...flags]);
}

const RANDOM = "q7RtZ2mK9xWv4LpN8sBd3HyC6fGj1TkA";

/** Common shapes; `RANDOM` in them must not be seen. `redact_test.ts` has more. */
const SECRETS = [
  `Authorization: Bearer ${RANDOM}`,
  `proxy-authorization: Basic ${RANDOM}=`,
  `token=${RANDOM}`,
  `password: ${RANDOM}`,
  `{"token":"${RANDOM}"}`,
  `{"clientSecret": "${RANDOM}"}`,
  `aws_secret_access_key = ${RANDOM}`,
  `AWS_SESSION_TOKEN=${RANDOM}`,
  `ghp_${RANDOM}`,
  `github_pat_11AAAAAAA0_${RANDOM}`,
  `glpat-${RANDOM}`,
  `xoxb-1234567890-${RANDOM}`,
  `npm_${RANDOM}`,
  `sk_live_${RANDOM}`,
  `X-Api-Key: ${RANDOM}`,
  `Cookie: sid=${RANDOM}; a=b`,
  `https://ada:${RANDOM}@127.0.0.1/x`,
  `https://127.0.0.1/x?X-Amz-Signature=${RANDOM}&a=b`,
  `https://127.0.0.1/x?sv=2024&sig=${RANDOM}`,
  `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${RANDOM}`,
  `-----BEGIN PRIVATE KEY-----\n${RANDOM}\n-----END PRIVATE KEY-----`,
  `\u001b[33mtoken\u001b[0m=\u001b[35m${RANDOM}\u001b[0m`,
];

const halves = (text: string) => [text.slice(0, text.indexOf(RANDOM) + 9), text.slice(text.indexOf(RANDOM) + 9)];

function assertNoSecret(run: Outcome): void {
  // half of one is too much
  for (const part of [RANDOM.slice(0, 12), RANDOM.slice(10, 22), RANDOM.slice(-12)]) {
    assert.ok(!(run.stdout + run.stderr).includes(part), run.stdout + run.stderr);
  }
}

Deno.test("epack -v shows no secret of a native adapter's log, written at once or in pieces", async () => {
  const lines = SECRETS.map((secret) => `${secret}\n`);
  for (const pieces of [[lines.join("")], lines.flatMap(halves)]) {
    const run = await speak(["the first line\n", ...pieces, "the last line\n"], 0, "-v");
    assert.equal(run.code, 0, run.stderr);
    assertNoSecret(run);
    for (const line of ["the first line", "the last line"]) assert.ok(run.stderr.includes(`scripted: ${line}\n`));
  }
});

Deno.test("epack shows no secret in the last words of a native adapter that crashes", async () => {
  for (let at = 0; at < SECRETS.length; at += 4) {
    const lines = SECRETS.slice(at, at + 4).map((secret) => `${secret}\n`);
    const run = await speak([...lines.flatMap(halves), "the reason\n"], 3, "--json");
    assert.equal(run.error?.code, "adapter_crashed");
    assertNoSecret(run);
    assert.match(run.error?.message ?? "", /the reason$/);
  }
});

Deno.test("epack shows the end of a long log, and no rest of a secret that its cut goes through", async () => {
  const log = Array.from({ length: 20_000 }, (_, number) => `line ${number}\n`).join("");
  const long = await speak([log, "the reason\n"], 3, "--json");
  assert.match(long.error?.message ?? "", /line 19999\n {2}the reason$/);
  const cut = await speak([`token=${RANDOM.repeat(2_100)}`, "\nthe reason\n"], 3, "--json");
  assertNoSecret(cut);
  assert.match(cut.error?.message ?? "", /the reason$/);
});

/** Answers of the scripted adapter that carry a secret where a person reads it. */
const ANSWERS: Record<string, Record<string, unknown>> = {
  "the message of an error": { message: `refused: token=${RANDOM}` },
  "the code of an error": { code: `ghp_${RANDOM}` },
  "a suggested command": { action: { type: "run_command", command: `login --password=${RANDOM}` } },
  "a suggestion": { action: `export API_KEY=${RANDOM}` },
};
for (const [where, change] of Object.entries(ANSWERS)) {
  Deno.test(`epack shows no secret in ${where}`, async () => {
    const error = { code: "forbidden", message: "no", ...change };
    await scripted.script({ "auth.whoami": { raw: JSON.stringify({ ok: false, type: "error", error }) } });
    const run = await scripted.attack(undefined, ["remote", "whoami", "s", "--json"]);
    assert.equal(run.error?.code, "adapter_error");
    assertNoSecret(run);
  });
}

Deno.test("epack shows no secret that stands in place of a type", async () => {
  await scripted.script({ "auth.whoami": { type: `Bearer ${RANDOM}` } });
  const run = await scripted.attack(undefined, ["remote", "whoami", "s", "--json"]);
  assert.match(run.error?.message ?? "", /its type is "Bearer \[redacted\]"/);
  assertNoSecret(run);
});

/** Clears the screen, sets the title, links (OSC 8), writes the clipboard (OSC 52), as 7 and 8 bits; rubs out, turns round. */
const EVIL = "\u001b[2J\u001b]0;title\u0007\u001b]8;;https://127.0.0.1/\u001b\\link\u001b]8;;\u0007" +
  "\u001b]52;c;ZXZpbA==\u0007\u009b31m\u009d52;c;x\u009c\u0085\b\u007f\r\u0000\u202egpj.exe\u2066\u200b\u2028\ufeff";

/** Whatever a terminal could obey. Line feeds are the program's own. */
function assertPlain(run: Outcome): void {
  // deno-lint-ignore no-control-regex
  const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/;
  for (const text of [run.stdout, run.stderr]) assert.doesNotMatch(text, unsafe, JSON.stringify(text));
}

Deno.test("epack obeys no control code of a native adapter's log", async () => {
  for (const [code, flags] of [[0, ["-v"]], [3, []], [3, ["--json"]]] as const) {
    const run = await speak([`before ${EVIL} after\n`, ...EVIL, "\udcff\udc9b31m\n"], code, ...flags);
    assert.equal(run.code, code === 0 ? 0 : 1);
    assertPlain(run);
    assert.ok((run.stdout + run.stderr).includes("before "));
  }
});

const PUSH = ["push", "s", "good.epack"];
const PULL = ["pull", "s", "--force"];
const INFO = ["remote", "info", "s"];
const WHOAMI = ["remote", "whoami", "s"];
const failure = (error: unknown) => ({ raw: JSON.stringify({ ok: false, type: "error", error }) });

/** Where an adapter's texts are shown: the command of the program, and the answer with such a text in it. */
const PLACES: Record<string, [args: readonly string[], exit: number, script: Record<string, unknown>]> = {
  "an error's code and message": [WHOAMI, 1, { "auth.whoami": failure({ code: `c${EVIL}`, message: `m${EVIL}` }) }],
  "a suggestion": [WHOAMI, 1, { "auth.whoami": failure({ code: "c", action: `x${EVIL}` }) }],
  "a suggested address": [WHOAMI, 1, {
    "auth.whoami": failure({ code: "c", action: { type: "open_url", url: `https://127.0.0.1/${EVIL}` } }),
  }],
  "a key of the answer": [WHOAMI, 1, {
    "auth.whoami": { raw: `{${JSON.stringify(EVIL)}:1,${JSON.stringify(EVIL)}:2}` },
  }],
  "a type": [WHOAMI, 1, { "auth.whoami": { type: EVIL } }],
  "an identity": [WHOAMI, 0, { "auth.whoami": { identity: { subject: `s${EVIL}`, issuer: `i${EVIL}` } } }],
  "capabilities": [INFO, 0, {
    "--capabilities": { name: `n${EVIL}`, version: `v${EVIL}`, description: `d${EVIL}`, auth: { modes: [EVIL] } },
  }],
  "a release": [PUSH, 0, {
    "push.finalize": {
      release: { release_id: `r${EVIL}`, version: `v${EVIL}`, canonical_ref: `c${EVIL}` },
      links: { [`l${EVIL}`]: `https://127.0.0.1/${EVIL}`, file: "file:///etc/passwd", script: "javascript:alert(1)" },
    },
  }],
  "a pulled release": [[...PULL, "-o", "out.epack"], 0, {
    "pull.prepare": { pack: { stream: `s${EVIL}`, version: `v${EVIL}`, release_id: `r${EVIL}`, labels: [EVIL] } },
  }],
  "an address": [[...PULL, "-o", "out.epack"], 15, {
    "pull.prepare": { download: { url: `ftp://127.0.0.1/${EVIL}` } },
  }],
  "a method": [[...PULL, "-o", "out.epack"], 1, {
    "pull.prepare": { download: { method: `DELETE${EVIL}`, url: "http://127.0.0.1:9/" } },
  }],
};
for (const [where, [args, exit, script]] of Object.entries(PLACES)) {
  Deno.test(`epack obeys no control code in ${where}`, async () => {
    await scripted.script(script);
    for (const flags of [[], ["--json"]]) {
      const run = await scripted.attack(undefined, [...args, ...flags]);
      assert.equal(run.code, exit, run.stdout + run.stderr);
      assertPlain(run);
    }
  });
}

Deno.test("epack makes a plain file name of a stream that leads elsewhere or holds control codes", async () => {
  await scripted.script({ "pull.prepare": { pack: { stream: `../../x/${EVIL}` } } });
  const run = await scripted.epack("pull", "s", "--force", "--json");
  assert.equal(run.code, 0, run.stdout);
  const [name] = (await scripted.leftovers()).filter((name) => name !== "out.epack");
  assert.match(name, /^[A-Za-z0-9_-]+\.epack$/);
  await Deno.remove(`${scripted.path}/${name}`);
});
