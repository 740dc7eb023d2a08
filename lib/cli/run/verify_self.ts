import { basename, resolve } from "node:path";
import { hexOf } from "../../digest/mod.ts";
import { EpackError } from "../../errors.ts";
import { hashFile, openRegular, readRegular } from "../../files/mod.ts";
import { CHECKSUMS } from "../../limits.ts";
import { CommandRun } from "../command_run.ts";
import type { Context } from "../context.ts";
import type { CommonFlags } from "../flags.ts";

/** Compares the running file with the lines `<64 hex digits>  <name>` of a list; any name will do. Returns the exit code. */
export async function verifySelf(context: Context, flags: CommonFlags, listName: string): Promise<number> {
  const run = new CommandRun(context, flags);
  return await run.perform(async () => {
    if (!Deno.build.standalone) {
      throw new EpackError("usage", "this program runs from source: there is no binary to compare", {
        origin: "input",
        hint: "deno.lock pins its dependencies; deno task build makes a binary",
      });
    }
    const list = await readRegular(resolve(context.cwd, listName), { maxBytes: CHECKSUMS.bytes, what: "checksums" });
    const names = namesByDigest(new TextDecoder().decode(list));
    const path = Deno.execPath();
    const digest = await digestOfSelf(path);
    const name = names.get(digest);
    if (name === undefined) {
      throw new EpackError("verification_failed", `this program (${path}) is none of those in ${listName}: ${digest}`, {
        origin: "input",
        hint: "get the file and the list again, from where their publisher offers them",
      });
    }
    run.result({ verified: true, path, name, digest: `sha256:${digest}` }, [
      `${run.paint.green("Verified")} ${path}: it is ${name} of ${basename(listName)}`,
      `  Digest: sha256:${digest}`,
    ]);
  });
}

function namesByDigest(text: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = line.match(/^([0-9a-f]{64}) [ *](\S.*?)\r?$/);
    if (match !== null) names.set(match[1], match[2]);
  }
  return names;
}

async function digestOfSelf(path: string): Promise<string> {
  // a link that leads to the program is the program: the system has followed it already
  using self = await openRegular(await Deno.realPath(path), { what: "program" });
  return hexOf(await hashFile(self));
}
