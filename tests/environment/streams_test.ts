import assert from "node:assert/strict";
import { programWords, shellProject } from "./project.ts";

const NO_TRACE = /^\s+at |panicked|RUST_BACKTRACE|Stack backtrace/m;

for (const command of ["version", "--help", "man", "completions bash", "list a.epack", "verify a.epack --json"]) {
  Deno.test(`epack ${command} onto a full stdout exits 1 and says so in one line`, async () => {
    await using project = await shellProject();
    const run = await project.sh(`epack ${command} -q 2>&1 >/dev/full || epack ${command} 2>&1 >/dev/full`);
    assert.equal(run.code, 1, run.stdout);
    assert.match(run.stdout, /^error: the output cannot be written/m);
    assert.doesNotMatch(run.stdout, NO_TRACE);
  });
}

Deno.test("epack ends quietly when the reader of its output is gone", async () => {
  await using project = await shellProject();
  const run = await project.sh(`{ epack man; echo "$?" > code; } | true; cat code`);
  assert.equal(run.stdout.trim(), "141");
  assert.equal(run.stderr, "");
});

for (
  const [what, script] of [
    ["stdin is closed", "epack push -q local a.epack <&-"],
    ["stderr is full", "epack push local a.epack 2>/dev/full"],
    ["stderr is closed", "epack push local a.epack 2>&-"],
    ["stdout is closed", "epack push -q local a.epack >&-"],
    ["there is no terminal to open", `setsid -w ${programWords()} push -q local a.epack`],
  ] as const
) {
  Deno.test(`epack push goes through when ${what}`, async () => {
    await using project = await shellProject();
    const run = await project.sh(script);
    assert.equal(run.code, 0, run.stderr);
    assert.equal((await project.sh("ls .epack/receipts/push/local | wc -l")).stdout.trim(), "1");
  });
}
