import assert from "node:assert/strict";
import { assertProgram } from "../../lib/sandbox/program_file.ts";

/** The beginning of an ELF file for a machine. */
function elf(machine: number, options: { bigEndian?: boolean } = {}): Uint8Array {
  const head = new Uint8Array(20);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, options.bigEndian ? 2 : 1]);
  new DataView(head.buffer).setUint16(18, machine, !options.bigEndian);
  return head;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const OURS = Deno.build.arch === "x86_64" ? 62 : 183;
const OTHER = Deno.build.arch === "x86_64" ? 183 : 62;

const REFUSED: [string, Uint8Array, number | null, RegExp][] = [
  ["a file without the right to execute", bytes("#!/bin/sh"), 0o644, /is not executable/],
  ["a setuid program", bytes("#!/bin/sh"), 0o4755, /is setuid or setgid/],
  ["a setgid program", bytes("#!/bin/sh"), 0o2755, /is setuid or setgid/],
  ["an empty file", bytes(""), 0o755, /is an empty file/],
  ["a script without its interpreter", bytes("echo hello"), 0o755, /is no program/],
  ["a page of a web server", bytes("<!DOCTYPE html>"), 0o755, /is no program/],
];
if (Deno.build.os === "linux") {
  REFUSED.push(
    ["a program of another architecture", elf(OTHER), 0o755, /is built for another machine/],
    ["a program of another byte order", elf(21, { bigEndian: true }), 0o755, /is built for another machine/],
    ["the beginning of a program", elf(OURS).subarray(0, 10), 0o755, /is no program/],
    ["a program of Windows", bytes("MZ and the rest of it, long enough"), 0o755, /is no program/],
  );
}
for (const [what, head, mode, message] of REFUSED) {
  Deno.test(`assertProgram() refuses ${what}`, () => {
    assert.throws(() => assertProgram(head, { name: "x", mode }), { code: "adapter_refused", message });
  });
}

Deno.test({
  name: "assertProgram() accepts scripts, programs of this machine, and files of a system without modes",
  ignore: Deno.build.os !== "linux",
  fn() {
    for (const [head, mode] of [[bytes("#!"), 0o100], [elf(OURS), 0o755], [elf(OURS), null]] as const) {
      assert.doesNotThrow(() => assertProgram(head, { name: "x", mode }));
    }
  },
});
