import { dirname } from "node:path";
import { EpackError } from "../errors.ts";
import { hashFile, openRegular } from "../files/mod.ts";
import { ADAPTER } from "../limits.ts";
import type { Admitted } from "./admit.ts";
import { describeConfinement } from "./grants.ts";
import type { AdapterHost, HostCall } from "./host.ts";
import { assertProgram, HEAD_BYTES } from "./program_file.ts";
import { type RunOptions, runProgram, startProgram } from "./spawn.ts";

export interface NativeOptions {
  /** For messages. */
  name: string;
  env: Record<string, string>;
  /** A program and its arguments that start the adapter in its place, by a path of their own. */
  wrapper?: readonly [program: string, ...args: string[]];
}

/**
 * An executable, one process a command. It takes over the sealed copy and removes it when it is disposed of. Calls fail with
 * `adapter_refused` for a file that is no program for this machine, and `adapter_digest_mismatch` once the copy was changed.
 */
export function nativeHost(admitted: Admitted, options: NativeOptions): AdapterHost {
  const [program, ...before] = options.wrapper ?? [admitted.path];
  const prepare = async (call: HostCall): Promise<RunOptions> => {
    const head = await hashAgain(admitted, { name: options.name, signal: call.signal });
    assertProgram(head, { name: options.name, mode: admitted.originalMode });
    return { ...options, ...call, cwd: dirname(admitted.path), args: [...before, call.command] };
  };
  return {
    confinement: describeConfinement("native"),
    call: async (call) => await runProgram(program, await prepare(call)),
    start: async (call) => await startProgram(program, { ...await prepare(call), stdinMs: ADAPTER.openStdinMs }),
    [Symbol.asyncDispose]() {
      admitted[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

/**
 * Hashes the sealed copy before every start: an adapter runs as its owner and can rewrite it for the next command, and file times
 * tell no more than the second. What remains is a process of the same user that rewrites it between this look and the start.
 *
 * @returns its first bytes
 * @throws EpackError `adapter_digest_mismatch`; the signal's reason
 */
async function hashAgain(
  admitted: Admitted,
  { name, signal }: { name: string; signal?: AbortSignal },
): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array();
  const changed = (cause?: unknown) =>
    new EpackError("adapter_digest_mismatch", `the sealed copy of adapter "${name}" was changed while it was in use`, {
      origin: "adapter",
      hint: "a process of this user did that, most likely the adapter itself: do not use it any more",
      cause,
    });
  try {
    using file = await openRegular(admitted.path, { maxBytes: ADAPTER.nativeBytes });
    const fileDigest = await hashFile(file, {
      signal,
      onBlock(block) {
        if (head.length === 0) head = block.slice(0, HEAD_BYTES);
      },
    });
    if (fileDigest === admitted.fileDigest) return head;
  } catch (error) {
    if (signal?.aborted || error instanceof Deno.errors.NotCapable) throw error;
    throw changed(error);
  }
  throw changed();
}
