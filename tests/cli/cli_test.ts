import assert from "node:assert/strict";
import { join } from "node:path";
import { epackCommand } from "../../scripts/epack_command.ts";
import { epack, temporaryFolder } from "../epack.ts";

const COMMANDS = [
  ["init"],
  ["build"],
  ["inspect"],
  ["list"],
  ["verify"],
  ["sign"],
  ["extract"],
  ["push"],
  ["pull"],
  ["remote", "list"],
  ["remote", "info"],
  ["remote", "whoami"],
  ["remote", "login"],
  ["adapter", "list"],
  ["trust", "show"],
  ["trust", "export"],
  ["lock"],
  ["version"],
  ["completions"],
];

Deno.test("epack --help names every command, and each has a help with examples", async () => {
  await using folder = temporaryFolder();
  const root = await epack(["--help"], { cwd: folder.path });
  assert.equal(root.code, 0);
  for (const words of COMMANDS) {
    assert.match(root.stdout, new RegExp(`^ *${words[0]} `, "m"));
    const help = await epack([...words, "--help"], { cwd: folder.path });
    assert.equal(help.code, 0, help.stderr);
    assert.match(help.stdout, /USAGE/);
    if (words[0] !== "list") assert.match(help.stdout, /Examples:/, words.join(" "));
  }
  assert.equal(
    (await epack(["help", "push"], { cwd: folder.path })).stdout,
    (await epack(["push", "--help"], { cwd: folder.path })).stdout,
  );
});

const MISTAKES: [string[], RegExp][] = [
  [["verfiy", "x"], /did you mean `verify`/],
  [["push", "--lable", "x"], /did you mean --label/],
  [["remote", "lst"], /did you mean `list`/],
  [["push", "onlyremote"], /[Pp]ack/],
  [["push", "a", "b", "--timeout", "soon"], /soon/],
  [["completions", "tcsh"], /tcsh/],
];
for (const [args, says] of MISTAKES) {
  Deno.test(`epack ${args.join(" ")} exits 1 with a suggestion, also as JSON`, async () => {
    await using folder = temporaryFolder();
    const run = await epack(args, { cwd: folder.path });
    assert.equal(run.code, 1);
    assert.match(run.stderr, says);
    assert.equal(run.stdout, "");
    if (args[0] === "completions") return;
    const json = await epack([...args, "--json"], { cwd: folder.path });
    assert.equal(json.code, 1);
    const { error } = JSON.parse(json.stdout);
    assert.deepEqual(Object.keys(error), ["code", "message", "hint", "origin", "exit"]);
    assert.equal(error.exit, 1);
  });
}

for (const args of [["verfiy", "x"], ["push", "--lable", "x"], ["verify", "nowhere.epack"], ["push", "onlyremote"]]) {
  Deno.test(`epack ${args.join(" ")} --log-format json says its error as a line of JSON on stderr`, async () => {
    await using folder = temporaryFolder();
    const run = await epack([...args, "--log-format", "json"], { cwd: folder.path });
    assert.equal(run.stdout, "");
    const events = run.stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
    const error = events.find(({ event }) => event === "error");
    assert.equal(error.exit, run.code);
    assert.ok(error.message.length > 0);
    const both = await epack([...args, "--log-format=json", "--json"], { cwd: folder.path });
    assert.equal(JSON.parse(both.stdout).error.message, error.message);
    assert.deepEqual(
      both.stderr.trimEnd().split("\n").map((line) => JSON.parse(line).event),
      events.map(({ event }) => event),
    );
  });
}

Deno.test("a remote that does not exist is answered with the nearest one", async () => {
  await using folder = temporaryFolder();
  await epack(["init"], { cwd: folder.path });
  const run = await epack(["remote", "info", "lcal"], { cwd: folder.path });
  assert.equal(run.code, 1);
  assert.match(run.stderr, /did you mean "local"/);
});

const EXITS: [string, string[], number, string][] = [
  ["no project", ["push", "r", "x.epack"], 1, "project_not_found"],
  ["a configuration that is missing", ["remote", "list", "-c", "nowhere.yaml"], 20, "file_not_found"],
  ["a pack that is missing", ["verify", "nowhere.epack"], 20, "file_not_found"],
  ["a pack that is none", ["verify", "text.epack"], 2, "pack_invalid"],
  ["a pack that is empty", ["inspect", "empty.epack"], 2, "pack_invalid"],
  ["a folder", ["inspect", "."], 1, "file_refused"],
  ["a FIFO", ["verify", "fifo"], 1, "file_refused"],
  ["a link", ["verify", "link.epack"], 1, "file_refused"],
  ["two ways to name a release", ["pull", "r", "v1", "--digest", "x"], 1, "usage"],
  ["nothing to pack", ["build", "out.epack", "--stream", "s"], 1, "usage"],
  ["an input that is missing", ["build", "out.epack", "nowhere", "--stream", "s"], 20, "file_not_found"],
];
Deno.test("every failure has its documented exit code and one JSON document", async (t) => {
  await using folder = temporaryFolder();
  const { path: cwd } = folder;
  await Deno.writeTextFile(join(cwd, "text.epack"), "this is no zip");
  await Deno.writeTextFile(join(cwd, "empty.epack"), "");
  await Deno.symlink("text.epack", join(cwd, "link.epack"));
  await new Deno.Command("mkfifo", { args: [join(cwd, "fifo")] }).output();
  for (const [name, args, exit, code] of EXITS) {
    await t.step(name, async () => {
      const run = await epack([...args, "--json"], { cwd });
      assert.equal(run.code, exit, run.stdout);
      const { error } = JSON.parse(run.stdout);
      assert.equal(error.code, code);
      assert.equal(error.exit, exit);
      assert.doesNotMatch(run.stdout + run.stderr, /\n\s+at /);
    });
  }
});

/** Runs a line of sh with the program as $EPACK. */
async function shell(line: string, cwd: string) {
  const output = await new Deno.Command("sh", {
    args: ["-c", line.replaceAll("EPACK", epackCommand().map((word) => `'${word}'`).join(" "))],
    cwd,
  }).output();
  return {
    code: output.code,
    stdout: new TextDecoder().decode(output.stdout),
    stderr: new TextDecoder().decode(output.stderr),
  };
}

Deno.test("a full stdout is an error in one line; a closed one ends quietly", async () => {
  await using folder = temporaryFolder();
  const full = await shell("EPACK version > /dev/full", folder.path);
  assert.equal(full.code, 1);
  assert.match(full.stderr, /^error: the output cannot be written.*\n(?:hint:.*\n)?$/);
  const closed = await shell("(EPACK --help; echo $? >&2) | true", folder.path);
  assert.match(closed.stderr, /^(?:0|141)\n$/);
});

Deno.test("-q prints the result alone, --no-color and NO_COLOR print no escape sequence", async () => {
  await using folder = temporaryFolder();
  await Deno.writeTextFile(join(folder.path, "a.txt"), "a");
  const run = await epack(["build", "a.epack", "a.txt", "--stream", "s", "-q"], { cwd: folder.path });
  assert.equal(run.stderr, "");
  const forced = await epack(["verify", "a.epack", "--no-color"], {
    cwd: folder.path,
    env: { CLICOLOR_FORCE: "1", NO_COLOR: "" },
  });
  assert.doesNotMatch(forced.stdout, /\u001b/);
  const coloured = await epack(["verify", "a.epack"], { cwd: folder.path, env: { CLICOLOR_FORCE: "1", NO_COLOR: "" } });
  assert.match(coloured.stdout, /\u001b\[32mVerified/);
});

Deno.test("text of a pack reaches the terminal without its control characters", async () => {
  await using folder = temporaryFolder();
  await Deno.writeTextFile(join(folder.path, "a.txt"), "a");
  await epack(["build", "a.epack", "a.txt", "--stream", "x\u001b[31mred"], { cwd: folder.path });
  const run = await epack(["inspect", "a.epack"], { cwd: folder.path });
  assert.doesNotMatch(run.stdout, /\u001b/);
  assert.match(run.stdout, /x\\u\{1b\}\[31mred/);
});

Deno.test("build takes the stream from epack.yaml, a file's place, stdin, and SOURCE_DATE_EPOCH", async () => {
  await using folder = temporaryFolder();
  const { path: cwd } = folder;
  await epack(["init", "--stream", "from/config"], { cwd });
  await Deno.writeTextFile(join(cwd, "a.txt"), "a");
  const piped = await shell(
    "echo piped | SOURCE_DATE_EPOCH=86400 EPACK build p.epack --file a.txt:artifacts/deep/a --stdin in.txt --source scanner:1.2 --json",
    cwd,
  );
  assert.equal(piped.code, 0, piped.stderr);
  assert.equal(JSON.parse(piped.stdout).stream, "from/config");
  const raw = JSON.parse((await epack(["inspect", "p.epack", "--raw"], { cwd })).stdout);
  assert.equal(raw.generated_at, "1970-01-02T00:00:00Z");
  assert.deepEqual(raw.sources, [{ name: "scanner", version: "1.2" }]);
  assert.deepEqual(raw.artifacts.map(({ path }: { path: string }) => path), ["artifacts/deep/a", "artifacts/in.txt"]);
});
