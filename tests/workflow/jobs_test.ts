import assert from "node:assert/strict";
import { join } from "node:path";
import { becomeJob, listJobs, pruneJobs } from "../../lib/job/mod.ts";
import { epackCommand } from "../../scripts/epack_command.ts";
import { DENO_CACHE, temporaryFolder } from "../epack.ts";
import { untilGone } from "../until_gone.ts";
import { type ScriptedProject, scriptedProject } from "./scripted_project.ts";

interface Job {
  id: string;
  status: string;
  pid: number;
  exit_code?: number;
  error?: string;
  failure?: { code: string };
  result?: Record<string, unknown>;
}

/** A project whose adapter stays in push.prepare until the file `go` is in its store. */
async function slowProject() {
  const project = await scriptedProject();
  await project.script({ "push.prepare": { do: "while [ ! -e go ]; do sleep 0.05; done" } });
  const go = () => Deno.writeTextFile(join(project.store, "go"), "");
  return {
    ...project,
    go,
    /** Ends what still waits. */
    async [Symbol.asyncDispose]() {
      await go();
      const running = (await jobsOf(project)).filter(({ status }) => status === "running");
      if (running.length > 0) await project.epack("jobs", "wait", ...running.map(({ id }) => id));
      await project[Symbol.asyncDispose]();
    },
  };
}

async function jobsOf(project: ScriptedProject): Promise<Job[]> {
  return JSON.parse((await project.epack("jobs", "--all", "--json")).stdout).jobs;
}

async function jobOf(project: ScriptedProject, id: string): Promise<Job> {
  return JSON.parse((await project.epack("jobs", id, "--json")).stdout);
}

async function startPush(project: ScriptedProject): Promise<{ job_id: string; pid: number; log_path: string }> {
  const run = await project.epack("push", "s", "good.epack", "--detach", "--json");
  assert.equal(run.code, 0, run.stdout + run.stderr);
  const started = JSON.parse(run.stdout);
  assert.equal(started.detached, true);
  return started;
}

/** Once the job's adapter was asked to prepare. */
async function untilAsked(project: ScriptedProject): Promise<void> {
  while (!(await project.asked()).some(({ command }) => command === "push.prepare")) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What a killed job left of its adapter, the next run removes, once the job is buried. */
async function sweptByNext(project: ScriptedProject, pid: number): Promise<void> {
  await untilGone(pid);
  assert.equal((await project.epack("remote", "info", "s")).code, 0);
  assert.deepEqual(project.tempFiles(), []);
}

const jobFiles = (project: ScriptedProject) =>
  [...Deno.readDirSync(join(project.path, ".epack/jobs"))].map(({ name }) => name.replace(/^job_\w+\./, "")).sort();

Deno.test("push --detach returns while the job runs and lets go of its output; the job's end, result and log are kept", async () => {
  await using project = await slowProject();
  const { job_id: id, pid, log_path } = await startPush(project);
  const running = await jobOf(project, id);
  assert.deepEqual([running.status, running.pid], ["running", pid]);
  assert.match((await project.epack("jobs")).stdout, new RegExp(`${id} +running .*epack push s good\\.epack`));

  await project.go();
  const waited = await project.epack("jobs", "wait", id);
  assert.equal(waited.code, 0, waited.stderr);
  const ended = await jobOf(project, "latest");
  assert.deepEqual([ended.id, ended.status, ended.exit_code], [id, "completed", 0]);
  assert.equal(ended.result?.release_id, "rel_1");
  assert.equal((await project.epack("receipts", "verify", String(ended.result?.receipt_path))).code, 0);
  assert.match(await Deno.readTextFile(log_path), /Pushed good\.epack to s/);
  assert.match((await project.epack("jobs", "logs", id)).stdout, /Pushed good\.epack to s/);
  assert.deepEqual(jobFiles(project), ["json", "log"]);
  assert.equal((await project.epack("jobs")).stdout, "No running jobs.\n1 that ended: epack jobs --all\n");
});

Deno.test("jobs wait ends with the job's exit code, and its error is kept as --json prints it", async () => {
  await using project = await scriptedProject();
  await project.script({ "pull.prepare": { pack: { digest: `sha256:${"0".repeat(64)}` } } });
  await project.epack("pull", "s", "-o", "back.epack", "--detach");
  const waited = await project.epack("jobs", "wait", "latest", "--json");
  assert.equal(waited.code, 2);
  const [job]: Job[] = JSON.parse(waited.stdout).jobs;
  assert.deepEqual([job.status, job.exit_code, job.failure?.code], ["failed", 2, "pack_mismatch"]);
  assert.match((await project.epack("jobs", "show", job.id)).stdout, /Error: +the remote announced/);
  assert.equal(await project.read("back.epack"), undefined);
});

Deno.test("jobs wait gives up in time, and the job goes on", async () => {
  await using project = await slowProject();
  const { job_id: id } = await startPush(project);
  const waited = await project.epack("jobs", "wait", id, "--timeout", "50ms");
  assert.deepEqual([waited.code, /still runs/.test(waited.stderr)], [13, true]);
  assert.equal((await jobOf(project, id)).status, "running");
});

Deno.test("a job that was killed is lost, never running for ever", async () => {
  await using project = await slowProject();
  const { job_id: id, pid } = await startPush(project);
  await untilAsked(project);
  Deno.kill(pid, "SIGKILL");
  assert.equal((await project.epack("jobs", "wait", id)).code, 1);
  assert.equal((await jobOf(project, id)).status, "lost");
  assert.match((await project.epack("jobs", "cancel", id)).stdout, /lost before; left as it is/);
  const pruned = await project.epack("jobs", "prune", "--older-than", "1ms", "--json");
  assert.deepEqual(JSON.parse(pruned.stdout), { cleaned: 1 });
  assert.deepEqual(jobFiles(project), []);
  await sweptByNext(project, pid);
});

Deno.test("jobs cancel ends a job and its adapter", async () => {
  await using project = await slowProject();
  const { job_id: id } = await startPush(project);
  await untilAsked(project);
  const cancelled = await project.epack("jobs", "cancel", id);
  assert.deepEqual([cancelled.code, cancelled.stdout], [0, `${id}: cancelled\n`]);
  const job = await jobOf(project, id);
  assert.deepEqual([job.status, job.exit_code, job.failure?.code], ["cancelled", 143, "interrupted"]);
  assert.equal((await project.epack("jobs", "wait", id)).code, 143);
  assert.deepEqual(project.tempFiles(), []);
});

Deno.test("jobs cancel kills a job that does not answer to SIGTERM", async () => {
  await using project = await slowProject();
  const { job_id: id, pid } = await startPush(project);
  await untilAsked(project);
  Deno.kill(pid, "SIGSTOP");
  const cancelled = await project.epack("jobs", "cancel", id, "--grace", "100ms");
  assert.equal(cancelled.code, 0, cancelled.stderr);
  const job = await jobOf(project, id);
  assert.deepEqual([job.status, job.exit_code], ["cancelled", 137]);
  await sweptByNext(project, pid);
});

Deno.test("jobs cancel leaves a process alone that has only the number of a job", async () => {
  await using project = await scriptedProject();
  const folder = join(project.path, ".epack/jobs");
  await Deno.mkdir(folder, { recursive: true });
  await using other = new Deno.Command("sleep", { args: ["1000"] }).spawn();
  const record = (id: string) => ({
    id,
    command: "push",
    args: ["prod"],
    status: "running",
    pid: other.pid,
    started_at: "2026-01-02T03:04:05.123456789Z",
    log_path: "/elsewhere/x.log",
  });
  for (const id of ["job_reused", "job_go"]) {
    await Deno.writeTextFile(join(folder, `${id}.json`), JSON.stringify(record(id)));
  }
  // a lock that nobody holds: the job ended, its number went to another
  await Deno.writeTextFile(join(folder, "job_reused.lock"), "");
  assert.equal((await jobOf(project, "job_reused")).status, "lost");
  assert.match((await project.epack("jobs", "cancel", "job_reused")).stdout, /lost before/);
  // no lock: the Go tool's, which says nothing more of it
  assert.equal((await jobOf(project, "job_go")).status, "running");
  const refused = await project.epack("jobs", "cancel", "job_go");
  assert.deepEqual([refused.code, /cannot be proven to be job job_go/.test(refused.stderr)], [1, true]);
  Deno.kill(other.pid, "SIGKILL");
  assert.equal((await other.status).signal, "SIGKILL");
  assert.equal((await jobOf(project, "job_go")).status, "lost");
});

Deno.test("a job goes on after its terminal hung up", async () => {
  await using project = await slowProject();
  // the program gets a terminal of its own, which is taken away as soon as it returned
  const hangUp = `import os, pty, sys
pid, terminal = pty.fork()
if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
said = b""
try:
    while chunk := os.read(terminal, 4096): said += chunk
except OSError: pass
os.close(terminal)
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
  const { code, stdout } = await new Deno.Command("python3", {
    args: ["-c", hangUp, ...epackCommand(), "push", "s", "good.epack", "-d", "--json"],
    cwd: project.path,
    env: { NO_COLOR: "1", TMPDIR: join(project.path, "tmp"), ...DENO_CACHE },
  }).output();
  const said = new TextDecoder().decode(stdout);
  assert.equal(code, 0, said);
  const { job_id: id, pid } = JSON.parse(said.slice(said.indexOf("{"), said.lastIndexOf("}") + 1));
  await untilAsked(project);
  Deno.kill(pid, "SIGHUP");
  await project.go();
  assert.equal((await project.epack("jobs", "wait", id)).code, 0);
  assert.equal((await jobOf(project, id)).status, "completed");
});

Deno.test("jobs logs -f gives what comes until the job ends", async () => {
  await using project = await slowProject();
  const { job_id: id } = await startPush(project);
  const following = project.start("jobs", "logs", "-f", id);
  const reader = following.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  for (let ended = false; !ended;) {
    const { done, value } = await reader.read();
    said += value ?? "";
    if (said.includes("Preparing the release")) await project.go();
    ended = done;
  }
  await following.stderr.cancel();
  assert.equal((await following.status).code, 0);
  assert.match(said, /Preparing the release\n[^]*Pushed good\.epack to s/);
});

Deno.test("what can be known before is said before anything is detached", async () => {
  await using project = await scriptedProject();
  const mistakes: [string[], number][] = [
    [["push", "s", "missing.epack"], 20],
    [["push", "s", "evidence.txt"], 2],
    [["push", "other", "good.epack"], 1],
    [["pull", "other"], 1],
    [["pull", "s", "-o", "good.epack"], 1],
    [["push", "s"], 1],
  ];
  for (const [args, code] of mistakes) {
    const run = await project.epack(...args, "--detach");
    assert.equal(run.code, code, `${args.join(" ")}: ${run.stderr}`);
  }
  await Deno.writeTextFile(join(project.path, "epack-remote-scripted"), "#!/bin/sh\n");
  assert.equal((await project.epack("push", "s", "good.epack", "--detach")).code, 11);
  assert.deepEqual(await jobsOf(project), []);
});

Deno.test("a job gets the environment, and none of it is in its files", async () => {
  await using project = await slowProject();
  const config = join(project.path, "epack.yaml");
  await Deno.writeTextFile(config, await Deno.readTextFile(config) + "    secrets: [EXAMPLE_TOKEN]\n");
  await project.script({ "push.prepare": { do: 'printf %s "$EXAMPLE_TOKEN" > seen; echo "$EXAMPLE_TOKEN" >&2' } });
  const secret = "s3cr3t-of-the-test";
  const { code, stderr } = await project.with({ EXAMPLE_TOKEN: secret })
    .epack("push", "s", "good.epack", "--detach", "-v", "--notes", `password=${secret}`);
  assert.equal(code, 0, stderr);
  assert.equal((await project.epack("jobs", "wait", "latest")).code, 0);
  assert.equal(await Deno.readTextFile(join(project.store, "seen")), secret);
  const folder = join(project.path, ".epack/jobs");
  const texts = await Promise.all(
    [...Deno.readDirSync(folder)].map(({ name }) => Deno.readTextFile(join(folder, name))),
  );
  assert.equal(texts.length, 2);
  assert.ok(!texts.join("\n").includes(secret), texts.join("\n"));
});

Deno.test("a job that is not there, or damaged, is said, and hides no other", async () => {
  await using project = await scriptedProject();
  assert.equal((await project.epack("jobs", "show", "latest")).code, 1);
  const folder = join(project.path, ".epack/jobs");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "job_bad.json"), "{");
  await Deno.writeTextFile(
    join(folder, "job_good.json"),
    JSON.stringify({
      id: "job_good",
      command: "push\u001b[2J",
      args: null,
      status: "completed",
      pid: 4,
      started_at: "2026-01-02T03:04:05Z",
      completed_at: "2026-01-02T03:04:06Z",
      exit_code: 0,
      log_path: "/etc/passwd",
    }),
  );
  const listed = await project.epack("jobs", "-a");
  assert.match(listed.stdout, /✓ job_good +completed .*push\\u\{1b\}/);
  assert.match(listed.stderr, /job_bad\.json" is damaged/);
  // whatever its record says, a job's log is beside it
  assert.deepEqual((await project.epack("jobs", "logs", "job_good")).stdout, "");
  await Deno.symlink("/etc/passwd", join(folder, "job_good.log"));
  assert.match((await project.epack("jobs", "logs", "job_good")).stderr, /is a link/);
  assert.equal((await project.epack("jobs", "show", "../job_good")).code, 1);
  const { stdout } = await project.epack("__complete", "jobs", "show", "job_g");
  assert.match(stdout, /^job_good\t/m);
  const first = (await project.epack("__complete", "jobs", "")).stdout;
  for (const word of ["cancel", "latest", "job_good"]) assert.match(first, new RegExp(`^${word}\t`, "m"));
});

Deno.test("a job's log is bounded, and jobs are pruned but for the newest and those that run", async () => {
  await using folder = temporaryFolder();
  const at = (second: number) => ({
    command: "push",
    args: [],
    cwd: "/",
    now: () => new Date(`2026-01-01T00:00:0${second}Z`),
  });
  for (const second of [1, 2, 3]) {
    const job = await becomeJob(folder.path, at(second));
    for (let line = 0; line < 300; line++) job.log("x".repeat(10_000) + "\n");
    await job.end({ exitCode: 0, interrupted: false });
    const text = await Deno.readTextFile(job.logPath);
    assert.ok(text.length <= 1024 * 1024 + 100, `${text.length}`);
    assert.match(text, /\(the log is full; what comes after is left out\)\n$/);
  }
  const running = await becomeJob(folder.path, at(0));
  assert.equal(await pruneJobs(folder.path, { keep: 1 }), 2);
  const { jobs } = await listJobs(folder.path);
  assert.deepEqual(jobs.map(({ startedAt }) => startedAt.getUTCSeconds()), [3, 0]);
  await running.end({ exitCode: 1, interrupted: false });
  assert.equal(await pruneJobs(folder.path, { keep: 0 }), 2);
  assert.deepEqual([...Deno.readDirSync(join(folder.path, ".epack/jobs"))], []);
});

Deno.test("a push of several packs is one job, and ends as the first of them that failed", async () => {
  await using project = await scriptedProject();
  await Deno.copyFile(join(project.path, "good.epack"), join(project.path, "other.epack"));
  await project.script({ "push.finalize": { ok: false } });
  const run = await project.epack("push", "s", "good.epack", "other.epack", "--detach");
  assert.equal(run.code, 0, run.stderr);
  const waited = await project.epack("jobs", "wait", "latest", "--json");
  const [job]: Job[] = JSON.parse(waited.stdout).jobs;
  assert.deepEqual([waited.code, job.status, job.exit_code], [1, "failed", 1]);
  assert.equal((job.result?.results as unknown[]).length, 2);
});
