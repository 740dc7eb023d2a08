import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../../scripts/root.ts";
import { temporaryFolder } from "../epack.ts";

/** Runs the checker on a page with these rows of a table. */
async function check(rows: string[], options: { last?: string; write?: boolean } = {}) {
  await using folder = temporaryFolder();
  const page = join(folder.path, "page.md");
  const head = [`| what | by | ${options.last ?? "shown by"} |`, "|---|---|---|"];
  await Deno.writeTextFile(page, ["# Page", "", ...head, ...rows, "", "text"].join("\n"));
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", join(ROOT, "scripts/check_security.ts"), page, ...options.write ? ["--write"] : []],
  }).output();
  return {
    code: output.code,
    says: new TextDecoder().decode(output.stderr),
    rows: (await Deno.readTextFile(page)).split("\n").slice(4, -2),
  };
}

const HERE = "`tests/scripts/check_security_test.ts`";

const GOOD: Record<string, string> = {
  "one test": `| a | b | ${HERE} check_security.ts takes numbers as they are counted |`,
  "two tests": `| a | b | ${HERE} check_security.ts takes numbers as they are counted<br>${HERE} check_security.ts … |`,
  "a name that is made of a table's row": `| a | b | ${HERE} check_security.ts takes one test |`,
  "a name with a hole": `| a | b | ${HERE} check_security.ts … no test of that name |`,
  "a test of a folder": "| a | b | `tests/scripts/` check_security.ts takes numbers … |",
};
const BAD: Record<string, [row: string, says: RegExp]> = {
  "no test of that name": [`| a | b | ${HERE} check_security.ts does more |`, /no test "check_security.ts does more"/],
  "the beginning of a name": [`| a | b | ${HERE} check_security.ts takes |`, /there is no test/],
  "a hole that nothing fits": [`| a | b | ${HERE} check_security.ts … takes nothing |`, /there is no test/],
  "one that is missing among others": [`| a | b | ${HERE} check_security.ts …<br>${HERE} nothing |`, /"nothing"/],
  "a file that is not there": ["| a | b | `tests/scripts/nowhere_test.ts` x |", /nowhere_test\.ts cannot be loaded/],
  "a folder that is not there": ["| a | b | `tests/nowhere/` x |", /there is no test "x" in tests\/nowhere\//],
  "no test at all": ["| a | b | shown by nobody |", /names no test/],
  "too few cells": [`| a | ${HERE} check_security.ts … |`, /no row of three cells/],
};

for (const [name, row] of Object.entries(GOOD)) {
  Deno.test(`check_security.ts takes ${name}`, async () => {
    const { code, says } = await check([row]);
    assert.equal(code, 0, says);
  });
}
for (const [name, [row, expected]] of Object.entries(BAD)) {
  Deno.test(`check_security.ts refuses ${name}`, async () => {
    const { code, says } = await check([Object.values(GOOD)[0], row]);
    assert.equal(code, 1, says);
    assert.match(says, expected);
    assert.match(says, /page\.md:6: |cannot be loaded/);
  });
}

Deno.test("check_security.ts takes numbers as they are counted", async () => {
  const refusals = Object.keys(BAD).length;
  const counted = `${HERE} check_security.ts refuses …`;
  const right = `| a | ${refusals} | ${counted} |`;
  const wrong = `| a | ${refusals + 1} | ${counted} |`;
  assert.equal((await check([right], { last: "counted" })).code, 0);
  const { code, says } = await check([wrong], { last: "counted" });
  assert.equal(code, 1);
  assert.match(says, new RegExp(`says ${refusals + 1} cases, there are ${refusals}`));
  const written = await check([wrong], { last: "counted", write: true });
  assert.deepEqual([written.code, written.rows], [0, [right]]);
});

Deno.test("check_security.ts counts a test as many times as its name says where the page has a hole", async () => {
  const policy = "`tests/adapter/policy_test.ts` checkAdapterSecurity() answers … cases of …";
  const { code, rows } = await check([`| a | 1 | ${policy} |`], { last: "counted", write: true });
  assert.equal(code, 0);
  assert.deepEqual(rows, [`| a | 640 | ${policy} |`]);
});

Deno.test("check_security.ts leaves other tables alone", async () => {
  assert.equal((await check(["| a | 1 | no test here |"], { last: "trusted with" })).code, 0);
});
