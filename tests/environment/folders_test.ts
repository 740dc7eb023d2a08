import assert from "node:assert/strict";
import { join } from "node:path";
import { has, isCompiled, isRoot, mayMount, programWords, shellProject } from "./project.ts";

Deno.test("epack pushes without HOME, and with no variable at all", async () => {
  await using project = await shellProject();
  const unset = await project.sh("unset HOME; epack push -q local a.epack");
  assert.equal(unset.code, 0, unset.stderr);
  const bare = await project.sh(`env -i ${programWords()} push -q local a.epack`);
  assert.equal(bare.code, 0, bare.stderr);
});

Deno.test({
  name: "epack pushes and pulls with a read-only HOME and a temporary folder on another file system",
  // from source Deno itself needs its cache below HOME
  ignore: !isCompiled || !mayMount(),
  async fn() {
    await using project = await shellProject();
    const run = await project.sh(`mkdir home other && cat > run.sh <<'EOF'
      mount -t tmpfs -o ro none home && mount -t tmpfs none other && export HOME="$PWD/home" TMPDIR="$PWD/other"
      ${programWords()} push -q native a.epack && ${programWords()} pull -q native -o back.epack && ls -A other home
EOF
      unshare -m sh -e run.sh && cmp a.epack back.epack`);
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /other:\n*$/);
  },
});

for (
  const [what, options, code, says] of [
    ["is full", "size=4k", 1, /no space left on the device/],
    ["is mounted noexec", "noexec", 1, /cannot be started.*\n.*noexec/],
  ] as const
) {
  Deno.test({
    name: `a native adapter's push says so when the temporary folder ${what}, and leaves nothing there`,
    ignore: !mayMount(),
    async fn() {
      await using project = await shellProject();
      const run = await project.sh(`mkdir tmp && cat > run.sh <<'EOF'
        mount -t tmpfs -o ${options} none tmp && { head -c 8192 /dev/zero > tmp/filler 2>/dev/null || true; }
        export TMPDIR="$PWD/tmp"; ${programWords()} push -q native a.epack; code=$?; rm tmp/filler; ls -A tmp; exit $code
EOF
        unshare -m sh run.sh`);
      assert.equal(run.code, code, run.stdout);
      assert.match(run.stderr, says);
      assert.equal(run.stdout, "");
    },
  });
}

Deno.test("a temporary folder that is missing, or one that Deno keeps closed, is named with what to do", async () => {
  await using project = await shellProject();
  const missing = await project.sh("epack push -q native a.epack", { TMPDIR: join(project.path, "gone") });
  assert.equal(missing.code, 20, missing.stderr);
  assert.match(missing.stderr, /hint: set TMPDIR/);
  if (Deno.build.os !== "linux") return;
  const closed = await project.sh("ls -A /dev/shm; epack push -q native a.epack; code=$?; ls -A /dev/shm; exit $code", {
    TMPDIR: "/dev/shm",
  });
  assert.equal(closed.code, 1, closed.stderr);
  assert.match(closed.stderr, /away from \/dev/);
  assert.doesNotMatch(closed.stdout, /epack-adapter-/);
});

const readOnly = `bwrap --ro-bind / / --dev /dev --proc /proc ${programWords()}`;
const mayBwrap = has("bwrap") &&
  new Deno.Command("bwrap", { args: ["--ro-bind", "/", "/", "true"], stdout: "null", stderr: "null" }).outputSync()
    .success;

for (const command of ["verify -q a.epack", "inspect a.epack", "list a.epack", "remote list", "remote whoami local"]) {
  Deno.test({
    name: `epack ${command} needs no place to write`,
    ignore: !mayBwrap,
    async fn() {
      await using project = await shellProject();
      await Deno.mkdir(join(project.path, "releases"));
      const run = await project.sh(`${readOnly} ${command}`);
      assert.equal(run.code, 0, run.stderr);
    },
  });
}

Deno.test({
  name: "a push to a project that is read-only says so in one line",
  ignore: !mayBwrap,
  async fn() {
    await using project = await shellProject();
    const run = await project.sh(`${readOnly} push local a.epack`);
    assert.equal(run.code, 1);
    assert.match(run.stderr, /^error: .*read-only file system$/m);
  },
});

Deno.test({
  name: "another user is told what is not theirs, and leaves nothing",
  // from source the other user has no Deno
  ignore: !isCompiled || !isRoot || !has("setpriv"),
  async fn() {
    await using project = await shellProject();
    // where the binary lies may be closed to the other user
    const plain = "setpriv --reuid=65534 --regid=65534 --clear-groups ./program";
    const run = await project.sh(`cp ${programWords()} program && chmod 755 . && ${plain} verify a.epack`);
    assert.equal(run.code, 1);
    assert.match(run.stderr, /"?a\.epack" is not accessible to this user/);
    const readable = await project.sh(`chmod 644 a.epack && ${plain} verify -q a.epack`);
    assert.equal(readable.code, 0, readable.stderr);
  },
});

Deno.test({
  name: "a user without a home of their own does the main job",
  // from source this user has no Deno
  ignore: !isCompiled || !isRoot || !has("setpriv"),
  async fn() {
    await using project = await shellProject();
    const run = await project.sh(
      `cp ${programWords()} program && chmod 755 . && mkdir own && chown 65534:65534 own && cd own
      epack() { setpriv --reuid=65534 --regid=65534 --clear-groups env -u HOME TMPDIR="$PWD" ../program "$@"; }
      epack init -q && echo evidence > evidence.txt && epack build -q a.epack evidence.txt && epack push -q local a.epack &&
      epack pull -q local -o back.epack && cmp a.epack back.epack && ls -A | grep -c '^epack-adapter' || true`,
    );
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /\n0\n$/);
  },
});
