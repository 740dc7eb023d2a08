import assert from "node:assert/strict";
import { webServer } from "../servers/web_server.ts";
import { errorAnswer } from "./answers.ts";
import { type ScriptedProject, scriptedProject } from "./scripted_project.ts";

const commandsOf = async (project: ScriptedProject) => (await project.asked()).map(({ command }) => command);
const busy = errorAnswer("server_error", { retryable: true });

Deno.test("push() asks push.prepare again when it says retryable, and says what it waits for", async () => {
  await using project = await scriptedProject();
  await project.script({ "push.prepare": { times: 2, ...busy } });
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual((await commandsOf(project)).slice(1), [...Array(3).fill("push.prepare"), "push.finalize"]);
  assert.match(run.stderr, /server_error: said server_error \(try 1 of 6\); trying again/);
});

Deno.test("push() does not ask push.prepare again when it says nothing of retryable", async () => {
  await using project = await scriptedProject();
  await project.script({ "push.prepare": errorAnswer("server_error") });
  assert.equal((await project.epack("push", "s", "good.epack")).code, 1);
  assert.deepEqual((await commandsOf(project)).slice(1), ["push.prepare"]);
});

/** How a store refuses, what push.prepare says of the address, and how often it is prepared. */
const REFUSALS: Record<string, { answer: Response; expiresAt?: () => string; prepared: number; code: number }> = {
  "that expired, as the store says": {
    answer: new Response("Request has expired", { status: 403 }),
    prepared: 2,
    code: 0,
  },
  "whose time is over": {
    answer: new Response(null, { status: 403 }),
    // by less than clocks may differ: it is not refused before it was tried
    expiresAt: () => new Date(Date.now() - 1000).toISOString(),
    prepared: 2,
    code: 0,
  },
  "whose time is not over": {
    answer: new Response(null, { status: 403 }),
    expiresAt: () => "2999-01-01T00:00:00Z",
    prepared: 1,
    code: 15,
  },
  "for no reason": { answer: new Response(null, { status: 403 }), prepared: 1, code: 15 },
};

for (const [name, { answer, expiresAt, prepared, code }] of Object.entries(REFUSALS)) {
  Deno.test(`push() to an address ${name} is prepared ${prepared === 1 ? "once" : "anew"}`, async () => {
    await using project = await scriptedProject();
    let refused = false;
    await using server = webServer(() => {
      if (refused) return new Response(null);
      refused = true;
      return answer.clone();
    });
    await project.script({ "push.prepare": { upload: { url: `${server.origin}/put`, expires_at: expiresAt?.() } } });
    const run = await project.epack("push", "s", "good.epack", "--json");
    assert.equal(run.code, code, run.stderr);
    const commands = await commandsOf(project);
    assert.equal(commands.filter((command) => command === "push.prepare").length, prepared);
    if (code !== 0) return;
    assert.deepEqual(server.received.at(-1)?.body, await project.read("good.epack"));
    assert.equal(JSON.parse(run.stdout).transfer.attempts, 2);
  });
}

Deno.test("push() to addresses that are always expired ends after some of them, and releases nothing", async () => {
  await using project = await scriptedProject();
  await using server = webServer(() => new Response("Request has expired", { status: 403 }));
  await project.script({ "push.prepare": { upload: { url: `${server.origin}/put` } } });
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 15, run.stderr);
  assert.deepEqual((await commandsOf(project)).slice(1), Array(4).fill("push.prepare"));
});

Deno.test("push() counts the tries of an upload and what they sent", async () => {
  await using project = await scriptedProject();
  let failures = 2;
  await using server = webServer(() => new Response(null, { status: failures-- > 0 ? 503 : 200 }));
  await project.script({ "push.prepare": { upload: { url: `${server.origin}/put` } } });
  const run = await project.epack("push", "s", "good.epack", "--json");
  assert.equal(run.code, 0, run.stderr);
  const { transfer, receipt_path, elapsed_ms } = JSON.parse(run.stdout);
  const pack = await project.read("good.epack") ?? new Uint8Array();
  assert.deepEqual(transfer, { method: "upload", attempts: 3, bytes_sent: 3 * pack.length, resumed_bytes: 0 });
  const receipt = JSON.parse(await Deno.readTextFile(receipt_path));
  assert.deepEqual(receipt.transfer, transfer);
  assert.ok(receipt.elapsed_ms > 0 && elapsed_ms >= receipt.elapsed_ms);
  assert.match(receipt.adapter.confinement, /./);
});

Deno.test("push() keeps tokens out of what is shown and written", async () => {
  await using project = await scriptedProject();
  const token = "token-0123456789abcdef";
  await project.script({
    "push.prepare": { finalize_token: token, upload: { method: "skip", url: "" } },
    "push.finalize": { do: `echo the token is ${token} >&2`, links: { view: "https://registry.test/" } },
  });
  const run = await project.epack("push", "s", "good.epack", "--json", "--verbose");
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /the token is/);
  const receipt = await Deno.readTextFile(JSON.parse(run.stdout).receipt_path);
  assert.doesNotMatch(run.stderr + run.stdout + receipt, new RegExp(token));
});
