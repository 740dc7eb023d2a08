import assert from "node:assert/strict";
import { join } from "node:path";
import { DENO_CACHE } from "../epack.ts";
import { mayBwrap } from "../may_bwrap.ts";
import { hasTerminals, onTerminal } from "../terminal.ts";
import { untilGone } from "../until_gone.ts";
import { type ScriptedProject, scriptedProject } from "./scripted_project.ts";

interface LoginProject extends ScriptedProject {
  /** Changes what the adapter does; see there. */
  adapter(change: Record<string, unknown>): Promise<void>;
  /** As the user who enters the code. */
  enter(who?: string): Promise<void>;
}

async function loginProject(change: Record<string, unknown> = {}): Promise<LoginProject> {
  const project = await scriptedProject({ adapter: "epack-remote-login" });
  const adapter = (next: Record<string, unknown>) =>
    Deno.writeTextFile(join(project.store, "login.json"), JSON.stringify(next));
  await adapter(change);
  return Object.assign(project, {
    adapter,
    async enter(who = "ada@example.com") {
      // whole or not at all: somebody polls
      await Deno.writeTextFile(join(project.store, "entered"), who);
      await Deno.rename(join(project.store, "entered"), join(project.store, "logged_in"));
    },
  });
}

interface Login {
  code: number;
  stdout: string;
  stderr: string;
  /** Of the login's own process; NaN when there was none. */
  pid: number;
}

/** Runs a command, and enters the code once it is shown. */
async function logIn(
  project: LoginProject,
  args: string[],
  options: {
    who?: string;
    env?: Record<string, string>;
    onCode?: (child: Deno.ChildProcess) => void | Promise<void>;
  } = {},
): Promise<Login> {
  const { onCode = () => project.enter(options.who) } = options;
  const child = project.with(options.env ?? {}).start("remote", "login", "s", ...args);
  const stdout = new Response(child.stdout).text();
  let stderr = "";
  let shown = false;
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    stderr += text;
    if (shown || !stderr.includes("The code is good for")) continue;
    shown = true;
    await onCode(child);
  }
  const { code } = await child.status;
  const pid = Number(await Deno.readTextFile(join(project.store, "login.pid")).catch(() => "none"));
  return { code, stdout: await stdout, stderr, pid };
}

/** An opener of addresses in front of PATH, which writes down what it is given. */
async function fakeBrowser(project: LoginProject) {
  const file = join(project.path, "opened");
  await Deno.mkdir(join(project.path, "bin"));
  // slow enough to see the end of the program, and of its terminal
  const text = `#!/bin/sh\nsleep 0.2\necho "$@" > ${file}.new\nmv ${file}.new ${file}\n`;
  await Deno.writeTextFile(join(project.path, "bin/xdg-open"), text, { mode: 0o755 });
  const opened = () => Deno.readTextFile(file).catch(() => "");
  return {
    path: `${project.path}/bin:${Deno.env.get("PATH")}`,
    opened,
    async wasUsed() {
      const until = performance.now() + 30_000;
      while (await opened() === "") {
        assert.ok(performance.now() < until, "no browser was opened");
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}

const commandsOf = async (project: LoginProject) => (await project.asked()).map(({ command }) => command);

Deno.test("remote login shows the address and the code on stderr, waits until the remote knows the caller, and ends the login's process", async () => {
  await using project = await loginProject({ then: "wait" });
  const login = await logIn(project, ["--json"]);
  assert.equal(login.code, 0, login.stderr);
  assert.deepEqual(JSON.parse(login.stdout), {
    remote: "s",
    logged_in: true,
    already: false,
    subject: "ada@example.com",
  });
  assert.match(
    login.stderr,
    /open +https:\/\/registry\.test\/device\n +and enter ABCD-1234\nThe code is good for 10 min 0 s/,
  );
  const commands = await commandsOf(project);
  assert.deepEqual(commands.slice(0, 3), ["auth.whoami", "auth.login", "auth.whoami"]);
  assert.equal(commands.filter((command) => command === "auth.login").length, 1);
  await untilGone(login.pid);
  assert.deepEqual(project.tempFiles(), []);
});

Deno.test("remote login says who the caller is already, and starts no login; --again starts one all the same", async () => {
  await using project = await loginProject();
  await project.enter();
  const before = await project.epack("remote", "login", "s");
  assert.equal(before.code, 0, before.stderr);
  assert.match(before.stdout, /Already logged in to s: ada@example\.com\n.*--again/);
  assert.deepEqual(await commandsOf(project), ["auth.whoami"]);
  await project.adapter({ then: "wait" });
  const login = await logIn(project, ["--again"], { who: "grace@example.com" });
  assert.equal(login.code, 0, login.stderr);
  assert.match(login.stdout, /Logged in to s: grace@example\.com/);
});

Deno.test("remote login --again of the same person is over when its process ends well", async () => {
  await using project = await loginProject({ then: "poll" });
  await project.enter();
  const login = await logIn(project, ["--again"]);
  assert.equal(login.code, 0, login.stderr);
  assert.match(login.stdout, /Logged in to s: ada@example\.com/);
});

Deno.test("remote login with an adapter that has no whoami is over when its process ends with 0", async () => {
  await using project = await loginProject({ features: { whoami: false } });
  const login = await logIn(project, ["--json"]);
  assert.equal(login.code, 0, login.stderr);
  assert.deepEqual(JSON.parse(login.stdout), { remote: "s", logged_in: true, already: false });
  assert.deepEqual(await commandsOf(project), ["auth.login"]);
});

Deno.test("remote login ends by 13 when nobody enters the code in time, and its process with it", async () => {
  for (const features of [{}, { whoami: false }]) {
    await using project = await loginProject({ then: "wait", features, instructions: { expires_in_seconds: 1 } });
    const login = await logIn(project, [], { onCode: () => {} });
    assert.equal(login.code, 13, login.stderr);
    assert.match(login.stderr, /nobody logged in to "s" within 1 s\nhint: .*epack remote login s/);
    await untilGone(login.pid);
  }
});

Deno.test("remote login --timeout bounds the wait for a code that is good for longer", async () => {
  await using project = await loginProject({ then: "wait" });
  const login = await logIn(project, ["--timeout", "1s"], { onCode: () => {} });
  assert.equal(login.code, 13, login.stderr);
  assert.match(login.stderr, /within 1 s/);
});

Deno.test("remote login whose process ends badly says how, without secrets and control characters", async () => {
  await using project = await loginProject({ then: "deny" });
  const login = await logIn(project, [], { onCode: () => {} });
  assert.equal(login.code, 1, login.stderr);
  assert.match(login.stderr, /ended auth\.login with exit code 3:\n +access was denied by \[redacted\]/);
  assert.doesNotMatch(login.stderr, /\u001b|ghp_/);
});

Deno.test("remote login whose process ends well, and of which the remote knows nothing, is an error", async () => {
  await using project = await loginProject({ then: "end" });
  const login = await logIn(project, [], { onCode: () => {} });
  assert.equal(login.code, 1, login.stderr);
  assert.match(login.stderr, /the login to "s" has ended, and the remote still does not know you/);
});

Deno.test("remote login shows an adapter's code and address without what a terminal would obey, and opens none that is not https", async () => {
  await using project = await loginProject({
    then: "deny",
    instructions: { user_code: "AB\u001b[2J\u202eCD", verification_uri: "javascript:alert(1)\u0007" },
  });
  const login = await logIn(project, ["--open"], { onCode: () => {} });
  assert.match(login.stderr, /and enter AB\\u\{1b\}\[2J\\u\{202e\}CD\n/);
  assert.match(login.stderr, /open +javascript:alert\(1\)\\u\{7\}\n/);
  assert.match(login.stderr, /warning: this is no https address/);
  assert.doesNotMatch(login.stderr, /[\u0007\u001b\u202e]|was not opened/);
});

Deno.test({
  name: "remote login --open hands the address to the system's opener, and only then",
  ignore: Deno.build.os !== "linux",
  async fn() {
    for (const flags of [["--open"], []]) {
      await using project = await loginProject();
      const browser = await fakeBrowser(project);
      const login = await logIn(project, flags, {
        env: { PATH: browser.path },
        async onCode() {
          if (flags.length > 0) await browser.wasUsed();
          await project.enter();
        },
      });
      assert.equal(login.code, 0, login.stderr);
      assert.equal(await browser.opened(), flags.length > 0 ? "https://registry.test/device\n" : "");
    }
  },
});

Deno.test("remote login that is interrupted ends the login's process, and exits 130", async () => {
  await using project = await loginProject({ then: "wait" });
  const login = await logIn(project, [], {
    onCode: (child) => child.kill("SIGINT"),
  });
  assert.equal(login.code, 130, login.stderr);
  await untilGone(login.pid);
  assert.deepEqual(project.tempFiles(), []);
});

Deno.test("remote login of an adapter without a login says so, and of none that is there too", async () => {
  await using project = await loginProject({ features: { auth_login: false } });
  const run = await project.epack("remote", "login", "s", "--json");
  assert.equal(run.code, 1);
  assert.equal(JSON.parse(run.stdout).error.code, "unsupported");
});

/** Puts lines into the remote's part of the project's configuration, and locks it. */
async function configure(project: LoginProject, lines: string): Promise<void> {
  const config = join(project.path, "epack.yaml");
  const text = await Deno.readTextFile(config);
  await Deno.writeTextFile(config, text.replace(/^( +)binary: .*$/m, `$1${lines}`));
  const lock = await project.epack("lock", "--yes");
  assert.equal(lock.code, 0, lock.stderr);
}

Deno.test({
  name: "remote login works in namespaces, where what the adapter keeps has to be granted, and is ended there",
  ignore: !mayBwrap,
  async fn() {
    await using project = await loginProject({ then: "wait" });
    const binary = join(project.path, "epack-remote-scripted");
    await configure(
      project,
      `binary: ${binary}\n    permissions: {read: [${project.store}], write: [${project.store}]}`,
    );
    const login = await logIn(project, ["--json"]);
    assert.equal(login.code, 0, login.stderr);
    assert.equal(JSON.parse(login.stdout).subject, "ada@example.com");
    // its processes have numbers of their own there, and their folder in the arguments
    const left = await new Deno.Command("pgrep", { args: ["-f", `ro-bind.*${project.store}`] }).output();
    assert.equal(new TextDecoder().decode(left.stdout), "");
  },
});

Deno.test("remote login works with a module, which goes on in the child that answers who the caller is", async () => {
  await using project = await loginProject();
  const path = join(project.path, "epack-remote-m.js");
  await Deno.writeTextFile(
    path,
    `let who;
async function poll() {
  for (;;) {
    who = await Deno.readTextFile("${project.store}/logged_in").catch(() => undefined);
    if (who !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
export default { name: "m", version: "1", handlers: {
  async "auth.login"() {
    poll();
    return { instructions: { userCode: "M-1", verificationUri: "https://registry.test/device", expiresInSeconds: 60 } };
  },
  async "auth.whoami"() { return { identity: { authenticated: who !== undefined, subject: who } }; },
} };`,
  );
  await configure(project, `binary: ${path}\n    permissions: {read: [${project.store}]}`);
  const login = await logIn(project, ["--json"]);
  assert.equal(login.code, 0, login.stderr);
  assert.equal(JSON.parse(login.stdout).subject, "ada@example.com");
});

Deno.test("remote login with a module that cannot tell who the caller is says so, and shows no code", async () => {
  await using project = await loginProject();
  const path = join(project.path, "epack-remote-m.js");
  await Deno.writeTextFile(
    path,
    `export default { name: "m", version: "1", handlers: { async "auth.login"() {
  return { instructions: { userCode: "M-1", verificationUri: "https://registry.test/device", expiresInSeconds: 60 } };
} } };`,
  );
  await configure(project, `binary: ${path}`);
  const run = await project.epack("remote", "login", "s");
  assert.equal(run.code, 1);
  assert.match(run.stderr, /cannot tell when it is done/);
  assert.doesNotMatch(run.stderr, /M-1/);
});

Deno.test("remote whoami asks all remotes side by side, in the order of their names, and one that fails does not stop the others", async () => {
  await using project = await loginProject();
  await project.enter();
  const config = join(project.path, "epack.yaml");
  const [binary] = (await Deno.readTextFile(config)).match(/binary: .*/) ?? [];
  const transport = `transport: {file_root: "${project.store}"}`;
  const names = ["f", "e", "d", "c", "b", "a"];
  const broken = `transport: {file_root: "${project.path}/nowhere"}`;
  await Deno.writeTextFile(
    config,
    `remotes:\n${names.map((name) => `  ${name}: {${binary}, ${name === "c" ? broken : transport}}\n`).join("")}`,
  );
  assert.equal((await project.epack("lock", "--yes")).code, 0);
  // each waits until four are there: one after the other would never end
  await project.adapter({ meet: 4 });
  const run = await project.epack("remote", "whoami", "--json");
  const { identities } = JSON.parse(run.stdout);
  assert.deepEqual(identities.map(({ remote }: { remote: string }) => remote), names.toReversed());
  assert.deepEqual(
    identities.map(({ authenticated }: { authenticated: boolean }) => authenticated),
    [true, true, false, true, true, true],
  );
  assert.equal(run.code, 1, run.stderr);
});

/** By the command at which the remote wants a login: what is run, and what the adapter is asked in all when the user logs in. */
const ASKED: Record<string, { args: string[]; commands: string[] }> = {
  "push.prepare": {
    args: ["push", "s", "good.epack"],
    commands: ["push.prepare", "auth.login", "push.prepare", "push.finalize"],
  },
  "push.finalize": {
    args: ["push", "s", "good.epack"],
    commands: ["push.prepare", "push.finalize", "auth.login", "push.finalize"],
  },
  "pull.prepare": {
    args: ["pull", "s", "-o", "out.epack", "--force"],
    commands: ["pull.prepare", "auth.login", "pull.prepare", "pull.finalize"],
  },
  "pull.finalize": {
    args: ["pull", "s", "-o", "out.epack", "--force"],
    commands: ["pull.prepare", "pull.finalize", "auth.login", "pull.finalize"],
  },
  "auth.whoami": { args: ["remote", "whoami", "s"], commands: ["auth.login"] },
};

for (const [command, { args, commands }] of Object.entries(ASKED)) {
  Deno.test(`a remote that wants a login at ${command} ends the command where nobody can be asked, with a hint how to log in`, async () => {
    await using project = await loginProject({
      needs: [command],
      error: { action: { type: "open_url", url: "https://registry.test/help" } },
    });
    for (const flags of [[], ["--json"]]) {
      const run = await project.epack(...args, ...flags);
      assert.equal(run.code, 1, run.stderr);
      assert.match(run.stdout + run.stderr, /auth_required: who are you\?/);
      const hint = "log in with: epack remote login s; the adapter suggests to open: https://registry.test/help";
      if (flags.length === 0) assert.ok(run.stderr.includes(`hint: ${hint}\n`), run.stderr);
      else {
        const { error } = JSON.parse(run.stdout);
        assert.equal(error.hint, hint);
        assert.deepEqual(error.action, { type: "open_url", url: "https://registry.test/help" });
      }
    }
    assert.ok(!(await commandsOf(project)).includes("auth.login"));
  });

  Deno.test({
    name:
      `a remote that wants a login at ${command} gets it in the middle, and the command goes on with what was left to do`,
    ignore: !hasTerminals,
    async fn() {
      await using project = await loginProject({ needs: [command] });
      const { code, screen } = await onTerminal(args, {
        cwd: project.path,
        env: { ...DENO_CACHE, TMPDIR: join(project.path, "tmp") },
        reactions: [
          { to: "Log in to s now? [y/N]", type: "y" },
          { to: "The code is good for", run: () => project.enter() },
        ],
      });
      assert.equal(code, 0, screen);
      assert.match(screen, /Logged in to s: ada@example\.com/);
      const asked = (await commandsOf(project)).filter((command) => command !== "auth.whoami");
      assert.deepEqual(asked, commands, screen);
      const requests = (await project.asked()).filter(({ command }) => command.endsWith(".finalize"));
      assert.deepEqual(
        new Set(requests.map(({ request }) => request.finalize_token)).size,
        requests.length > 0 ? 1 : 0,
      );
    },
  });
}

for (
  const [what, flags, env] of [["-q", ["-q"], {}], ["--frozen", ["--frozen"], {}], ["CI=true", [], {
    CI: "true",
  }]] as const
) {
  Deno.test({
    name: `nobody is asked to log in with ${what}, on a terminal too`,
    ignore: !hasTerminals,
    async fn() {
      await using project = await loginProject({ needs: ["push.prepare"] });
      const { code, screen } = await onTerminal(["push", "s", "good.epack", ...flags], {
        cwd: project.path,
        env: { ...DENO_CACHE, ...env },
      });
      assert.equal(code, 1, screen);
      assert.doesNotMatch(screen, /\[y\/N\]/);
      assert.match(screen, /epack remote login s/);
    },
  });
}

Deno.test({
  name: "a login that the user does not want leaves the remote's answer as the error",
  ignore: !hasTerminals,
  async fn() {
    await using project = await loginProject({ needs: ["push.prepare"] });
    const { code, screen } = await onTerminal(["push", "s", "good.epack"], {
      cwd: project.path,
      env: DENO_CACHE,
      reactions: [{ to: "[y/N]", type: "n" }],
    });
    assert.equal(code, 1, screen);
    assert.match(screen, /auth_required: who are you\?/);
    assert.deepEqual(await commandsOf(project), ["push.prepare"]);
  },
});

Deno.test({
  name: "several remotes that want a login are asked about one after the other",
  ignore: !hasTerminals,
  async fn() {
    await using project = await loginProject({ needs: ["push.prepare"] });
    const config = join(project.path, "epack.yaml");
    const text = await Deno.readTextFile(config);
    await Deno.writeTextFile(config, text + text.slice(text.indexOf("  s:")).replace("  s:", "  t:"));
    assert.equal((await project.epack("lock", "--yes")).code, 0);
    const { code, screen } = await onTerminal(["push", "--remote", "s", "--remote", "t", "good.epack"], {
      cwd: project.path,
      env: DENO_CACHE,
      reactions: [{ to: "now? [y/N]", type: "n" }, { to: "now? [y/N]", type: "n" }],
    });
    assert.equal(code, 1, screen);
    assert.match(screen, /Log in to s now/);
    assert.match(screen, /Log in to t now/);
    assert.equal(screen.match(/auth_required/g)?.length, 2, screen);
  },
});

for (const [answer, wanted] of [["y", "https://registry.test/help\n"], ["n", ""]] as const) {
  Deno.test({
    name: `an address that a remote suggests is opened on the user's word alone: the answer "${answer}"`,
    ignore: !hasTerminals || Deno.build.os !== "linux",
    async fn() {
      await using project = await loginProject({
        needs: ["push.prepare"],
        features: { auth_login: false },
        error: { code: "forbidden", action: { type: "open_url", url: "https://registry.test/help" } },
      });
      const browser = await fakeBrowser(project);
      const { code, screen } = await onTerminal(["push", "s", "good.epack"], {
        cwd: project.path,
        env: { ...DENO_CACHE, PATH: browser.path },
        reactions: [{ to: "Open it in the browser? [y/N]", type: answer }],
      });
      assert.equal(code, 1, screen);
      assert.match(screen, /hint: the adapter suggests to open: https:\/\/registry\.test\/help/);
      if (wanted !== "") await browser.wasUsed();
      assert.equal(await browser.opened(), wanted);
    },
  });
}

Deno.test({
  name: "a remote that wants a login again after it is not asked a third time",
  ignore: !hasTerminals,
  async fn() {
    await using project = await loginProject({ needs: ["push.prepare"], needsAlways: true });
    const { code, screen } = await onTerminal(["push", "s", "good.epack"], {
      cwd: project.path,
      env: DENO_CACHE,
      reactions: [
        { to: "[y/N]", type: "y" },
        { to: "The code is good for", run: () => project.enter() },
      ],
    });
    assert.equal(code, 1, screen);
    assert.deepEqual((await commandsOf(project)).filter((command) => command !== "auth.whoami"), [
      "push.prepare",
      "auth.login",
      "push.prepare",
    ]);
  },
});
