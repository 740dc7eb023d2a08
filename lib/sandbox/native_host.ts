import type { Admitted } from "./admit.ts";
import type { AdapterHost } from "./host.ts";
import { runProgram } from "./spawn.ts";

/** An executable, one process a command. It takes over the sealed copy and removes it when it is disposed of. */
export function nativeHost(admitted: Admitted, options: { name: string; env: Record<string, string> }): AdapterHost {
  return {
    confinement:
      "native program: clean environment, own process group, bounded output and time; files and network of this user",
    call: ({ command, ...call }) => runProgram(admitted.path, { ...options, ...call, args: [command] }),
    [Symbol.asyncDispose]() {
      admitted[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}
