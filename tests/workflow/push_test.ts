import assert from "node:assert/strict";
import { join } from "node:path";
import { digestOf } from "../../lib/digest/mod.ts";
import { webServer } from "../servers/web_server.ts";
import { scriptedProject } from "./scripted_project.ts";

Deno.test("push() sends both dialects' fields, and the bytes themselves", async () => {
  await using project = await scriptedProject();
  const pack = await project.read("good.epack") ?? new Uint8Array();
  const run = await project.epack("push", "s", "good.epack", "--label", "a", "--notes", "n", "--release-version", "v3");
  assert.equal(run.code, 0, run.stderr);
  const [, prepare, finalize] = await project.asked();
  assert.deepEqual(prepare.request.target, { stream: "acme/prod" });
  const sent = prepare.request.pack as Record<string, unknown>;
  assert.equal(sent.file_digest, digestOf(pack));
  assert.equal(sent.size_bytes, pack.length);
  assert.match(String(sent.manifest_digest), /^[0-9a-f]{64}$/);
  assert.match(String(sent.checksum), /^[A-Za-z0-9+/]{22}==$/);
  assert.deepEqual(prepare.request.release, { labels: ["a"], notes: "n", version: "v3" });
  assert.deepEqual(finalize.request.pack, prepare.request.pack);
  assert.notEqual(finalize.request.request_id, prepare.request.request_id);
});

Deno.test("push() does not finalize when the pack changed after it was verified", async () => {
  await using project = await scriptedProject();
  await Deno.copyFile(join(project.path, "good.epack"), join(project.path, "p.epack"));
  await Deno.remove(join(project.store, "store.epack"));
  await project.script({
    "push.prepare": { do: `printf EVIL | dd of=${project.path}/p.epack conv=notrunc bs=1 seek=60 2>/dev/null` },
  });
  const run = await project.epack("push", "s", "p.epack");
  assert.equal(run.code, 2, run.stderr);
  assert.match(run.stderr, /changed after it was verified/);
  assert.deepEqual((await project.asked()).map(({ command }) => command), ["--capabilities", "push.prepare"]);
  assert.equal(await project.read("store/store.epack"), undefined);
});

Deno.test("push() sends the bytes that it verified when another file took the pack's name", async () => {
  await using project = await scriptedProject();
  await Deno.copyFile(join(project.path, "good.epack"), join(project.path, "p.epack"));
  await project.script({
    "push.prepare": { do: `echo other > ${project.path}/n && mv ${project.path}/n ${project.path}/p.epack` },
  });
  const run = await project.epack("push", "s", "p.epack");
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(await project.read("store/store.epack"), await project.read("good.epack"));
});

Deno.test("push() runs the pinned bytes when the adapter is swapped during the run", async () => {
  await using project = await scriptedProject();
  await project.script({
    "push.prepare": {
      do: `printf '#!/bin/sh\\ntouch ${project.path}/evil\\n' > ${project.path}/epack-remote-scripted`,
    },
  });
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 0, run.stderr);
  assert.equal(await project.read("evil"), undefined);
  assert.equal((await project.epack("push", "s", "good.epack")).code, 11);
  assert.equal(await project.read("evil"), undefined);
});

/** Lies about the end of a push: nothing may be called pushed. */
const LIES: Record<string, { script: Record<string, unknown>; code: number; says: RegExp }> = {
  "releases another pack": {
    script: { "push.finalize": { release: { pack_digest: `sha256:${"b".repeat(64)}` } } },
    code: 2,
    says: /released another pack/,
  },
  "gives no release": { script: { "push.finalize": { release: null } }, code: 1, says: /release/ },
  "takes smaller packs only": {
    script: { "--capabilities": { limits: { max_pack_bytes: 10 } } },
    code: 1,
    says: /at most 10/,
  },
  "is of another kind": { script: { "--capabilities": { kind: "collector" } }, code: 1, says: /kind/ },
  "speaks another protocol version": {
    script: { "--capabilities": { deploy_protocol_version: 999 } },
    code: 1,
    says: /protocol version 999/,
  },
  "cannot push": {
    script: { "--capabilities": { features: { prepare_finalize: false } } },
    code: 1,
    says: /cannot push/,
  },
  "names a finalize_token that is a number": {
    script: { "push.prepare": { finalize_token: 5 } },
    code: 1,
    says: /finalize_token|finalizeToken/,
  },
  "needs a login": {
    script: {
      "push.prepare": {
        raw:
          '{"ok":false,"type":"error","request_id":"REQUEST_ID","error":{"code":"auth_required","message":"sign \\u001b[31min","action":"run this"}}',
      },
    },
    code: 1,
    says: /auth_required: sign \\u\{1b\}\[31min\n(?:.|\n)*run this/,
  },
};

for (const [name, { script, code, says }] of Object.entries(LIES)) {
  Deno.test(`push() fails and writes no receipt when the adapter ${name}`, async () => {
    await using project = await scriptedProject();
    await project.script(script);
    const run = await project.epack("push", "s", "good.epack");
    assert.equal(run.code, code, run.stderr);
    assert.match(run.stderr, says);
    assert.deepEqual([...Deno.readDirSync(join(project.path, ".epack/receipts/push/s"))], []);
    assert.deepEqual(project.tempFiles(), []);
  });
}

Deno.test("push() refuses to upload the pack onto itself", async () => {
  await using project = await scriptedProject();
  const before = await project.read("store/store.epack");
  const run = await project.epack("push", "s", "store/store.epack");
  assert.equal(run.code, 15, run.stderr);
  assert.deepEqual(await project.read("store/store.epack"), before);
});

Deno.test("push() over http sends once what the address says, and skip sends nothing", async () => {
  await using project = await scriptedProject();
  await using server = webServer(() => new Response(null));
  await project.script({
    "push.prepare": { upload: { url: `${server.origin}/put?sig=secret`, headers: { "x-meta": "1" } } },
  });
  const run = await project.epack("push", "s", "good.epack", "--json");
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(server.received[0].body, await project.read("good.epack"));
  assert.equal(server.received[0].headers["x-meta"], "1");
  await project.script({ "push.prepare": { upload: { method: "skip", url: "" } } });
  const skipped = await project.epack("push", "s", "good.epack", "--json");
  assert.equal(JSON.parse(skipped.stdout).transfer.method, "skip");
  assert.equal(server.received.length, 1);
});

Deno.test("push() that the store redirects to a GET is no success", async () => {
  await using project = await scriptedProject();
  await using server = webServer(() => new Response(null, { status: 302, headers: { location: "/elsewhere" } }));
  await project.script({ "push.prepare": { upload: { url: `${server.origin}/put` } } });
  assert.equal((await project.epack("push", "s", "good.epack")).code, 15);
  assert.deepEqual((await project.asked()).map(({ command }) => command), ["--capabilities", "push.prepare"]);
});

Deno.test("push() gives of an adapter's links those that are plain https addresses, in every form of the result", async () => {
  await using project = await scriptedProject();
  const links = {
    view: "https://registry.test/r/1",
    bucher: "https://b\u00fccher.test/",
    script: "javascript:alert(1)",
    file: "file:///etc/passwd",
    data: "data:text/html,x",
    plain: "http://registry.test/",
    user: "https://registry.test@evil.test/",
    hidden: "https://registry.test/\u001b]8;;https://evil.test\u0007",
  };
  await project.script({ "push.finalize": { links } });
  const kept = { view: "https://registry.test/r/1", bucher: "https://xn--bcher-kva.test/" };
  const json = JSON.parse((await project.epack("push", "s", "good.epack", "--json")).stdout);
  assert.deepEqual(json.links, kept);
  assert.deepEqual(JSON.parse(await Deno.readTextFile(json.receipt_path)).links, kept);
  const shown = await project.epack("push", "s", "good.epack");
  assert.match(shown.stdout, /view: https:\/\/registry\.test\/r\/1\n/);
  assert.doesNotMatch(shown.stdout + shown.stderr, /javascript:|file:|data:|evil|\u001b/);
  assert.match(shown.stderr, /6 of the remote's links left out/);
});

Deno.test("push() syncs the runs beside the pack, and --no-runs does not", async () => {
  await using project = await scriptedProject();
  const folder = join(project.path, "good.runs", "tools", "scan", "run-1");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "result.json"), "{}");
  const run = await project.epack("push", "s", "good.epack", "--json");
  assert.deepEqual(JSON.parse(run.stdout).synced_runs, ["run-1"]);
  const request = (await project.asked()).at(-1)?.request ?? {};
  assert.deepEqual(request.runs, [{
    run_id: "run-1",
    result_path: join(folder, "result.json"),
    result_digest: digestOf("{}"),
  }]);
  const without = await project.epack("push", "s", "good.epack", "--json", "--no-runs");
  assert.deepEqual(JSON.parse(without.stdout).synced_runs, []);
});

Deno.test("push() says that the release stands when its runs are not taken", async () => {
  await using project = await scriptedProject();
  const folder = join(project.path, "good.runs", "runs", "run-1");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "result.json"), "{}");
  await project.script({ "runs.sync": { raw: "nonsense" } });
  const run = await project.epack("push", "s", "good.epack", "--json");
  assert.equal(run.code, 0);
  assert.deepEqual(JSON.parse(run.stdout).failed_runs, ["run-1"]);
  assert.match(run.stderr, /the release is made, but its runs were not all synced/);
});

Deno.test("push() with runs.require_success exits 1 when a run is not taken, and the release has its receipt", async () => {
  await using project = await scriptedProject();
  const config = join(project.path, "epack.yaml");
  await Deno.writeTextFile(
    config,
    (await Deno.readTextFile(config)).replace(/^( +)binary:/m, "$1runs: {require_success: true}\n$1binary:"),
  );
  const folder = join(project.path, "good.runs", "runs", "run-1");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "result.json"), "{}");
  await project.script({ "runs.sync": { raw: "nonsense" } });
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 1, run.stderr);
  const receipts = join(project.path, ".epack/receipts/push/s");
  const [receipt] = [...Deno.readDirSync(receipts)];
  assert.deepEqual(JSON.parse(await Deno.readTextFile(join(receipts, receipt.name))).runs.failed, ["run-1"]);
});

Deno.test("push() fails before anything is sent when the receipt cannot be written", async () => {
  await using project = await scriptedProject();
  await Deno.remove(join(project.path, ".epack"), { recursive: true });
  await Deno.symlink("/tmp", join(project.path, ".epack"));
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 1);
  assert.match(run.stderr, /has a link/);
  assert.deepEqual(await project.asked(), []);
});

Deno.test("push() of a damaged pack starts no release", async () => {
  await using project = await scriptedProject();
  const bytes = await project.read("good.epack") ?? new Uint8Array();
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  await Deno.writeFile(join(project.path, "bad.epack"), bytes);
  const run = await project.epack("push", "s", "bad.epack");
  assert.equal(run.code, 2);
  assert.ok((await project.asked()).every(({ command }) => command === "--capabilities"));
});

const isRoot = Deno.build.os === "linux" && Deno.uid() === 0;

Deno.test({
  name: "push() leaves nothing in TMPDIR when file modes hold, as they do for a plain user",
  // run by a plain user, every other test here shows it
  ignore: !isRoot,
  async fn() {
    await using project = await scriptedProject();
    const run = await project.epackPlain("push", "s", "good.epack");
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(project.tempFiles(), []);
  },
});
