import assert from "node:assert/strict";
import { join } from "node:path";
import { CRASH, errorAnswer } from "./answers.ts";
import { until } from "./parts_project.ts";
import { type ScriptedProject, scriptedProject } from "./scripted_project.ts";

/** Commands of a push after the capabilities, and the tokens that push.finalize was sent. */
async function pushed(project: ScriptedProject, script: Record<string, unknown>, ...flags: string[]) {
  await project.script(script);
  const run = await project.epack("push", "s", "good.epack", "--json", ...flags);
  const asked = await project.asked();
  const commands = asked.map(({ command }) => command).filter((command) => command.startsWith("push."));
  const tokens = asked.flatMap(({ request }) => request.finalize_token ?? []);
  const { error, release_id } = JSON.parse(run.stdout);
  const receipts = [...Deno.readDirSync(join(project.path, ".epack/receipts/push/s"))].length;
  return { ...run, commands, tokens, error, releaseId: release_id, receipts };
}

const busy = errorAnswer("server_error", { retryable: true });

/** What push.finalize says or does first, and how the push ends. Nothing but push.finalize is ever sent again. */
const ENDS: Record<string, {
  finalize: Record<string, unknown>;
  flags?: string[];
  sent: number;
  /** Undefined: released. */
  error?: { code: string; exit: number; mayBeReleased: boolean };
}> = {
  "is busy twice": { finalize: { times: 2, ...busy }, sent: 3 },
  "crashes once": { finalize: { times: 1, ...CRASH }, sent: 2 },
  "gives no answer once": { finalize: { times: 1, do: "sleep 100" }, flags: ["--timeout", "4s"], sent: 2 },
  "is busy, then says conflict": {
    finalize: { times: 1, ...busy, then: errorAnswer("conflict") },
    sent: 2,
    error: { code: "adapter_error", exit: 1, mayBeReleased: true },
  },
  "is busy, then says conflict and retryable": {
    finalize: { times: 1, ...busy, then: errorAnswer("conflict", { retryable: true }) },
    sent: 2,
    error: { code: "adapter_error", exit: 1, mayBeReleased: true },
  },
  "crashes, then says not_found": {
    finalize: { times: 1, ...CRASH, then: errorAnswer("not_found") },
    sent: 2,
    error: { code: "adapter_error", exit: 1, mayBeReleased: true },
  },
  "crashes every time": {
    finalize: CRASH,
    sent: 2,
    error: { code: "adapter_crashed", exit: 1, mayBeReleased: true },
  },
  "is busy every time": {
    finalize: busy,
    flags: ["--retries", "1"],
    sent: 2,
    error: { code: "adapter_error", exit: 1, mayBeReleased: true },
  },
  "says nonsense": {
    finalize: { raw: "nonsense" },
    sent: 1,
    error: { code: "adapter_protocol", exit: 1, mayBeReleased: true },
  },
  "wants no more requests for now": {
    finalize: errorAnswer("rate_limited", { retryable: true }),
    flags: ["--retries", "1"],
    sent: 2,
    error: { code: "adapter_error", exit: 1, mayBeReleased: false },
  },
  "says conflict at once": {
    finalize: errorAnswer("conflict"),
    sent: 1,
    error: { code: "adapter_error", exit: 1, mayBeReleased: false },
  },
  "says forbidden at once": {
    finalize: errorAnswer("forbidden"),
    sent: 1,
    error: { code: "adapter_error", exit: 1, mayBeReleased: false },
  },
};

for (const [name, { finalize, flags = [], sent, error }] of Object.entries(ENDS)) {
  const end = error === undefined ? "is made once" : error.mayBeReleased ? "may have been made" : "is not made";
  Deno.test(`the release ${end} when the adapter ${name} at push.finalize`, async () => {
    await using project = await scriptedProject();
    const push = await pushed(project, { "push.finalize": finalize }, ...flags);
    assert.deepEqual(push.commands, ["push.prepare", ...Array(sent).fill("push.finalize")]);
    assert.deepEqual(push.tokens, Array(sent).fill("t"));
    if (error === undefined) {
      assert.equal(push.code, 0, push.stderr);
      assert.equal(push.releaseId, "rel_1");
      assert.equal(push.receipts, 1);
      return;
    }
    assert.equal(push.code, error.exit);
    assert.equal(push.error.code, error.code);
    assert.equal(push.error.may_be_released ?? false, error.mayBeReleased);
    if (error.mayBeReleased) {
      assert.match(push.error.message, /^the release may have been made: /);
      assert.match(push.error.hint, /epack remote releases s/);
    }
    assert.equal(push.receipts, 0);
  });
}

Deno.test("a release is asked for again after a confined adapter gave no answer", async () => {
  await using project = await scriptedProject();
  const seen = join(project.path, "seen");
  await Deno.mkdir(seen);
  await Deno.writeTextFile(
    join(project.path, "epack-remote-slow.js"),
    `export default {
      name: "slow", version: "1",
      handlers: {
        "push.prepare": async () => ({ upload: { method: "skip" }, finalizeToken: "t" }),
        "push.finalize": async ({ pack, finalizeToken }) => {
          const mark = ${JSON.stringify(seen)} + "/";
          const again = await Deno.lstat(mark + "1").then(() => true, () => false);
          await Deno.writeTextFile(mark + (again ? "2" : "1"), finalizeToken);
          if (!again) await new Promise(() => setInterval(() => {}, 1000));
          return { release: { releaseId: "rel_2", packDigest: pack.digest } };
        },
      },
    };`,
  );
  await Deno.writeTextFile(
    join(project.path, "epack.yaml"),
    `stream: acme/prod
remotes:
  s:
    binary: ${project.path}/epack-remote-slow.js
    permissions: {read: ["${seen}"], write: ["${seen}"]}
`,
  );
  const locked = await project.epack("lock", "s", "--yes");
  assert.equal(locked.code, 0, locked.stderr);
  const run = await project.epack("push", "s", "good.epack", "--json", "--timeout", "5s");
  assert.equal(run.code, 0, run.stderr + run.stdout);
  assert.equal(JSON.parse(run.stdout).release_id, "rel_2");
  assert.deepEqual([...Deno.readDirSync(seen)].map(({ name }) => name).sort(), ["1", "2"]);
});

Deno.test("a push that ends by SIGINT at push.finalize says that the release may have been made", async () => {
  await using project = await scriptedProject();
  await project.script({ "push.finalize": { do: "sleep 30" } });
  const child = project.start("push", "s", "good.epack");
  const isAsked = async () => (await project.asked()).some(({ command }) => command === "push.finalize");
  await until(isAsked, { unless: child });
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  assert.equal(code, 130);
  assert.match(new TextDecoder().decode(stderr), /the release may have been made; look with: epack remote releases s;/);
  assert.equal((await project.asked()).filter(({ command }) => command === "push.finalize").length, 1);
});
