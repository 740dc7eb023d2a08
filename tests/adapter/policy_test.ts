import assert from "node:assert/strict";
import { join } from "node:path";
import {
  checkAdapterSecurity,
  checkOverrides,
  defaultVerificationOptions,
  type VerificationOptions,
} from "../../lib/adapter/mod.ts";
import { parseConfig, type Remote, resolveRemote } from "../../lib/config/mod.ts";
import { digestOf } from "../../lib/digest/mod.ts";
import { isEpackError } from "../../lib/errors.ts";
import { currentPlatform, type Lock, type LockedRemote } from "../../lib/lockfile/mod.ts";
import { temporaryFolder } from "../epack.ts";

/**
 * What each adapter may do, written down from the rules: `.` runs; P is not pinned; M is locked, but not for this platform; S was
 * installed without verification; I is an insecure wish that is refused. Groups of four: no mode, --frozen,
 * EPACK_STRICT_PRODUCTION, both; in each: no flag, -p --insecure-allow-unpinned, -v --insecure-allow-unverified, both flags.
 */
const ANSWERS = `
  adapter          lockfile        beside it   plain  frozen strict both
                                               · p v b· p v b· p v b· p v b
  source           pinned          nothing     ....   .III   .III   .III
  source           pinned          mark        SS..   SIII   SIII   SIII
  source           unpinned        nothing     P.P.   PIII   PIII   PIII
  source           unpinned        mark        SSP.   SIII   SIII   SIII
  source           no digest       nothing     MMMM   MIII   MIII   MIII
  source           no digest       mark        MMMM   MIII   MIII   MIII
  source           other platform  nothing     MMMM   MIII   MIII   MIII
  source           other platform  mark        MMMM   MIII   MIII   MIII
  source module    pinned          nothing     ....   .III   .III   .III
  source module    pinned          mark        SS..   SIII   SIII   SIII
  source module    unpinned        nothing     P.P.   PIII   PIII   PIII
  source module    unpinned        mark        SSP.   SIII   SIII   SIII
  source module    no digest       nothing     MMMM   MIII   MIII   MIII
  source module    no digest       mark        MMMM   MIII   MIII   MIII
  source module    other platform  nothing     MMMM   MIII   MIII   MIII
  source module    other platform  mark        MMMM   MIII   MIII   MIII
  external         pinned          nothing     ....   .III   .III   .III
  external         pinned          mark        ....   .III   .III   .III
  external         unpinned        nothing     P.P.   PIII   PIII   PIII
  external         unpinned        mark        P.P.   PIII   PIII   PIII
  external         no digest       nothing     MMMM   MIII   MIII   MIII
  external         no digest       mark        MMMM   MIII   MIII   MIII
  external         other platform  nothing     MMMM   MIII   MIII   MIII
  external         other platform  mark        MMMM   MIII   MIII   MIII
  module           pinned          nothing     ....   .III   .III   .III
  module           pinned          mark        ....   .III   .III   .III
  module           unpinned        nothing     P.P.   PIII   PIII   PIII
  module           unpinned        mark        P.P.   PIII   PIII   PIII
  module           no digest       nothing     MMMM   MIII   MIII   MIII
  module           no digest       mark        MMMM   MIII   MIII   MIII
  module           other platform  nothing     MMMM   MIII   MIII   MIII
  module           other platform  mark        MMMM   MIII   MIII   MIII
  built in         pinned          nothing     ....   .III   .III   .III
  built in         pinned          mark        ....   .III   .III   .III
  built in         unpinned        nothing     ....   .III   .III   .III
  built in         unpinned        mark        ....   .III   .III   .III
  built in         no digest       nothing     ....   .III   .III   .III
  built in         no digest       mark        ....   .III   .III   .III
  built in         other platform  nothing     ....   .III   .III   .III
  built in         other platform  mark        ....   .III   .III   .III
`;
const CODES: Record<string, string> = {
  ".": "runs",
  P: "adapter_not_pinned",
  M: "lockfile_mismatch",
  S: "signature_invalid",
  I: "insecure_refused",
};

const REMOTES: Record<string, string> = {
  "source": "source: acme/epack-remote-x@v1",
  "source module": "source: acme/epack-remote-x@v1",
  "external": "binary: /opt/epack-remote-x",
  "module": "binary: /opt/epack-remote-x.js",
  "built in": "adapter: filesystem",
};
const ENTRIES: Record<string, LockedRemote["platforms"] | undefined> = {
  "pinned": { [currentPlatform()]: { digest: digestOf("x") }, "plan9/mips": { digest: digestOf("y") } },
  "unpinned": undefined,
  "no digest": {},
  "other platform": { "plan9/mips": { digest: digestOf("y") } },
};
const FLAGS: VerificationOptions[] = [
  {},
  { allowUnpinned: true },
  { allowUnverified: true },
  { allowUnpinned: true, allowUnverified: true },
];
const MODES: VerificationOptions[] = [
  {},
  { frozen: true },
  { strictProduction: true },
  { frozen: true, strictProduction: true },
];

function remoteOf(lines: string): Remote {
  return resolveRemote(
    parseConfig(new TextEncoder().encode(`remotes:\n  r: {${lines}}\n`), { path: "epack.yaml" }),
    "r",
  );
}

function lockOf(platforms: LockedRemote["platforms"] | undefined): Lock {
  return { path: "epack.lock.yaml", remotes: platforms === undefined ? {} : { r: { platforms } } };
}

/** Adapters × lockfiles × what is beside it × modes × flags. */
const CASES = 5 * 4 * 2 * 4 * 4;

/** "runs", or the code of the refusal. */
async function answerOf(check: () => unknown): Promise<string> {
  try {
    await check();
    return "runs";
  } catch (error) {
    if (isEpackError(error)) return error.code;
    throw error;
  }
}

Deno.test(`checkAdapterSecurity() answers ${CASES} cases of adapter, lockfile, mark, mode and flags as the rules say`, async (t) => {
  await using folder = temporaryFolder();
  const marks: Record<string, string> = { nothing: join(folder.path, "plain"), mark: join(folder.path, "marked") };
  for (const path of Object.values(marks)) await Deno.mkdir(path);
  await Deno.writeTextFile(join(marks.mark, ".insecure-install"), "");
  let cases = 0;
  for (const line of ANSWERS.trim().split("\n").slice(2)) {
    const [adapter, lockfile, mark, ...groups] = line.trim().split(/ {2,}/);
    await t.step(`${adapter}, ${lockfile}, ${mark} beside it`, async () => {
      const path = join(marks[mark], adapter.endsWith("module") ? "epack-remote-x.js" : "epack-remote-x");
      for (const [at, letter] of [...groups.join("")].entries()) {
        const options = { ...MODES[Math.floor(at / 4)], ...FLAGS[at % 4], lock: lockOf(ENTRIES[lockfile]) };
        const answer = await answerOf(() => checkAdapterSecurity(remoteOf(REMOTES[adapter]), path, options));
        assert.equal(answer, CODES[letter], JSON.stringify(options));
        cases++;
      }
    });
  }
  assert.equal(cases, CASES);
});

Deno.test("checkAdapterSecurity() hands on the pin of this platform, and none for what runs unpinned or is built in", async () => {
  const lock = lockOf(ENTRIES.pinned);
  const pinned = await checkAdapterSecurity(remoteOf("binary: /opt/x"), "/opt/x", { lock, allowUnpinned: true });
  assert.equal(pinned?.digest, digestOf("x"));
  assert.equal(pinned?.platform, currentPlatform());
  const unpinned = { lock: undefined, allowUnpinned: true };
  assert.equal(await checkAdapterSecurity(remoteOf("binary: /opt/x"), "/opt/x", unpinned), undefined);
  assert.equal(await checkAdapterSecurity(remoteOf("adapter: filesystem"), "", { lock }), undefined);
});

Deno.test("checkAdapterSecurity() without a lockfile answers as one that does not name the remote", async () => {
  for (const [lines, code] of [["binary: /opt/x", "adapter_not_pinned"], ["adapter: filesystem", "runs"]]) {
    assert.equal(await answerOf(() => checkAdapterSecurity(remoteOf(lines), "/opt/x", { lock: undefined })), code);
  }
});

Deno.test("checkAdapterSecurity() takes a remote for locked only by its own name, not by one that every object has", async () => {
  const remote = resolveRemote(
    parseConfig(new TextEncoder().encode("remotes:\n  constructor: {binary: /opt/x}\n"), { path: "epack.yaml" }),
    "constructor",
  );
  const lock = lockOf(undefined);
  assert.equal(await answerOf(() => checkAdapterSecurity(remote, "/opt/x", { lock })), "adapter_not_pinned");
});

Deno.test("a custom endpoint is refused under EPACK_STRICT_PRODUCTION alone, built in or not", async () => {
  const lock = lockOf(ENTRIES.pinned);
  for (const adapter of ["binary: /opt/x", "adapter: filesystem", "source: a/b@v1"]) {
    for (const endpoint of ["insecure_endpoint: http://127.0.0.1:1", "auth: {insecure_endpoint: http://127.0.0.1:1}"]) {
      const remote = remoteOf(`${adapter}, ${endpoint}`);
      for (const options of MODES) {
        const expected = options.strictProduction ? "insecure_refused" : "runs";
        assert.equal(await answerOf(() => checkOverrides(remote, options)), expected);
        assert.equal(await answerOf(() => checkAdapterSecurity(remote, "/opt/x", { ...options, lock })), expected);
      }
    }
  }
});

Deno.test("checkOverrides() refuses a flag that contradicts a mode and names both, whatever the remote is", async () => {
  for (const remote of [undefined, ...Object.values(REMOTES).map(remoteOf)]) {
    for (const mode of MODES) {
      for (const flags of FLAGS) {
        const refused = Object.keys(mode).length > 0 && Object.keys(flags).length > 0;
        const answer = await answerOf(() => checkOverrides(remote, { ...mode, ...flags }));
        assert.equal(answer, refused ? "insecure_refused" : "runs");
      }
    }
  }
  assert.throws(() => checkOverrides(undefined, { frozen: true, allowUnverified: true }), {
    message: "--insecure-allow-unverified is refused under --frozen",
  });
  assert.throws(() => checkOverrides(undefined, { strictProduction: true, allowUnpinned: true }), {
    message: "--insecure-allow-unpinned is refused under EPACK_STRICT_PRODUCTION",
  });
});

Deno.test("defaultVerificationOptions() allows nothing insecure", () => {
  assert.deepEqual(Object.values(defaultVerificationOptions()), [false, false, false, false]);
});
