/** Holds the examples of docs/json-output.md against real runs: the same fields, of the same types. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../../scripts/root.ts";
import { scriptedProject } from "../workflow/scripted_project.ts";
import { watched } from "./watched_steps.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/json-output.md`);

/** The example below a heading: one value, or one a line. */
function example(heading: string): unknown[] {
  const section = PAGE.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const [, kind, text] = section.match(/^```(jsonl?)\n([^]*?)^```/m) ?? [];
  if (text === undefined) throw new Error(`docs/json-output.md has no example below "${heading}"`);
  return kind === "json" ? [JSON.parse(text)] : text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** Their fields are names that others chose. */
const MAPS = new Set(["links", "build_context"]);
/** Left out where there is nothing to say. */
const OPTIONAL = new Set(["hint"]);

/** Names and types of a value's fields; those of a list are of its elements, together. */
function shape(value: unknown, name = ""): unknown {
  if (MAPS.has(name)) return "map";
  if (Array.isArray(value)) {
    const elements = value.map((element) => shape(element));
    return elements.every((element) => typeof element === "object")
      ? [Object.assign({}, ...elements)]
      : [...new Set(elements)];
  }
  if (typeof value !== "object" || value === null) return typeof value;
  const entries = Object.entries(value).filter(([field]) => !OPTIONAL.has(field));
  return Object.fromEntries(entries.map(([field, inner]) => [field, shape(inner, field)]));
}

/** A project whose remote says all that a remote can say, beside a pack with two runs, of which it takes one. */
async function tellingProject() {
  const project = await scriptedProject();
  const config = join(project.path, "epack.yaml");
  const text = await Deno.readTextFile(config);
  await Deno.writeTextFile(
    config,
    text.replace(/^( +)binary:/m, "$1target: {workspace: acme}\n$1release: {labels: [monthly], source: {}}\n$1binary:"),
  );
  for (const name of ["run-1", "run-2"]) {
    const folder = join(project.path, "good.runs/tools/scan", name);
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(join(folder, "result.json"), "{}");
  }
  await project.script({
    "--capabilities": { version: "1.0.0" },
    "push.finalize": { release: { version: "v1", canonical_ref: "registry.test/acme/prod@v1" } },
    "runs.sync": {
      items: [{ run_id: "run-1", status: "accepted" }, { run_id: "run-2", status: "rejected" }],
      failed_outputs: [{ run_id: "run-1", path: "report.html", reason: "too large" }],
    },
  });
  return project;
}

async function json(project: Awaited<ReturnType<typeof tellingProject>>, ...words: string[]) {
  const { stdout, stderr } = await project.with({ GITHUB_SHA: "4f2a9c" }).epack(...words, "--json");
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

Deno.test("the page on JSON has the fields of real results and errors", async (t) => {
  await using project = await tellingProject();
  await Deno.writeTextFile(join(project.path, "none.epack"), "no zip");
  const RUNS: Record<string, string[]> = {
    "epack push": ["push", "s", "good.epack"],
    "epack push --runs-only": ["push", "s", "good.epack", "--runs-only"],
    "epack push --dry-run": ["push", "s", "good.epack", "--dry-run", "--release-version", "v1"],
    "epack pull": ["pull", "s", "-o", "back.epack"],
    "epack pull --dry-run": ["pull", "s", "--dry-run", "-o", "back.epack", "--force"],
    "Errors": ["pull", "t"],
  };
  for (const [heading, words] of Object.entries(RUNS)) {
    await t.step(heading, async () => {
      const [shown] = example(heading);
      const real = await json(project, ...words);
      assert.deepEqual(shape(real), shape(shown));
      assert.deepEqual(Object.keys(real), Object.keys(shown as object), "in the same order");
    });
  }
  await t.step("epack push of several", async () => {
    const [shown] = example("epack push of several") as { results: Record<string, unknown>[] }[];
    const real = await json(project, "push", "s", "good.epack", "none.epack");
    assert.deepEqual(shape(real.results[0]), shape(example("epack push")[0]));
    // the page leaves out what it has shown above
    const named = Object.entries(real.results[0]).filter(([field]) => field in shown.results[0]);
    real.results[0] = Object.fromEntries(named);
    assert.deepEqual(shape(real), shape(shown));
    assert.ok(real.results[1].error.hint === undefined || typeof real.results[1].error.hint === "string");
  });
});

interface Event {
  event: string;
}

const SHOWN = new Map((example("--log-format json") as Event[]).map((event) => [event.event, event]));
/** Left out while it is not known, or where no bytes moved. */
const SOMETIMES = ["done_bytes", "total_bytes", "bytes_per_second", "left_ms", "hint"];

function assertShown(event: Event): void {
  const shown = SHOWN.get(event.event);
  assert.ok(shown !== undefined, `the page does not show the event ${event.event}`);
  const always = (of: object) => Object.keys(of).filter((field) => !SOMETIMES.includes(field));
  assert.deepEqual(always(event), always(shown), event.event);
  const known = [...Object.keys(shown), "hint"];
  for (const field of Object.keys(event)) assert.ok(known.includes(field), `${event.event}.${field}`);
}

Deno.test("the page on JSON has the fields of every event", async () => {
  await using project = await scriptedProject();
  const error = { code: "server_error", message: "not now", retryable: true };
  await project.script({
    "push.prepare": {
      do: "echo hello >&2",
      raw: `{"ok":false,"type":"error","request_id":"REQUEST_ID","error":${JSON.stringify(error)}}`,
    },
  });
  const flags = ["--log-format", "json", "-v", "--retries", "1", "--insecure-allow-unpinned"];
  const { stderr, code } = await project.epack("push", "s", "good.epack", ...flags);
  assert.equal(code, 1, stderr);
  const events: Event[] = stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
  for (const event of events) assertShown(event);
  // ten seconds of a transfer are not waited for
  const { steps, pass, events: later } = watched({ flags: { logFormat: "json" } });
  steps.about({ remote: "prod", pack: "evidence.epack" });
  steps.step("Uploading");
  for (let second = 0; second < 11; second++) {
    steps.progress(second * 1000, 100_000);
    pass(1000);
  }
  for (const event of later()) assertShown(event);
  const seen = new Set([...events, ...later()].map(({ event }) => event));
  assert.deepEqual([...seen].sort(), [...SHOWN.keys()].sort());
});
