import { EpackError } from "../errors.ts";

/** How much of a file {@link assertProgram} looks at. */
export const HEAD_BYTES = 20;

/** `e_machine` of ELF files by Deno's names, with the 32-bit machine that the same kernel may run. */
const ELF_MACHINES: Record<typeof Deno.build.arch, readonly number[]> = { x86_64: [62, 3], aarch64: [183, 40] };

/** What programs begin with elsewhere than on Linux, as hex. */
const BEGINNINGS: Partial<Record<typeof Deno.build.os, readonly string[]>> = {
  darwin: ["feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe", "cafebabf"],
  windows: ["4d5a"],
};

/**
 * Refuses what this machine's kernel would refuse. It must be known before the start: a file that the kernel does not take is
 * handed to the shell by some runtimes, which then looks for commands in it.
 *
 * @param options.mode of the file as the user has it: its sealed copy is executable, and never setuid
 * @throws EpackError `adapter_refused`
 */
export function assertProgram(head: Uint8Array, options: { name: string; mode: number | null }): void {
  const { name, mode } = options;
  const refuse = (why: string, hint: string) =>
    new EpackError("adapter_refused", `adapter "${name}" ${why}`, { origin: "adapter", hint });
  if (mode !== null && (mode & 0o111) === 0) {
    throw refuse("is not executable", "if it is the right file, allow it to be run with: chmod +x");
  }
  if (mode !== null && (mode & 0o6000) !== 0) {
    throw refuse("is setuid or setgid", "adapters run with the rights of who starts them: take the bit away");
  }
  if (head.length === 0) throw refuse("is an empty file", "install it again");
  if (startsWith(head, "2321")) return;
  const { os, arch } = Deno.build;
  const isElf = head.length === HEAD_BYTES && startsWith(head, "7f454c46");
  if (isElf && !ELF_MACHINES[arch].includes(elfMachine(head))) {
    throw refuse("is built for another machine", `install the one for ${os} on ${arch}`);
  }
  const known = isElf ? os !== "darwin" && os !== "windows" : BEGINNINGS[os]?.some((hex) => startsWith(head, hex));
  if (!known) throw refuse("is no program for this system", "a script must begin with #! and its interpreter");
}

function startsWith(head: Uint8Array, hex: string): boolean {
  return hex.match(/../g)?.every((byte, index) => head[index] === parseInt(byte, 16)) ?? false;
}

/** Byte 5 says the byte order: 1 little, 2 big. */
function elfMachine(head: Uint8Array): number {
  return new DataView(head.buffer, head.byteOffset).getUint16(18, head[5] !== 2);
}
