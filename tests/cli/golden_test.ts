/**
 * What people and programs see, as whole texts in `golden/`: one file for each scenario and each way to look at it. Times, ids,
 * sizes and paths are left out of them. With UPDATE_GOLDEN=1 the files are written anew: look at the difference.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { epack, type EpackRun } from "../epack.ts";
import { scriptedProject } from "../workflow/scripted_project.ts";
import { drawnWidths, hasTerminal, onTerminal } from "./terminal.ts";
import { Screen } from "./screen.ts";

const GOLDEN = new URL("golden/", import.meta.url);

interface Scenario {
  args: string[];
  code: number;
  /** Works come to their ends in any order. */
  several?: boolean;
}

const CONFLICT = { code: "conflict", message: "it is there already", retryable: false };
const REFUSAL = `{"ok":false,"type":"error","request_id":"REQUEST_ID","error":${JSON.stringify(CONFLICT)}}`;

const SCENARIOS: Record<string, Scenario> = {
  push: { args: ["push", "local", "b.epack", "--label", "monthly"], code: 0 },
  pull: { args: ["pull", "local", "-o", "back.epack", "--force"], code: 0 },
  failure: { args: ["push", "s", "b.epack", "--release-version", "v7"], code: 1 },
  several: { args: ["push", "--remote", "local", "--remote", "s", "b.epack", "证据.epack"], code: 1, several: true },
};

/** A project with remotes `local`, built in, and `s`, which refuses releases. */
async function goldenProject() {
  const project = await scriptedProject();
  const { path } = project;
  const config = join(path, "epack.yaml");
  const text = await Deno.readTextFile(config);
  await Deno.writeTextFile(
    config,
    `${text}  local: {adapter: filesystem, transport: {file_root: "${path}/releases"}}\n`,
  );
  for (const name of ["b", "证据"]) {
    assert.equal((await project.epack("build", `${name}.epack`, "evidence.txt")).code, 0);
  }
  assert.equal((await project.epack("push", "local", "b.epack")).code, 0);
  await project.script({ "push.prepare": { raw: REFUSAL } });
  return project;
}

type Project = Awaited<ReturnType<typeof goldenProject>>;
type Look = (project: Project, scenario: Scenario) => Promise<string>;

const onScreen =
  (columns: number, env: Record<string, string> = {}): Look => async (project, { args, code, several }) => {
    const run = await onTerminal(args, {
      cwd: project.path,
      columns,
      env: { TMPDIR: join(project.path, "tmp"), ...env },
    });
    const widths = drawnWidths(run.written);
    assert.ok(widths.every((width) => width <= columns), `a line of ${Math.max(...widths)} columns was drawn`);
    assert.equal(run.code, code, run.written);
    const screen = new Screen(columns).write(settled(run.written, project));
    assert.equal(screen.cursor.column, 0, "the next prompt stands at the start of a line");
    return ordered(screen.text, several);
  };

const inPipes = (...flags: string[]) => async (project: Project, { args, code }: Scenario): Promise<EpackRun> => {
  const options = { cwd: project.path, env: { TMPDIR: join(project.path, "tmp"), CI: "" } };
  const run = await epack([...args, ...flags], options);
  assert.equal(run.code, code, run.stderr);
  return run;
};

const LOOKS: Record<string, Look> = {
  "terminal-80": onScreen(80),
  "terminal-40": onScreen(40),
  "terminal-no-color": onScreen(80, { NO_COLOR: "1" }),
  ci: onScreen(80, { CI: "true" }),
  async pipe(project, scenario) {
    const { stdout, stderr } = await inPipes()(project, scenario);
    return `${ordered(settled(stderr, project), scenario.several)}--- stdout\n${settled(stdout, project)}`;
  },
  async json(project, scenario) {
    const { stdout, stderr } = await inPipes("--json")(project, scenario);
    assert.equal(stderr, "");
    return `${JSON.stringify(settledJson(JSON.parse(stdout), project), null, 2)}\n`;
  },
  async "log-json"(project, scenario) {
    const { stderr } = await inPipes("--log-format", "json")(project, scenario);
    const events = stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
    const kept = events.filter(({ event }) => event !== "progress").map((event) => settledJson(event, project));
    return ordered(`${kept.map((event) => JSON.stringify(event)).join("\n")}\n`, scenario.several);
  },
};

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  Deno.test({
    name: `${name} looks as it should on terminals, in a CI, in a pipe, and as JSON`,
    ignore: !hasTerminal,
    async fn(t) {
      await using project = await goldenProject();
      for (const [look, see] of Object.entries(LOOKS)) {
        await t.step(look, async () => matchGolden(`${name}-${look}.txt`, await see(project, scenario)));
      }
    },
  });
}

async function matchGolden(file: string, seen: string): Promise<void> {
  const path = new URL(file, GOLDEN);
  if (Deno.env.get("UPDATE_GOLDEN") === "1") await Deno.writeTextFile(path, seen);
  assert.equal(seen, await Deno.readTextFile(path), `${file} looks otherwise; UPDATE_GOLDEN=1 writes it anew`);
}

/** Text without what differs from run to run. */
function settled(text: string, { path }: { path: string }): string {
  return text.replaceAll(path, "<project>")
    .replaceAll(/sha256:[0-9a-f]{64}/g, "sha256:<digest>")
    .replaceAll(/rel_[0-9a-f]{20}/g, "rel_<id>")
    .replaceAll(/\d{8}_\d{6}_[0-9a-f]{8}(?:_\d+)?/g, "<time>_<digest>")
    .replaceAll(/([(@])v\d+(?=[)\s]|$)/g, "$1v<n>")
    .replaceAll(/\d+(?:\.\d+)? (?:[KMG]i)?B(?!\/)/g, "<size>")
    // what a slow machine says of long steps
    .replaceAll(/^(?:.*: done in .*|.*: <size>.*)\r?\n/gm, "")
    .replaceAll(/([✓✗][^\r\n]*?) (?:\u001b\[2m)?\d[\d.]* (?:s|min)\b[^\r\n]*/g, "$1");
}

const NUMBERS = /^(?:elapsed_ms|transfer_ms|size|size_bytes|bytes_sent|done_bytes|total_bytes)$/;
/** Fields that only long transfers have. */
const LONG = new Set(["bytes_per_second", "left_ms"]);

function settledJson(value: unknown, project: Project): unknown {
  if (typeof value === "string") return settled(value, project);
  if (Array.isArray(value)) return value.map((item) => settledJson(item, project));
  if (typeof value !== "object" || value === null) return value;
  // the binary knows the digests of what is built into it, the source does not
  const unsettled = "assurance" in value && value.assurance === "built_in" ? new Set([...LONG, "digest"]) : LONG;
  const entries = Object.entries(value).filter(([name]) => !unsettled.has(name)).map(([name, field]) => {
    if (name === "time") return [name, "<time>"];
    if (name === "version") return [name, String(field).replace(/^v\d+$/, "v<n>")];
    return [name, NUMBERS.test(name) ? 0 : settledJson(field, project)];
  });
  return Object.fromEntries(entries);
}

/** Lines of several works in the order of their works; those of one work, and what is about all, stay in order. */
function ordered(text: string, several = false): string {
  if (!several) return text;
  const lines = text.split("\n");
  const end = lines.findIndex((line) => /^Pushed|^\{"time":"<time>","level":"[a-z]+","event":"done","ok"/.test(line));
  const part = lines.slice(0, end === -1 ? -1 : end);
  const workOf = (line: string) =>
    line.match(/(\S+ → [a-z]+)/)?.[1] ?? line.replace(/^.*"remote":("[^"]*"),"pack":("[^"]*").*$/, "$2 $1");
  const sorted = part.toSorted((a, b) => (workOf(a) < workOf(b) ? -1 : workOf(a) > workOf(b) ? 1 : 0));
  return [...sorted, ...lines.slice(part.length)].join("\n");
}
