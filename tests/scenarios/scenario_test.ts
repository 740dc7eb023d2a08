/**
 * Runs the sessions of this folder (`*.txt`), each in a folder of its own, with the files that stand at its foot.
 *
 *     $ epack …        a command; anything but epack goes to sh
 *     ? 2              its exit code, when it is not 0
 *     > text           stdout has this text
 *     >! text          stdout does not have it
 *     ! text           stderr has it
 *     !! text          stderr does not have it
 *     % NAME=value     sets a variable for what follows
 *     -- name --       a file; `name 755` makes it executable
 *
 * `@ROOT@` stands for the folder, also in files.
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { epack, temporaryFolder } from "../epack.ts";
import { ROOT } from "../../scripts/root.ts";

interface Step {
  line: number;
  command: string;
  env: Record<string, string>;
  code: number;
  checks: { kind: string; text: string }[];
}

interface Scenario {
  steps: Step[];
  files: { name: string; mode: number; text: string }[];
}

function parse(text: string): Scenario {
  const scenario: Scenario = { steps: [], files: [] };
  const env: Record<string, string> = {};
  for (const [index, line] of text.split("\n").entries()) {
    const header = line.match(/^-- (\S+)(?: ([0-7]{3}))? --$/);
    const file = scenario.files.at(-1);
    if (header !== null) scenario.files.push({ name: header[1], mode: parseInt(header[2] ?? "644", 8), text: "" });
    else if (file !== undefined) file.text += `${line}\n`;
    else if (line.startsWith("$ ")) {
      scenario.steps.push({ line: index + 1, command: line.slice(2), env: { ...env }, code: 0, checks: [] });
    } else if (line.startsWith("% ")) {
      const [name, ...value] = line.slice(2).split("=");
      env[name] = value.join("=");
    } else if (line.startsWith("? ")) (scenario.steps.at(-1) as Step).code = Number(line.slice(2));
    else {
      const check = line.match(/^(>!|>|!!|!) (.*)$/);
      if (check !== null) (scenario.steps.at(-1) as Step).checks.push({ kind: check[1], text: check[2] });
      else assert.match(line, /^\s*(#.*)?$/, `line ${index + 1} is no line of a scenario: ${line}`);
    }
  }
  return scenario;
}

async function play(name: string, { steps, files }: Scenario): Promise<void> {
  await using root = temporaryFolder();
  const fill = (text: string) => text.replaceAll("@ROOT@", root.path);
  for (const file of files) {
    const path = join(root.path, file.name);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, fill(file.text));
    await Deno.chmod(path, file.mode);
  }
  for (const step of steps) {
    const command = fill(step.command);
    const env = Object.fromEntries(Object.entries(step.env).map(([key, value]) => [key, fill(value)]));
    const run = command.startsWith("epack ")
      ? await epack(words(command.slice(6)), { cwd: root.path, env })
      : await shell(command, { cwd: root.path, env });
    const shown =
      `${name}:${step.line}: $ ${command}\nexit code ${run.code}\nstdout:\n${run.stdout}\nstderr:\n${run.stderr}`;
    assert.equal(run.code, step.code, shown);
    for (const { kind, text } of step.checks) {
      const has = (kind.startsWith(">") ? run.stdout : run.stderr).includes(fill(text));
      assert.equal(has, kind === ">" || kind === "!", `expected "${kind} ${fill(text)}" of\n${shown}`);
    }
  }
}

/** Words as a shell would split them: spaces separate, quotes keep together. */
function words(text: string): string[] {
  return [...text.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3]);
}

async function shell(command: string, options: { cwd: string; env: Record<string, string> }) {
  const env = { ...options.env, EPACK_ADAPTERS: `${ROOT}tests/adapters` };
  const output = await new Deno.Command("sh", { args: ["-c", command], cwd: options.cwd, env }).output();
  const decoder = new TextDecoder();
  return { code: output.code, stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
}

const folder = new URL("./", import.meta.url);
for (const { name } of [...Deno.readDirSync(folder)].sort((a, b) => (a.name < b.name ? -1 : 1))) {
  if (name.endsWith(".txt")) {
    Deno.test(`scenario ${name}`, async () => await play(name, parse(await Deno.readTextFile(new URL(name, folder)))));
  }
}
