import assert from "node:assert/strict";
import { join } from "node:path";
import { epackCommand } from "../../scripts/epack_command.ts";
import { PLATFORM, REPOSITORY, type SuppliedProject, suppliedProject } from "./supplied_project.ts";

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;

/** Runs the program on a pseudo-terminal, as somebody who types the answer as soon as the question stands there. */
async function onTerminal(project: SuppliedProject, args: string[], answer: string): Promise<[number, string]> {
  const child = new Deno.Command("script", {
    args: ["-qefc", [...epackCommand(), ...args].map(quoted).join(" "), join(project.path, "typescript")],
    cwd: project.path,
    env: { ...project.env, CI: "", NO_COLOR: "1", EPACK_TRUST_ROOT: "root.json", TERM: "xterm" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const typed = child.stdin.getWriter();
  const decoder = new TextDecoder();
  let screen = "";
  let answered = false;
  for await (const chunk of child.stdout) {
    screen += decoder.decode(chunk, { stream: true });
    if (!answered && screen.includes("[y/N]")) {
      answered = true;
      await typed.write(new TextEncoder().encode(`${answer}\n`));
    }
  }
  const { code } = await child.status;
  await typed.close().catch(() => {});
  return [code, screen];
}

const hasScript = await new Deno.Command("script", { args: ["--version"], stdout: "null", stderr: "null" }).output()
  .then(({ success }) => success, () => false);

for (const [answer, code, pushed] of [["y", 0, true], ["n", 14, false], ["", 14, false]] as const) {
  Deno.test({
    name: `a missing adapter is offered in the middle of a push; the answer "${answer}" ends with exit code ${code}`,
    ignore: !hasScript,
    async fn() {
      await using project = await suppliedProject();
      project.github.repositories[0].releases = [await project.release("v1.0.0")];
      await project.source(`${REPOSITORY}@^1`);
      await Deno.writeTextFile(join(project.path, "evidence.txt"), "evidence");
      assert.equal((await project.epack("build", "a.epack", "evidence.txt")).code, 0);
      const [exit, screen] = await onTerminal(project, ["push", "x", "a.epack"], answer);
      assert.equal(exit, code, screen);
      assert.match(screen, /Install it now\? \[y\/N\]/);
      const installed = join(project.path, ".epack/remotes/example/v1.0.0", PLATFORM, "epack-remote-example");
      assert.equal(await Deno.stat(installed).then(() => true, () => false), pushed);
      const lock = join(project.path, "epack.lock.yaml");
      assert.equal(await Deno.stat(lock).then(() => true, () => false), pushed);
    },
  });
}
