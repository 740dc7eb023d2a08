/** `epack-remote-filesystem`: the same adapter as a program of its own, for other hosts. */
import { serveStdio } from "../../sdk/mod.ts";
import adapter from "../filesystem.ts";

const encoder = new TextEncoder();
Deno.exitCode = await serveStdio(adapter, {
  args: Deno.args,
  stdin: Deno.stdin.readable,
  stdout: (text) => void Deno.stdout.writeSync(encoder.encode(text)),
  stderr: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
  env: (name) => Deno.env.get(name),
});
