/** Native adapters that misbehave as processes, each by one fault, through the whole program. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type HostileProject, hostileProject, OLD, type Outcome } from "./hostile_project.ts";

let project: HostileProject;

Deno.test.beforeAll(async () => {
  project = await hostileProject();
});
Deno.test.afterAll(async () => {
  console.log(project.table());
  await project[Symbol.asyncDispose]();
});

const PULL = ["pull", "s", "-o", "out.epack", "--force", "--json"];
const PUSH = ["push", "s", "good.epack", "--json"];
const INFO = ["remote", "info", "s", "--json"];
const WHOAMI = ["remote", "whoami", "s", "--json"];

/** What a fault leads to. */
interface End {
  /** Of the error; none: the command succeeds in spite of it. */
  code?: string;
  exit: number;
  says?: RegExp;
}

interface Row extends End {
  fault: string;
  /** For those that would go on for ever. */
  timeout?: string;
  /** Leaves a process that nobody could find again. */
  daemon?: boolean;
}

function assertEnd(run: Outcome, { code, exit, says }: End): void {
  assert.equal(run.error?.code, code, run.stdout);
  assert.equal(run.code, exit);
  if (says !== undefined) assert.match(run.error?.message ?? "", says);
}

const GOOD = { exit: 0 };
const TOO_MUCH = { code: "adapter_protocol", exit: 1, says: /wrote more than \d+ bytes to std(out|err)/ };
const WRONG = { code: "adapter_protocol", exit: 1 };
const SILENT = { code: "timeout", exit: 13, says: /did not answer \S+ within 3 s/, timeout: "3s" };
const UNREAD = { code: "adapter_error", exit: 1, says: /invalid_request: not read/ };

const FAULTS: Record<string, Row> = {
  "writes to stdout without end": { fault: "endless_stdout", ...TOO_MUCH },
  "answers with a text without end": { fault: "endless_string", ...TOO_MUCH },
  "writes to stdout without end, a few bytes at a time": { fault: "dripping_stdout", ...TOO_MUCH },
  "writes to stderr without end": { fault: "endless_stderr", ...TOO_MUCH },
  "writes to stderr without end, a few bytes at a time": { fault: "dripping_stderr", ...TOO_MUCH },
  "answers with 50 MB of JSON": { fault: "large_json", ...TOO_MUCH },
  "answers with millions of objects": { fault: "dense_json", ...WRONG, says: /more than \d+ values/ },
  "answers with millions of wrong items": { fault: "wrong_items", ...WRONG, says: /more than \d+ values/ },
  "answers with a million keys": { fault: "many_keys", ...WRONG, says: /more than \d+ values/ },
  "answers with millions of levels": { fault: "deep_json", ...WRONG, says: /nests deeper than 64/ },
  "answers with millions of lines": { fault: "blank_lines", ...WRONG, says: /unexpected character/ },
  "answers with 10 MB of text": { fault: "wide_json", ...GOOD },
  "never reads its request and never answers": { fault: "never_answers", ...SILENT },
  "ignores every signal": { fault: "ignores_signals", ...SILENT },
  "stops itself": { fault: "stops_itself", ...SILENT },
  "answers and does not end": { fault: "answers_and_stays", ...SILENT },
  "closes its output and does not end": { fault: "closes_output_and_stays", ...SILENT },
  "ends before it reads, with nothing to say": { fault: "says_nothing", ...WRONG, says: /it printed nothing/ },
  "answers and ends without reading its request": { fault: "answers_unread", ...UNREAD },
  "closes stdin and goes on": { fault: "closes_stdin", ...UNREAD },
  "forks a child that holds the pipes": { fault: "grandchild", ...GOOD },
  "crashes and leaves a child that holds the pipes": {
    fault: "grandchild_and_crash",
    code: "adapter_crashed",
    exit: 1,
    says: /ended with exit code 3 and no answer/,
  },
  "forks on and on": { fault: "forks_on", ...GOOD },
  "leaves a daemon that holds the pipes": { fault: "daemon", ...UNREAD, daemon: true },
  "dies in the middle of its answer": { fault: "dies_in_the_middle", ...WRONG, says: /ends inside a string/ },
};

const timeoutOf = ({ timeout }: Row) => timeout === undefined ? [] : ["--timeout", timeout];
const rowOf = (fault: string) => Object.values(FAULTS).find((row) => row.fault === fault) ?? assert.fail(fault);

for (const [what, row] of Object.entries(FAULTS)) {
  Deno.test(`epack pull survives an adapter that ${what}`, async () => {
    const fault = { name: row.fault, at: "pull.prepare" };
    assertEnd(await project.attack(fault, [...PULL, ...timeoutOf(row)], { daemon: row.daemon }), row);
    assert.equal(project.output() === OLD, row.exit !== 0);
    assert.equal(project.receipts("pull").length, row.exit === 0 ? 1 : 0);
  });
}

for (const fault of ["endless_stdout", "endless_stderr", "dense_json", "never_answers", "grandchild"]) {
  Deno.test(`epack remote info survives the fault ${fault} at --capabilities`, async () => {
    const row = rowOf(fault);
    assertEnd(await project.attack({ name: fault, at: "--capabilities" }, [...INFO, ...timeoutOf(row)]), row);
  });
}

Deno.test("epack takes an answer that came in time though a daemon holds the pipes for longer than that", async () => {
  const fault = { name: "daemon", at: "--capabilities" };
  const run = await project.attack(fault, [...INFO, "--timeout", "3s"], { daemon: true });
  // an error, which is no answer to this question
  assertEnd(run, { ...WRONG, says: /answered --capabilities wrongly/ });
});

for (const fault of ["endless_stdout", "never_answers", "says_nothing", "dies_in_the_middle"]) {
  Deno.test(`epack push writes no receipt after the fault ${fault} at push.finalize`, async () => {
    const row = rowOf(fault);
    assertEnd(await project.attack({ name: fault, at: "push.finalize" }, [...PUSH, ...timeoutOf(row)]), row);
    assert.deepEqual(project.receipts("push"), []);
  });
  Deno.test(`epack pull keeps the verified file after the fault ${fault} at pull.finalize`, async () => {
    const timeout = timeoutOf(rowOf(fault));
    const run = await project.attack({ name: fault, at: "pull.finalize" }, [...PULL, ...timeout]);
    assertEnd(run, { code: "adapter_error", exit: 1, says: /was checked, but the remote did not confirm the pull/ });
    assert.deepEqual(await project.read("out.epack"), await project.read("good.epack"));
    assert.equal(project.receipts("pull").length, 1);
  });
}

Deno.test("epack that is told to end takes a silent adapter and its children along", async () => {
  // the program runs beside a shell that ends it once the adapter, started twice, has its child
  const script =
    `"$@" & while [ "$(cat store/pids 2>/dev/null | wc -l)" -lt 3 ]; do sleep 0.05; done; kill -TERM $!; wait $!`;
  const fault = { name: "grandchild_and_silence", at: "pull.prepare" };
  const run = await project.attack(fault, PULL, { wrapper: ["sh", "-c", script, "sh"] });
  assertEnd(run, { code: "interrupted", exit: 143 });
  assert.equal(project.output(), OLD);
  assert.deepEqual(project.receipts("pull"), []);
});

/** As this user and, where that is root, as one for whom the modes of files hold. */
const USERS = Deno.build.os === "linux" && Deno.uid() === 0
  ? [[], ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"]]
  : [[]];

Deno.test("epack starts no sealed copy that the adapter rewrote for its next command", async () => {
  const commands = [["--capabilities", PULL], ["push.prepare", PUSH]] as const;
  for (const [[at, args], wrapper] of commands.flatMap((command) => USERS.map((user) => [command, user] as const))) {
    const run = await project.attack({ name: "rewrites_sealed", at }, args, { wrapper });
    assertEnd(run, { code: "adapter_digest_mismatch", exit: 11, says: /sealed copy .* was changed/ });
    assert.equal(await project.read("store/evil"), undefined);
    assert.equal(project.output(), OLD);
    assert.deepEqual([...project.receipts("push"), ...project.receipts("pull")], []);
  }
});

Deno.test("epack takes an error answer with any exit code, and a result with 0 alone", async () => {
  const nothing = { code: "adapter_crashed", exit: 1 };
  for (const code of [0, 1, 9, 126, 255]) {
    const ends: Record<string, End> = {
      nothing: code === 0 ? WRONG : { ...nothing, says: new RegExp(`ended with exit code ${code} and no answer`) },
      result: code === 0 ? GOOD : { ...WRONG, says: new RegExp(`gave a result and ended with exit code ${code}$`) },
      error: UNREAD,
    };
    for (const [what, end] of Object.entries(ends)) {
      assertEnd(await project.attack({ name: "exits", at: "auth.whoami", takes: [code, what] }, WHOAMI), end);
    }
  }
});

/** Where the kernel writes core dumps is the machine's business, unless it says: where the process is. */
function dumpsWhereItIs(): boolean {
  if (Deno.build.os !== "linux") return false;
  return /^[^/|]/.test(Deno.readTextFileSync("/proc/sys/kernel/core_pattern"));
}

const inRoot = () => [...Deno.readDirSync("/")].map(({ name }) => name).sort();

Deno.test({
  name: "epack leaves no core dump of an adapter that aborts",
  ignore: !dumpsWhereItIs(),
  async fn() {
    const before = inRoot();
    const wrapper = ["sh", "-c", 'ulimit -c unlimited 2>/dev/null; exec "$@"', "sh"];
    const run = await project.attack({ name: "aborts", at: "pull.prepare" }, PULL, { wrapper });
    assertEnd(run, { code: "adapter_crashed", exit: 1, says: /ended with exit code 134 and no answer/ });
    assert.deepEqual(inRoot(), before);
  },
});

Deno.test("epack leaves nothing of what an adapter writes where it is started", async () => {
  const before = inRoot();
  for (const wrapper of USERS) {
    assertEnd(await project.attack({ name: "leaves_files", at: "pull.prepare" }, PULL, { wrapper }), GOOD);
  }
  assert.deepEqual(inRoot(), before);
});

Deno.test("epack follows no link that an adapter puts in place of the folder of its sealed copy", async () => {
  const others = join(project.store, "others");
  await Deno.mkdir(join(others, "inner"), { recursive: true });
  for (const folder of [join(others, "inner"), others]) await Deno.chmod(folder, 0o555);
  assertEnd(await project.attack({ name: "swaps_folder", at: "auth.whoami" }, WHOAMI), GOOD);
  const modes = [others, join(others, "inner")].map((path) => (Deno.statSync(path).mode ?? 0) & 0o777);
  assert.deepEqual(modes, [0o555, 0o555]);
  await Deno.chmod(others, 0o755);
});

Deno.test("epack hands an adapter no password of a proxy, with a scheme or without, and no other secret", async () => {
  const env = {
    https_proxy: "user:hunter2@127.0.0.1:8080",
    HTTPS_PROXY: "http://user:hunter2@127.0.0.1:8080/",
    http_proxy: "user:hunter2/with@signs@127.0.0.1:8080",
    HTTP_PROXY: "HTTP://hunter2@127.0.0.1",
    ALL_PROXY: "socks5://user:hunter2@127.0.0.1",
    GITHUB_TOKEN: "hunter2",
    AWS_SECRET_ACCESS_KEY: "hunter2",
    LD_PRELOAD_OF_MINE: "hunter2",
  };
  assertEnd(await project.attack({ name: "shows_inheritance", at: "auth.whoami" }, WHOAMI, { env }), GOOD);
  const { environment } = JSON.parse(await Deno.readTextFile(join(project.store, "inherited.json")));
  assert.doesNotMatch(JSON.stringify(environment), /hunter2/);
  const { https_proxy, HTTPS_PROXY, http_proxy, HTTP_PROXY } = environment;
  assert.deepEqual([https_proxy, HTTPS_PROXY, http_proxy, HTTP_PROXY], [
    "127.0.0.1:8080",
    "http://127.0.0.1:8080/",
    "127.0.0.1:8080",
    "HTTP://127.0.0.1",
  ]);
});

Deno.test({
  name: "epack hands an adapter no open file but its three pipes",
  ignore: Deno.build.os !== "linux",
  async fn() {
    assertEnd(await project.attack({ name: "shows_inheritance", at: "pull.finalize" }, PULL), GOOD);
    const { descriptors } = JSON.parse(await Deno.readTextFile(join(project.store, "inherited.json")));
    // the last is the list that it is reading
    assert.deepEqual(descriptors, ["0", "1", "2", "3"]);
  },
});
