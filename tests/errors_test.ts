import assert from "node:assert/strict";
import { EpackError, exitCodes, isEpackError } from "../lib/errors.ts";

Deno.test("EpackError() takes its exit code from the table when none is given", () => {
  assert.equal(new EpackError("pack_invalid", "x").exitCode, 2);
});

Deno.test("EpackError() keeps a given exit code when a signal ended the run", () => {
  assert.equal(new EpackError("interrupted", "x", { exitCode: 143 }).exitCode, 143);
});

Deno.test("isEpackError() is false when the code is another", () => {
  assert.equal(isEpackError(new EpackError("io", "x"), "usage"), false);
});

Deno.test("exitCodes() has only documented exit codes", () => {
  assert.deepEqual([...new Set(Object.values(exitCodes()))].sort((a, b) => a - b), [
    1,
    2,
    10,
    11,
    12,
    13,
    14,
    15,
    20,
    130,
  ]);
});
