import type { Admitted } from "./admit.ts";
import type { AdapterHost } from "./host.ts";
import { runProgram } from "./spawn.ts";

export interface NativeOptions {
  /** For messages. */
  name: string;
  env: Record<string, string>;
  /** A program and its arguments that start the adapter in its place, by a path of their own. */
  wrapper?: readonly [program: string, ...args: string[]];
}

/** An executable, one process a command. It takes over the sealed copy and removes it when it is disposed of. */
export function nativeHost(admitted: Admitted, options: NativeOptions): AdapterHost {
  const [program, ...before] = options.wrapper ?? [admitted.path];
  return {
    confinement:
      "native program: clean environment, own process group, bounded output and time; files and network of this user",
    call: ({ command, ...call }) => runProgram(program, { ...options, ...call, command, args: [...before, command] }),
    [Symbol.asyncDispose]() {
      admitted[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}
