import assert from "node:assert/strict";
import type { CommonFlags } from "../../lib/cli/flags.ts";
import { EpackError } from "../../lib/errors.ts";
import { cleanUpNow } from "../../lib/last_resort.ts";
import { Screen } from "./screen.ts";
import { watched } from "./watched_steps.ts";

const MIB = 1024 * 1024;

Deno.test("a transfer on a terminal has bar, bytes, rate and time left", () => {
  const { steps, pass, screen } = watched({ env: { NO_COLOR: "1" } });
  steps.step("Uploading");
  for (let mib = 0; mib <= 100; mib += 10) {
    steps.progress(mib * MIB, 400 * MIB);
    pass(1000);
  }
  assert.equal(screen().text, "Uploading ━━━━━━───────────────── 100.0 MiB of 400.0 MiB, 8.9 MiB/s, 34 s left\n");
});

Deno.test("several transfers stand below each other, each with bar, bytes, rate and time left as far as they fit", () => {
  const shown = (columns: number) => {
    const { steps, pass, screen } = watched({ columns, env: { NO_COLOR: "1" } });
    const tracks = ["a.epack", "证据.epack"].map((pack) => steps.track({ pack, remote: "prod" }));
    for (const track of tracks) track.step("Uploading");
    for (let second = 0; second <= 20; second++) {
      for (const track of tracks) track.progress(second * MIB, 40 * MIB);
      pass(1000);
    }
    return screen().text;
  };
  const moved = "Uploading ━━━━━━────── 20.0/40.0 MiB, 870.5 KiB/s, 24 s left";
  assert.equal(shown(80), `a.epack → prod    ${moved}\n证据.epack → prod ${moved}\n`);
  assert.equal(shown(40), "a.epack → prod    Uploading 50%\n证据.epack → prod Uploading 50%\n");
});

for (const columns of [200, 80, 60, 40, 30, 20, 10, 5, 2, 1, 0]) {
  Deno.test(`no line is longer than a terminal of ${columns} columns, whatever is shown`, () => {
    const { steps, pass, screen } = watched({ columns });
    const [one, two] = [
      steps.track({ pack: "证据/季度报告-包.epack", remote: "prod" }),
      steps.track({ pack: "b", remote: "r" }),
    ];
    one.step("Uploading");
    two.step("Verifying the pack");
    for (let at = 0; at <= 300; at += 7) {
      one.progress(at * MIB, 300 * MIB);
      two.progress(at, undefined);
      pass(250);
    }
    two.waiting("the upload to https://packs.test/a/long/path failed: 503 (try 2 of 5)", 61_000);
    pass(30_000);
    assert.equal(screen().wraps, 0, screen().text);
    assert.ok(screen().text.trimEnd().split("\n").length <= 2);
    one.end();
    two.fail();
    steps.end();
    assert.equal(screen().wraps, 0);
    const rows = screen().text.trimEnd().split("\n");
    assert.equal(rows.length, 2);
    assert.match(rows[0], /^✓/);
    assert.match(rows[1], /^✗/);
  });
}

Deno.test("a terminal that becomes narrower gets shorter lines, and no rest of the longer ones", () => {
  const { steps, pass, resize, written } = watched({ columns: 80 });
  steps.step("Uploading");
  steps.progress(MIB, 100 * MIB);
  pass(1000);
  const before = written().length;
  resize(30);
  pass(100);
  const drawn = written().slice(before);
  // what stood there takes three rows now: two up, and what is below goes
  assert.match(drawn, /^\r\u001b\[2A/);
  assert.match(drawn, /\u001b\[J$/);
  assert.equal(new Screen(30).write(drawn.replace(/^\r\u001b\[2A/, "")).wraps, 0);
});

Deno.test("a step that took a second or more says so, with its rate; a quick one does not", () => {
  const { steps, pass, screen } = watched({});
  steps.step("Preparing the release");
  pass(900);
  steps.step("Uploading");
  steps.progress(0, 100 * MIB);
  pass(2000);
  steps.progress(100 * MIB, 100 * MIB);
  pass(1200);
  steps.end();
  assert.equal(screen().text, "✓ Preparing the release\n✓ Uploading 3.2 s, 50.0 MiB/s\n");
});

Deno.test("a rate counts neither what an earlier run did nor what was tried in vain, and falls in a stall", () => {
  const { steps, pass, screen } = watched({ columns: 120 });
  steps.step("Downloading");
  steps.progress(900 * MIB, 1000 * MIB);
  pass(1000);
  steps.progress(910 * MIB, 1000 * MIB);
  pass(1000);
  assert.match(screen().text, / 2\.6 MiB\/s, 35 s left/);
  steps.progress(0, 1000 * MIB);
  assert.doesNotMatch(screen().text, /-\d/);
  pass(1000);
  steps.progress(2 * MIB, 1000 * MIB);
  pass(30_000);
  assert.match(screen().text, / [0-9.]+ (?:B|KiB)\/s, .* left/);
});

Deno.test("a pause counts down in the line of its work, and goes when bytes move again", () => {
  const { steps, pass, screen } = watched({ columns: 100 });
  steps.step("Uploading");
  steps.progress(MIB, 2 * MIB);
  steps.waiting("the upload failed: 503, try 2 of 5", 5_000);
  assert.equal(screen().text, "Uploading: again in 5 s: the upload failed: 503, try 2 of 5\n");
  pass(3_000);
  assert.equal(screen().text, "Uploading: again in 2 s: the upload failed: 503, try 2 of 5\n");
  pass(1_000);
  steps.progress(2 * MIB, 2 * MIB);
  pass(100);
  assert.match(screen().text, /^Uploading [━─]/);
});

Deno.test("warnings and log lines stand above what is drawn, each once and whole", () => {
  const { steps, pass, screen } = watched({ columns: 40, flags: { verbose: true }, env: { NO_COLOR: "1" } });
  const [one, two] = [steps.track({ pack: "a", remote: "r" }), steps.track({ pack: "b", remote: "r" })];
  one.step("Uploading");
  two.step("Uploading");
  pass(500);
  one.warn("the clock is off");
  two.adapterLog("s3", "first\nsecond");
  steps.say("said");
  pass(500);
  assert.equal(
    screen().text,
    "warning: a → r: the clock is off\nb → r: s3: first\nb → r: s3: second\nsaid\na → r Uploading …\nb → r Uploading …\n",
  );
});

Deno.test("nothing is drawn while somebody is asked, and nothing more once all is over", () => {
  const { steps, pass, written, timers } = watched({});
  steps.step("Asking the remote");
  {
    using _ = steps.hold();
    const before = written();
    steps.progress(1, 2);
    pass(1000);
    assert.equal(written(), before);
    assert.match(before, /\u001b\[J$/);
  }
  steps.end();
  assert.equal(timers.size, 0);
  assert.ok(!written().includes("\u001b[?"), "the cursor is left alone");
});

Deno.test("a process that ends without unwinding leaves the next prompt a line of its own", () => {
  const { steps, screen } = watched({});
  steps.step("Uploading");
  assert.equal(screen().cursor.row, 0);
  cleanUpNow();
  assert.deepEqual(screen().cursor, { row: 1, column: 0 });
});

const PLAIN: Record<string, Parameters<typeof watched>[0]> = {
  "a pipe": { terminal: false },
  "a terminal of a CI": { env: { CI: "true" } },
  "a dumb terminal": { env: { TERM: "dumb" } },
};
for (const [what, options] of Object.entries(PLAIN)) {
  Deno.test(`${what} gets plain lines, and progress every ten seconds at most`, () => {
    const { steps, pass, written } = watched(options);
    steps.step("Uploading");
    for (let second = 0; second < 35; second++) {
      steps.progress(second * MIB, 100 * MIB);
      pass(500);
      steps.progress(second * MIB + MIB / 2, 100 * MIB);
      pass(500);
    }
    steps.waiting("the upload failed: 503, try 2 of 5", 1_400);
    steps.step("Making the release");
    steps.end();
    assert.deepEqual(written().split("\n"), [
      "Uploading",
      "Uploading: 10.0 MiB of 100.0 MiB, 1.0 MiB/s, 1 min 30 s left",
      "Uploading: 20.0 MiB of 100.0 MiB, 1.0 MiB/s, 1 min 20 s left",
      "Uploading: 30.0 MiB of 100.0 MiB, 1.0 MiB/s, 1 min 10 s left",
      "the upload failed: 503, try 2 of 5; trying again in 1.4 s",
      "Uploading: done in 35 s, 1.0 MiB/s",
      "Making the release",
      "",
    ]);
  });
}

Deno.test("-q says nothing; --json says warnings alone, unless --log-format asks for events", () => {
  const all = (flags: CommonFlags) => {
    const { steps, written } = watched({ flags, terminal: false, env: { NO_COLOR: "1" } });
    steps.step("Uploading");
    steps.waiting("again", 1000);
    steps.warn("careful");
    steps.adapterLog("s3", "noise");
    steps.detail("more");
    steps.end();
    steps.close(0);
    return written();
  };
  assert.equal(all({ quiet: true }), "");
  assert.equal(all({ quiet: true, logFormat: "json" }), "");
  assert.equal(all({ json: true }), "warning: careful\n");
  assert.equal(all({ json: true, logFormat: "text" }), "Uploading\nagain; trying again in 1.0 s\nwarning: careful\n");
});

Deno.test("--log-format json writes each event as one line with time, level, and what it is about", () => {
  const { steps, pass, events } = watched({ flags: { logFormat: "json", verbose: true }, env: { CI: "true" } });
  const track = steps.track({ pack: "a.epack", remote: "prod" });
  track.step("Uploading");
  track.progress(MIB, 4 * MIB);
  pass(10_000);
  track.progress(2 * MIB, 4 * MIB);
  track.waiting("it failed", 1500);
  track.warn("careful\u001b[31m");
  track.adapterLog("s3", "noise");
  track.fail(new EpackError("network", "gone", { origin: "network", hint: "try again" }));
  steps.close(15);
  const about = { pack: "a.epack", remote: "prod" };
  const time = "2026-01-01T00:00:00.000Z";
  const later = "2026-01-01T00:00:10.000Z";
  const info = { time: later, level: "info" };
  assert.deepEqual(events(), [
    { time, level: "info", event: "step", ...about, step: "Uploading" },
    {
      ...{ ...info, event: "progress", ...about, step: "Uploading", done_bytes: 2 * MIB, total_bytes: 4 * MIB },
      ...{ bytes_per_second: 104858, left_ms: 20000 },
    },
    { ...info, event: "waiting", ...about, step: "Uploading", message: "it failed", wait_ms: 1500 },
    { time: later, level: "warning", event: "warn", ...about, message: "careful\u001b[31m" },
    { time: later, level: "debug", event: "adapter_log", ...about, adapter: "s3", message: "noise" },
    {
      ...{ ...info, event: "step_done", ...about, step: "Uploading", ok: false, elapsed_ms: 10_000 },
      ...{ done_bytes: 2 * MIB, bytes_per_second: 104858 },
    },
    {
      ...{ time: later, level: "error", event: "error", ...about, code: "network", message: "gone" },
      ...{ hint: "try again", origin: "network", exit: 15 },
    },
    { ...info, event: "done", ...about, ok: false, elapsed_ms: 10_000 },
    { ...info, event: "done", ok: false, exit: 15, elapsed_ms: 10_000 },
  ]);
});

Deno.test("a step that ends by itself has the time left", () => {
  const { steps, pass, screen } = watched({ env: { NO_COLOR: "1" } });
  steps.step("Waiting for the login", { endsInMs: 600_000 });
  pass(61_000);
  assert.equal(screen().text, "Waiting for the login, 8 min 59 s left\n");
  pass(600_000);
  assert.equal(screen().text, "Waiting for the login, 0 s left\n");
});

Deno.test("a step in the middle of another is shown in its place, and the other goes on after it", async () => {
  const { steps, pass, screen } = watched({ env: { NO_COLOR: "1" } });
  steps.step("Preparing the release");
  await steps.aside(async () => {
    steps.say("To log in");
    steps.step("Waiting for the login");
    assert.equal(screen().text, "To log in\nWaiting for the login …\n");
  });
  pass(100);
  assert.equal(screen().text, "To log in\n✓ Waiting for the login\nPreparing the release …\n");
  steps.end();
  assert.equal(screen().text, "To log in\n✓ Waiting for the login\n✓ Preparing the release\n");
});

Deno.test("a step in the middle of another that fails is the one that failed", async () => {
  const { steps, screen } = watched({ env: { NO_COLOR: "1" } });
  steps.step("Preparing the release");
  await assert.rejects(steps.aside(async () => {
    steps.step("Waiting for the login");
    throw new EpackError("timeout", "too late");
  }));
  steps.fail();
  assert.equal(screen().text, "✗ Waiting for the login\n");
});
