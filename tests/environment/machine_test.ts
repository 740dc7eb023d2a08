import assert from "node:assert/strict";
import { has, isCompiled, isRoot, mayMount, programWords, shellProject } from "./project.ts";

Deno.test("epack pushes and pulls with 64 open files at most", async () => {
  await using project = await shellProject();
  const run = await project.sh("ulimit -n 64; epack push -q local a.epack && epack pull -q local -o back.epack");
  assert.equal(run.code, 0, run.stderr);
});

Deno.test("too few open files are an error in one line", async () => {
  await using project = await shellProject();
  const run = await project.sh("ulimit -n 20; epack push -q local a.epack");
  assert.notEqual(run.code, 0);
  assert.doesNotMatch(run.stderr, /something went wrong inside|^\s+at /m);
});

for (const year of [1970, 2100]) {
  Deno.test({
    name: `epack pushes and pulls in ${year}`,
    ignore: !has("faketime"),
    async fn() {
      await using project = await shellProject();
      const at = `faketime '${year}-06-01 00:00:00' ${programWords()}`;
      const run = await project.sh(
        `${at} push -q local a.epack && ${at} pull -q local -o back.epack && cmp a.epack back.epack
        ls .epack/receipts/push/local`,
      );
      assert.equal(run.code, 0, run.stderr);
      assert.match(run.stdout, new RegExp(`^${year}0[56]\\d\\d_`, "m"));
    },
  });
}

Deno.test("two hundred runs at once all succeed", async () => {
  await using project = await shellProject();
  const run = await project.sh(`for n in $(seq 200); do
      { epack verify -q a.epack >/dev/null 2>err.$n || echo "$n: $(cat err.$n)" >> failed; } &
    done; wait; cat failed 2>/dev/null; rm -f err.*`);
  assert.equal(run.stdout, "");
});

Deno.test({
  name: "epack pushes without a network and without a Deno on the PATH",
  ignore: !mayMount(),
  async fn() {
    await using project = await shellProject();
    const run = await project.sh(`exec unshare -n env PATH=/usr/bin:/bin ${programWords()} push -q local a.epack`);
    assert.equal(run.code, 0, run.stderr);
  },
});

Deno.test({
  name: "the binary works in a root that has nothing but libc, /proc and /dev/null",
  ignore: !isCompiled || !isRoot || !mayMount(),
  async fn() {
    await using project = await shellProject();
    const run = await project.sh(`binary=${programWords()}
      mkdir -p root/proc root/dev root/tmp root/made && cp evidence.txt root/made && cp "$binary" root/epack
      for library in $(ldd "$binary" | grep -o '/[^ ]*'); do cp --parents -L "$library" root; done
      cat > run.sh <<'EOF'
      mount -t proc none root/proc && touch root/dev/null && mount --bind /dev/null root/dev/null
      chroot root /epack build -q -s acme/prod /made/a.epack /made/evidence.txt && chroot root /epack verify -q /made/a.epack
EOF
      unshare -m sh -e run.sh`);
    assert.equal(run.code, 0, run.stderr);
  },
});

Deno.test({
  name: "epack writes below the project and the temporary folder, and nowhere else",
  ignore: !isCompiled || !has("strace"),
  async fn() {
    await using project = await shellProject();
    const run = await project.sh(`mkdir tmp; export TMPDIR="$PWD/tmp"
      for command in "push -q local a.epack" "pull -q local -o b.epack" "push -q native a.epack" "verify -q a.epack"; do
        strace -qq -f -o trace -A -e trace=openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,symlink,symlinkat,chmod,fchmodat ${programWords()} $command || exit 1
      done
      grep -vE 'ENOENT|EEXIST|ENOTDIR|O_RDONLY|/dev/null|/dev/tty|resumed' trace`);
    assert.ok(run.stdout.split("\n").length > 10, run.stderr);
    // a name behind a folder's descriptor is below a folder that was opened by its path
    const elsewhere = run.stdout.split("\n").filter((line) => {
      const [, from, path] = line.match(/\((?:(AT_FDCWD|\d+), )?"([^"]*)"/) ?? [];
      if (path === undefined || path.startsWith(project.path)) return false;
      return path.startsWith("/") || from === undefined || from === "AT_FDCWD";
    });
    // the python adapter's interpreter looks for its own caches
    assert.deepEqual(elsewhere.filter((line) => !/__pycache__/.test(line)), []);
  },
});
