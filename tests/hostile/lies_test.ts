/** What an adapter says that is not so, through the whole program; `parseReply()` and the workflows have more of it each. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type HostileProject, hostileProject, OLD, type Outcome } from "./hostile_project.ts";

let project: HostileProject;

Deno.test.beforeAll(async () => {
  project = await hostileProject({ adapter: "epack-remote-scripted" });
});
Deno.test.afterAll(async () => {
  await project[Symbol.asyncDispose]();
});

/** Runs a command of the program while one command of the adapter is changed. */
async function lie(at: string, script: unknown, args: readonly string[]): Promise<Outcome> {
  await project.script({ [at]: script });
  return await project.attack(undefined, [...args, "--json"]);
}

type Lie = readonly [what: string, script: unknown, says: RegExp];

/** Asserts a refusal as `adapter_protocol`, with exit code 1. */
function assertRefused(run: Outcome, says: RegExp): void {
  assert.equal(run.error?.code, "adapter_protocol", run.stdout);
  assert.equal(run.error?.origin, "adapter");
  assert.equal(run.code, 1);
  assert.match(run.error?.message ?? "", says);
}

/** A good answer to auth.whoami as text, to be spoilt. */
const IDENTITY = '"identity":{"authenticated":true}';
const GOOD = `{"ok":true,"type":"auth.whoami","request_id":"REQUEST_ID",${IDENTITY}}`;
const raw = (text: string) => ({ raw: text });

const ANSWERS: readonly Lie[] = [
  ["bytes after the document", raw(`${GOOD}\u0000`), /more after its end/],
  ["a log line after the document", raw(`${GOOD}\ndone`), /more after its end/],
  ["a log line before the document", raw(`starting\n${GOOD}`), /unexpected character/],
  ["the document twice", raw(`${GOOD}\n${GOOD}\n`), /more after its end/],
  ["a byte order mark", raw(`\ufeff${GOOD}`), /unexpected character/],
  ["UTF-16", raw([...GOOD].join("\u0000")), /unexpected character|lacks/],
  ["bytes that are no UTF-8", raw(GOOD.replace("true}", 'true,"subject":"\udcff"}')), /not valid UTF-8/],
  ["an overlong encoding", raw(GOOD.replace("true}", 'true,"subject":"\udcc0\udcaf"}')), /not valid UTF-8/],
  ["a surrogate written as bytes", raw(GOOD.replace("true}", 'true,"subject":"\udced\udca0\udc80"}')), /valid UTF-8/],
  ["an escaped lone surrogate", raw(GOOD.replace("true}", 'true,"subject":"\\ud800"}')), /lone surrogate/],
  ["a key twice", raw(GOOD.replace("true}", 'true,"authenticated":false}')), /"authenticated" twice/],
  ["a key twice, once escaped", raw(GOOD.replace('"ok"', '"\\u006fk":false,"ok"')), /"ok" twice/],
  ["a number that is none", raw(GOOD.replace("true}", 'true,"n":NaN}')), /unexpected character/],
  ["a list", raw(`[${GOOD}]`), /no JSON object/],
  ["nothing but white space", raw(" \n\t\n"), /ends too early/],
  ["levels without end", raw(`{"a":${"[".repeat(100_000)}`), /nests deeper/],
  ["no type", { type: null }, /its type is absent/],
  ["the type of another command", { type: "push.prepare.result" }, /its type is "push\.prepare\.result"/],
  ["no request_id", { request_id: "" }, /its request_id is ""/],
  ["another request's id", { request_id: "11111111-2222-3333-4444-555555555555" }, /not the request's own/],
  ["a request_id that is a list", { request_id: ["REQUEST_ID"] }, /not the request's own/],
  ["no ok", raw(GOOD.replace('"ok":true,', "")), /ok is neither/],
  ["ok as a text", { ok: "true" }, /ok is neither/],
  ["ok as a number", { ok: 1 }, /ok is neither/],
  ["the type error with ok true", { type: "error", error: null }, /its type is "error"/],
  ["no identity", { identity: null }, /identity/],
  ["an identity that is a list", raw(GOOD.replace('{"authenticated":true}', "[]")), /identity/],
  ["authenticated as a text", { identity: { authenticated: "yes" } }, /identity\.authenticated/],
  ["a subject that is an object", { identity: { subject: { name: "x" } } }, /identity\.subject/],
  ["a date that is none", { identity: { expires_at: "tomorrow" } }, /expires_at: is not an RFC 3339 time/],
  ["a thirteenth month", { identity: { expires_at: "2026-13-01T00:00:00Z" } }, /expires_at: is not/],
  ["a date without a zone", { identity: { expires_at: "2026-01-01T00:00:00" } }, /expires_at: is not/],
  ["a date that is a number", { identity: { expires_at: 1_800_000_000 } }, /expires_at/],
  ["an error without a code", raw('{"ok":false,"type":"error","request_id":"REQUEST_ID","error":{}}'), /error\.code/],
  ["ok false without an error", raw('{"ok":false,"type":"error","request_id":"REQUEST_ID"}'), /error/],
  [
    "an error of another type",
    raw('{"ok":false,"type":"auth.whoami","error":{"code":"x"}}'),
    /its type is "auth\.whoami"/,
  ],
  [
    "an error for another request",
    raw('{"ok":false,"type":"error","request_id":"y","error":{"code":"x"}}'),
    /its request_id is "y"/,
  ],
  ["retryable as a text", raw('{"ok":false,"type":"error","error":{"code":"x","retryable":"no"}}'), /error\.retryable/],
];
for (const [what, script, says] of ANSWERS) {
  Deno.test(`epack remote whoami refuses an answer with ${what}`, async () => {
    assertRefused(await lie("auth.whoami", script, ["remote", "whoami", "s"]), says);
  });
}

const CAPABILITIES: readonly Lie[] = [
  ["another kind", { kind: "collector" }, /kind/],
  ["no kind", { kind: null }, /kind/],
  ["no name", { name: "" }, /name/],
  ["no protocol version", { deploy_protocol_version: null }, /deploy_protocol_version/],
  ["a later protocol version", { deploy_protocol_version: 2 }, /version 2, this program version 1/],
  ["a protocol version that is a text", { deploy_protocol_version: "1" }, /deploy_protocol_version/],
  ["a fractional protocol version", { deploy_protocol_version: 1.5 }, /deploy_protocol_version/],
  ["features that are a list", { features: ["pull"] }, /features/],
  ["a feature that is a text", { features: { pull: "yes" } }, /features\.pull/],
  ["a negative limit", { limits: { max_pack_bytes: -1 } }, /limits\.max_pack_bytes/],
  ["a fractional limit", { limits: { max_runs_per_sync: 0.5 } }, /limits\.max_runs_per_sync/],
  ["an enormous limit", { limits: { max_pack_bytes: 1e300 } }, /limits\.max_pack_bytes/],
  ["modes that are a text", { auth: { modes: "all" } }, /auth\.modes/],
  ["a second document", raw('{"name":"x"}\n{"name":"y"}'), /more after its end/],
  ["nothing", raw(""), /ends too early/],
];
for (const [what, script, says] of CAPABILITIES) {
  Deno.test(`epack remote info refuses capabilities with ${what}`, async () => {
    assertRefused(await lie("--capabilities", script, ["remote", "info", "s"]), says);
  });
}

Deno.test("epack remote info takes no capabilities that come with another exit code than 0", async () => {
  const run = await lie("--capabilities", { exit: 3 }, ["remote", "info", "s"]);
  assert.deepEqual([run.error?.code, run.code], ["adapter_crashed", 1], run.stdout);
});

const PULL = ["pull", "s", "-o", "out.epack", "--force"];
const SHA1 = `sha1:${"a".repeat(40)}`;
const OFFERS: readonly Lie[] = [
  ["no pack", { pack: null }, /pack/],
  ["no download", { download: null }, /download/],
  ["no address", { download: { url: null } }, /download\.url/],
  ["an address that is a number", { download: { url: 1 } }, /download\.url/],
  ["a method that is a list", { download: { method: ["GET"] } }, /download\.method/],
  ["headers that are a list", { download: { headers: ["Accept: x"] } }, /download\.headers/],
  ["a header that is a number", { download: { headers: { "x-a": 1 } } }, /download\.headers/],
  ["an expiry that is none", { download: { expires_at: "soon" } }, /download\.expires_at/],
  ["no digest", { pack: { digest: null } }, /pack\.digest/],
  ["a digest that is too short", { pack: { digest: "sha256:abc" } }, /pack\.digest/],
  ["a digest in upper case", { pack: { digest: `sha256:${"A".repeat(64)}` } }, /pack\.digest/],
  ["a digest of another algorithm", { pack: { digest: SHA1 } }, /pack\.digest/],
  ["a fractional size", { pack: { size_bytes: 1.5 } }, /pack\.size_bytes/],
  ["a size that is a text", { pack: { size_bytes: "18755" } }, /pack\.size_bytes/],
  ["a size beyond 2^53-1", { pack: { size_bytes: 2 ** 53 } }, /pack\.size_bytes/],
  ["a size of 9e18", { pack: { size_bytes: 9e18 } }, /pack\.size_bytes/],
  ["a date of making that is none", { pack: { created_at: "yesterday" } }, /pack\.created_at/],
  ["labels that are objects", { pack: { labels: [{}] } }, /pack\.labels\.0/],
  ["a token that is an object", { finalize_token: {} }, /finalize_token/],
  ["a token that is empty", { finalize_token: "" }, /finalize_token/],
];
for (const [what, script, says] of OFFERS) {
  Deno.test(`epack pull keeps the old file when the adapter offers ${what}`, async () => {
    assertRefused(await lie("pull.prepare", script, PULL), says);
    assert.equal(project.output(), OLD);
    assert.deepEqual(project.receipts("pull"), []);
  });
}

/** The pack is here and verified: it stays, and the receipt says what went wrong. */
const CONFIRMATIONS: Record<string, [script: unknown, says: RegExp]> = {
  "says confirmed: false": [{ confirmed: false }, /did not confirm the pull/],
  "says confirmed as a text": [{ confirmed: "true" }, /did not confirm the pull/],
  "confirms another request": [{ request_id: "x" }, /not the request's own/],
  "answers with an error": [
    raw('{"ok":false,"type":"error","request_id":"REQUEST_ID","error":{"code":"conflict","message":"too late"}}'),
    /conflict: too late/,
  ],
  "confirms and exits 1": [{ exit: 1 }, /ended with exit code 1/],
};
for (const [what, [script, says]] of Object.entries(CONFIRMATIONS)) {
  Deno.test(`epack pull keeps the new file, and exits 1, when the adapter ${what}`, async () => {
    const run = await lie("pull.finalize", script, PULL);
    assert.equal(run.error?.code, "adapter_error", run.stdout);
    assert.equal(run.code, 1);
    assert.match(run.error?.message ?? "", says);
    assert.deepEqual(await project.read("out.epack"), await project.read("good.epack"));
    const [receipt] = project.receipts("pull");
    const written = JSON.parse(await Deno.readTextFile(join(project.path, ".epack/receipts/pull/s", receipt)));
    assert.deepEqual([written.confirmed, says.test(written.finalize_error)], [false, true]);
  });
}

const PUSHES: readonly (readonly [at: string, ...Lie])[] = [
  ["push.prepare", "no upload", { upload: null }, /upload/],
  ["push.prepare", "no address", { upload: { url: "" } }, /upload: lacks its url/],
  ["push.prepare", "an expiry that is none", { upload: { expires_at: "2026-02-30T00:00:00Z" } }, /upload\.expires_at/],
  ["push.prepare", "an expiry that is past", { upload: { expires_at: "2020-01-01T00:00:00Z" } }, /expired at 2020/],
  ["push.prepare", "no token", { finalize_token: null }, /finalize_token/],
  ["push.finalize", "no release_id", { release: { release_id: null } }, /release\.release_id/],
  ["push.finalize", "a release_id that is a number", { release: { release_id: 7 } }, /release\.release_id/],
  ["push.finalize", "a digest in upper case", { release: { pack_digest: `sha256:${"A".repeat(64)}` } }, /pack_digest/],
  ["push.finalize", "a date that is none", { release: { created_at: "0000-00-00" } }, /release\.created_at/],
  ["push.finalize", "links that are a list", { links: ["https://127.0.0.1/"] }, /links/],
  ["push.finalize", "the type of push.prepare", { type: "push.prepare.result" }, /its type is/],
  ["push.finalize", "exit code 1", { exit: 1 }, /gave a result and ended with exit code 1/],
];
for (const [at, what, script, says] of PUSHES) {
  Deno.test(`epack push writes no receipt when ${at} answers with ${what}`, async () => {
    assertRefused(await lie(at, script, ["push", "s", "good.epack"]), says);
    assert.deepEqual(project.receipts("push"), []);
  });
}

Deno.test("epack remote whoami accepts fields that it does not know, at every level", async () => {
  const run = await lie("auth.whoami", { future: { deep: [1] }, identity: { role: "x", authenticated: true } }, [
    "remote",
    "whoami",
    "s",
  ]);
  assert.equal(run.code, 0, run.stderr);
  assert.equal(JSON.parse(run.stdout).identities[0].authenticated, true);
});

Deno.test("epack pull reads keys as they are spelt: another case is another key", async () => {
  const run = await lie("pull.prepare", { DOWNLOAD: { url: "ftp://127.0.0.1/" }, Pack: null, OK: false }, PULL);
  assert.equal(run.code, 0, run.stdout);
  assert.deepEqual(await project.read("out.epack"), await project.read("good.epack"));
});

Deno.test("epack remote whoami shows an error code that it does not know, and asks again where it is retryable", async () => {
  await Deno.remove(join(project.store, "requests.log")).catch(() => {});
  const error = { code: "out_of_tea", message: "no tea" };
  const answer = JSON.stringify({ ok: false, type: "error", request_id: "REQUEST_ID", error });
  const run = await lie("auth.whoami", raw(answer), ["remote", "whoami", "s"]);
  assert.equal(run.error?.message, 'adapter "scripted": out_of_tea: no tea');
  assert.deepEqual([run.error?.code, run.error?.origin, run.code], ["adapter_error", "remote", 1]);
  assert.deepEqual((await project.asked()).map(({ command }) => command), ["--capabilities", "auth.whoami"]);
});

Deno.test("epack pull asks again, a few times, when an adapter says that its error is retryable, and shows it", async () => {
  await Deno.remove(join(project.store, "requests.log")).catch(() => {});
  const error = { code: "rate_limited", message: "\u001b[31mnot so fast", retryable: true };
  const answer = JSON.stringify({ ok: false, type: "error", request_id: "REQUEST_ID", error });
  await project.script({ "pull.prepare": raw(answer) });
  const run = await project.attack(undefined, [...PULL, "--retries", "2"]);
  assert.equal(run.code, 1);
  const asked = (await project.asked()).map(({ command }) => command);
  assert.deepEqual(asked, ["--capabilities", "pull.prepare", "pull.prepare", "pull.prepare"]);
  assert.equal(run.stderr.match(/31mnot so fast \(try \d of 3\); trying again/g)?.length, 2, run.stderr);
  assert.doesNotMatch(run.stderr, /\u001b/);
});

/** What an adapter suggests, and the hint that comes of it. */
const ACTIONS: Record<string, [action: unknown, hint: string | undefined]> = {
  "a command": [{ type: "run_command", command: "touch EVIL" }, "the adapter suggests to run: touch EVIL"],
  "a command in backquotes and $()": ["`touch EVIL` $(touch EVIL)", "the adapter suggests: `touch EVIL` $(touch EVIL)"],
  "a command with escape sequences": [
    { type: "run_command", command: "\u001b]52;c;ZXZpbA==\u0007ls\r\n\u009b2J" },
    "the adapter suggests to run: \\u{1b}]52;c;ZXZpbA==\\u{7}ls\\u{d}\\u{a}\\u{9b}2J",
  ],
  "an https address": [
    { type: "open_url", url: "https://127.0.0.1/login" },
    "the adapter suggests to open: https://127.0.0.1/login",
  ],
  "a file: address": [{ type: "open_url", url: "file:///etc/passwd" }, undefined],
  "a javascript: address": [{ type: "open_url", url: "javascript:alert(1)" }, undefined],
  "a data: address": [{ type: "open_url", url: "data:text/html,<script>x</script>" }, undefined],
  "an action of an unknown type": [{ type: "format_disk", command: "touch EVIL" }, undefined],
};
for (const [what, [action, hint]] of Object.entries(ACTIONS)) {
  Deno.test(`epack shows no more than words when an adapter suggests ${what}`, async () => {
    const evil = join(project.store, "evil");
    const place = (text: string) => text.replaceAll("EVIL", evil);
    const error = { code: "conflict", message: "no", action };
    const answer = place(JSON.stringify({ ok: false, type: "error", request_id: "REQUEST_ID", error }));
    const run = await lie("auth.whoami", raw(answer), ["remote", "whoami", "s"]);
    assert.equal(run.error?.code, "adapter_error");
    assert.equal(run.error?.hint, hint && place(hint));
    await assert.rejects(Deno.lstat(evil), Deno.errors.NotFound);
  });
}
