import assert from "node:assert/strict";
import { join } from "node:path";
import { hasTerminals, onTerminal } from "../terminal.ts";
import { PLATFORM, REPOSITORY, suppliedProject } from "./supplied_project.ts";

for (const [answer, code, pushed] of [["y", 0, true], ["n", 14, false], ["", 14, false]] as const) {
  Deno.test({
    name: `a missing adapter is offered in the middle of a push; the answer "${answer}" ends with exit code ${code}`,
    ignore: !hasTerminals,
    async fn() {
      await using project = await suppliedProject();
      project.github.repositories[0].releases = [await project.release("v1.0.0")];
      await project.source(`${REPOSITORY}@^1`);
      await Deno.writeTextFile(join(project.path, "evidence.txt"), "evidence");
      assert.equal((await project.epack("build", "a.epack", "evidence.txt")).code, 0);
      const { code: exit, screen } = await onTerminal(["push", "x", "a.epack"], {
        cwd: project.path,
        env: { ...project.env, CI: "", EPACK_TRUST_ROOT: "root.json" },
        reactions: [{ to: "[y/N]", type: answer }],
      });
      assert.equal(exit, code, screen);
      assert.match(screen, /Install it now\? \[y\/N\]/);
      const installed = join(project.path, ".epack/remotes/example/v1.0.0", PLATFORM, "epack-remote-example");
      assert.equal(await Deno.stat(installed).then(() => true, () => false), pushed);
      const lock = join(project.path, "epack.lock.yaml");
      assert.equal(await Deno.stat(lock).then(() => true, () => false), pushed);
    },
  });
}
