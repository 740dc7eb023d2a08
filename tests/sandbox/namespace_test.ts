/** Native adapters in namespaces: what they can do there, and that they never run with less confinement than was asked for. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../../scripts/root.ts";
import { admitUnpinned, namespaceHost } from "../../lib/sandbox/mod.ts";
import { epack, temporaryFolder } from "../epack.ts";
import { mayBwrap } from "../may_bwrap.ts";

/** What the curious adapter could do, with these permissions of its remote. */
async function curious(permissions: string) {
  await using folder = temporaryFolder();
  const granted = join(folder.path, "granted");
  const home = join(folder.path, "home");
  await Deno.mkdir(granted);
  await Deno.mkdir(home);
  await Deno.writeTextFile(join(granted, "own"), "own");
  await Deno.writeTextFile(join(folder.path, "outside"), "outside");
  const sleep = `3${Math.floor(Math.random() * 1e6)}.${Math.floor(Math.random() * 1e6)}`;
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await Deno.writeTextFile(
    join(folder.path, "epack.yaml"),
    `remotes:
  c:
    binary: ${ROOT}tests/adapters/epack-remote-curious
    secrets: [CURIOUS_PLACES]
    permissions: ${permissions}
`,
  );
  const places = {
    outside: join(folder.path, "outside"),
    granted,
    home,
    port: listener.addr.port,
    pid: Deno.pid,
    sleep,
  };
  const env = {
    CURIOUS_PLACES: JSON.stringify(places),
    CURIOUS_GRANTED: "granted",
    CURIOUS_HIDDEN: "hidden",
    HOME: home,
  };
  const run = await epack(["remote", "whoami", "c", "--json", "--insecure-allow-unpinned"], { cwd: folder.path, env });
  const info = await epack(["remote", "info", "c", "--json", "--insecure-allow-unpinned"], { cwd: folder.path, env });
  const left = await new Deno.Command("sh", { args: ["-c", `ps axo args | grep -F 'sleep ${sleep}' | grep -v grep`] })
    .output();
  return {
    run,
    // below the private /tmp it may seem to work
    wroteOutside: [...Deno.readDirSync(folder.path)].some(({ name }) => name === "outside.new"),
    found: run.code === 0 ? JSON.parse(JSON.parse(run.stdout).identities[0].subject) : {},
    confinement: info.code === 0 ? JSON.parse(info.stdout).confinement : "",
    daemons: new TextDecoder().decode(left.stdout).trim(),
  };
}

Deno.test({
  name: "a native adapter without grants has the system to read, a /tmp of its own, and nothing else",
  ignore: !mayBwrap,
  async fn() {
    const { run, found, confinement, daemons, wroteOutside } = await curious("{}");
    assert.equal(run.code, 0, run.stdout + run.stderr);
    for (
      const name of [
        "read outside",
        "read granted",
        "write granted",
        "write outside",
        "write system",
        "write itself",
        "list home",
        "connect",
        "signal host",
        "mount",
        "variable",
        "hidden variable",
      ]
    ) assert.match(found[name], /^no: /, name);
    assert.equal(wroteOutside, false);
    assert.equal(found["write own tmp"], "yes");
    assert.equal(found["list tmp"], "mine");
    assert.ok(Number(found["host processes"]) < 10, found["host processes"]);
    assert.match(found.capabilities, /^0+$/);
    assert.equal(found["no new privileges"], "1");
    assert.equal(found.daemon, "yes");
    assert.equal(daemons, "", "a daemon outlives its namespace");
    assert.match(confinement, /^native program in namespaces: no files, no network; /);
  },
});

Deno.test({
  name: "a native adapter with grants has these and no more",
  ignore: !mayBwrap,
  async fn() {
    const { run, found, confinement, wroteOutside } = await curious(
      '{read: [granted], write: [granted], net: ["*"], env: [CURIOUS_GRANTED]}',
    );
    assert.equal(run.code, 0, run.stdout + run.stderr);
    assert.equal(found["read granted"], "own");
    assert.equal(found["write granted"], "yes");
    assert.equal(found.connect, "yes");
    assert.equal(found.variable, "granted");
    assert.equal(wroteOutside, false);
    for (const name of ["read outside", "write system", "signal host", "hidden variable"]) {
      assert.match(found[name], /^no: /, name);
    }
    assert.match(confinement, /net everything/);
  },
});

Deno.test({
  name: "a native adapter with a folder to read cannot write there",
  ignore: !mayBwrap,
  async fn() {
    const { found } = await curious("{read: [granted]}");
    assert.equal(found["read granted"], "own");
    assert.match(found["write granted"], /^no: /);
  },
});

Deno.test("a native adapter with a list of hosts is refused: its network is all or none", async () => {
  const { run } = await curious('{net: ["127.0.0.1:443"]}');
  assert.equal(run.code, 1);
  const { error } = JSON.parse(run.stdout);
  if (mayBwrap) assert.equal(error.code, "config_invalid", error.message);
  else assert.match(error.code, /^(?:config_invalid|adapter_refused)$/, error.message);
});

for (
  const [what, script, says] of [
    ["bubblewrap is missing", undefined, /bubblewrap \(bwrap\) is not installed/],
    [
      "namespaces are not allowed",
      'echo "bwrap: No permissions to create new namespace" >&2; exit 1',
      /No permissions/,
    ],
  ] as const
) {
  Deno.test({
    name: `a native adapter that cannot be confined does not run: ${what}`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      await using folder = temporaryFolder();
      const adapter = join(folder.path, "epack-remote-x");
      await Deno.writeTextFile(adapter, `#!/bin/sh\ntouch ${folder.path}/ran\n`);
      await Deno.chmod(adapter, 0o755);
      const bwrap = join(folder.path, "bwrap");
      if (script !== undefined) {
        await Deno.writeTextFile(bwrap, `#!/bin/sh\n${script}\n`);
        await Deno.chmod(bwrap, 0o755);
      }
      const temp = join(folder.path, "tmp");
      await Deno.mkdir(temp);
      const refused = async () => {
        await using host = await namespaceHost(await admitUnpinned(adapter, { tempRoot: temp }), {
          name: "x",
          grants: { net: [], read: [], write: [], sys: [] },
          env: { PATH: "/usr/bin:/bin" },
          bubblewrap: [bwrap],
        });
        await host.call({ command: "--capabilities", timeoutMs: 20_000 });
      };
      await assert.rejects(refused(), (error: Error & { code?: string }) => {
        assert.equal(error.code, "adapter_refused");
        assert.match(error.message, says);
        return true;
      });
      assert.deepEqual([...Deno.readDirSync(temp)], []);
      assert.equal(await Deno.stat(join(folder.path, "ran")).then(() => true, () => false), false);
    },
  });
}
