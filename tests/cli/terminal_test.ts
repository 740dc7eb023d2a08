import assert from "node:assert/strict";
import { join } from "node:path";
import { scriptedProject } from "../workflow/scripted_project.ts";
import { Screen } from "./screen.ts";
import { drawnWidths, hasTerminal, onTerminal } from "./terminal.ts";

const CTRL_C = "\u0003";

/** A project whose pushes wait for their preparation, for ever. */
async function waitingProject() {
  const project = await scriptedProject();
  await project.script({ "push.prepare": { do: "sleep 600" } });
  return { project, options: { cwd: project.path, env: { TMPDIR: join(project.path, "tmp") } } };
}

/** Presses a key once, when something is on the screen. */
function once(key: string, seen: RegExp) {
  let pressed = false;
  return (written: string) => {
    if (pressed || !seen.test(written)) return undefined;
    pressed = true;
    return key;
  };
}

for (const columns of [80, 20, 0]) {
  Deno.test({
    name: `Ctrl-C on a terminal of ${columns} columns leaves whole lines, a cursor, and nothing that runs`,
    ignore: !hasTerminal,
    async fn() {
      const { project, options } = await waitingProject();
      await using _ = project;
      const type = once(CTRL_C, /Preparing the/);
      const run = await onTerminal(["push", "s", "good.epack"], { ...options, columns, type });
      assert.equal(run.code, 130, run.written);
      const screen = new Screen(columns || 80).write(run.written);
      const [first, second, ...rest] = screen.text.split("\n");
      assert.match(first, /^✓ Verifying the /);
      assert.match(second, /^✗ Preparing the /);
      assert.equal(rest.join(""), "error: interrupted by SIGINT");
      assert.equal(screen.cursor.column, 0);
      assert.doesNotMatch(run.written, /\u001b\[\?25l/);
      assert.ok(drawnWidths(run.written).every((width) => width <= (columns || 80)));
      assert.deepEqual(project.tempFiles(), []);
    },
  });
}

Deno.test({
  name: "a terminal that is made narrower gets narrower lines from then on",
  ignore: !hasTerminal,
  async fn() {
    const { project, options } = await waitingProject();
    await using _ = project;
    let narrowedAt: number | undefined;
    const interrupt = once(CTRL_C, /Preparing t…\u001b\[K/);
    const run = await onTerminal(["push", "s", "good.epack"], {
      ...options,
      columns: 80,
      before: "tty > tty",
      async type(written) {
        if (narrowedAt === undefined && written.includes("Preparing the release …")) {
          const tty = (await Deno.readTextFile(join(project.path, "tty"))).trim();
          await new Deno.Command("stty", { args: ["-F", tty, "cols", "14"] }).output();
          narrowedAt = written.length;
        }
        return narrowedAt === undefined ? undefined : interrupt(written.slice(narrowedAt));
      },
    });
    assert.equal(run.code, 130, run.written);
    assert.ok(Math.max(...drawnWidths(run.written)) > 20);
    assert.ok(drawnWidths(run.written.slice(run.written.indexOf("Preparing t…"))).every((width) => width <= 14));
  },
});

Deno.test({
  name: "a login that two remotes ask for is offered for one after the other, and for each once",
  ignore: !hasTerminal,
  async fn() {
    await using project = await scriptedProject();
    const config = join(project.path, "epack.yaml");
    const text = await Deno.readTextFile(config);
    const [remote] = text.match(/ {2}s:\n(?: {4}.*\n)+/) ?? [""];
    await Deno.writeTextFile(config, text + remote.replace("  s:", "  t:"));
    assert.equal((await project.epack("lock", "--yes")).code, 0);
    const error = { code: "auth_required", message: "log in", retryable: false };
    await project.script({
      "--capabilities": { features: { auth_login: true } },
      "push.prepare": {
        raw: `{"ok":false,"type":"error","request_id":"REQUEST_ID","error":${JSON.stringify(error)}}`,
      },
    });
    await Deno.copyFile(join(project.path, "good.epack"), join(project.path, "b.epack"));
    let answered = 0;
    const words = ["push", "--remote", "s", "--remote", "t", "good.epack", "b.epack"];
    const run = await onTerminal(words, {
      cwd: project.path,
      columns: 80,
      type(written) {
        if ([...written.matchAll(/\[y\/N\] /g)].length <= answered) return undefined;
        answered++;
        return "n\n";
      },
    });
    assert.equal(answered, 2, run.written);
    assert.match(run.written, /Pushed 0 of 4/);
    // the second question came after the first was answered
    assert.match(run.written, /Log in to [st] now\? \[y\/N\] n\r\n[^]*Log in to [st] now\? \[y\/N\] n\r\n/);
  },
});
