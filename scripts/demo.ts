/**
 * The main job, end to end, in a temporary project: build a pack from real files, push it to a filesystem remote, pull it
 * back, verify it, compare the bytes. `deno task demo` keeps nothing; `deno task demo --keep` leaves the project to look at.
 */
import { dirname, join } from "node:path";
import { epackCommand } from "./epack_command.ts";
import { ROOT } from "./root.ts";

const keep = Deno.args.includes("--keep");
const project = await Deno.makeTempDir({ prefix: "epack-demo-" });
const [program, ...first] = epackCommand();

/** Shows a command as a user would type it, runs it in the project, and stops the demo when it fails. */
async function epack(...args: string[]): Promise<void> {
  console.log(`\n$ epack ${args.join(" ")}`);
  const { code } = await new Deno.Command(program, { args: [...first, ...args], cwd: project }).spawn().status;
  if (code !== 0) throw new Error(`epack ${args[0]} ended with exit code ${code}`);
}

/** Real files of this project serve as evidence. */
async function gatherEvidence(): Promise<number> {
  const files = ["LICENSE", "deno.json", "deno.lock", "lib/errors.ts", "lib/limits.ts"];
  for (const file of files) {
    const target = join(project, "evidence", file);
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.copyFile(join(ROOT, file), target);
  }
  return files.length;
}

try {
  const count = await gatherEvidence();
  console.log(`A project in a temporary folder, with ${count} files of evidence below evidence/`);
  await epack("init", "--stream", "demo/evidence");
  await epack("build", "evidence.epack", "evidence");
  await epack("push", "local", "evidence.epack", "--release-version", "v1.0.0", "--label", "demo");
  await epack("pull", "local", "--version", "v1.0.0", "-o", "pulled.epack");
  await epack("verify", "pulled.epack");
  const [sent, back] = await Promise.all(
    ["evidence.epack", "pulled.epack"].map((name) => Deno.readFile(join(project, name))),
  );
  if (sent.length !== back.length || sent.some((byte, index) => byte !== back[index])) {
    throw new Error("the pack that came back has other bytes");
  }
  console.log(`\nThe pulled pack has the same ${sent.length} bytes as the one that was pushed.`);
  console.log(`
What to try next:
  deno task demo --keep            keep the project and look around in it
  deno task epack --help           all commands
  deno task epack init             a project of your own, in the current folder
  deno task test                   the tests`);
} catch (error) {
  console.error(`\ndemo: ${error instanceof Error ? error.message : error}`);
  Deno.exitCode = 1;
} finally {
  if (keep) console.log(`\nThe project is kept in ${project}`);
  else await Deno.remove(project, { recursive: true });
}
