import assert from "node:assert/strict";
import fc from "fast-check";
import { parseSource, pickRelease, repositoryName, sameRepository } from "../../lib/release/mod.ts";
import { release } from "./releases.ts";

Deno.test("parseSource() reads every kind of constraint", () => {
  const constraintOf = (constraint: string) => parseSource(`acme/epack-remote-s3@${constraint}`).constraint;
  assert.deepEqual(constraintOf("latest"), { by: "latest" });
  assert.deepEqual(constraintOf("^1.2"), { by: "range", range: "^1.2" });
  assert.deepEqual(constraintOf("~1.2.3"), { by: "range", range: "~1.2.3" });
  assert.deepEqual(constraintOf("v1.2.3"), { by: "tag", tags: ["v1.2.3", "1.2.3"] });
  assert.deepEqual(constraintOf("1.2.3-rc.1"), { by: "tag", tags: ["1.2.3-rc.1", "v1.2.3-rc.1"] });
  assert.deepEqual(constraintOf("1"), { by: "tag", tags: ["1", "v1"] });
});

Deno.test("parseSource() keeps owner and name as they are written", () => {
  const { repository } = parseSource("Acme-Org/my.remote_x@latest");
  assert.equal(repositoryName(repository), "Acme-Org/my.remote_x");
});

const REFUSED = [
  "",
  "acme",
  "acme/x",
  "acme/x@",
  "@latest",
  "acme/@latest",
  "/x@latest",
  "acme/x/y@latest",
  "acme/../x@latest",
  "../x@latest",
  "acme/..@latest",
  "acme/.x@latest",
  "-acme/x@latest",
  "acme/-x@latest",
  "https://github.com/acme/x@latest",
  "acme/x@main",
  "acme/x@>=1",
  "acme/x@1.2.3.4",
  "acme/x@vv1",
  "acme/x@^v1",
  "acme/x@^1.2-rc.1",
  "acme/x@1.2.3-",
  "acme/x@1.2.3-a..b",
  "acme/x@*",
  "acme/x@latest\n",
  "acme/x@ latest",
  "acme/x@1.2.3/../..",
  "acme/x%2f@latest",
  `acme/${"x".repeat(400)}@latest`,
];
for (const text of REFUSED) {
  Deno.test(`parseSource() refuses ${JSON.stringify(text.slice(0, 60))}`, () =>
    assert.throws(() => parseSource(text), { code: "config_invalid", origin: "project" }));
}

Deno.test("parseSource() takes nothing but plain names, whatever it is given", () => {
  fc.assert(fc.property(
    fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[\w./~^@%\\-]{1,40}$/)),
    (text) => {
      let source;
      try {
        source = parseSource(text);
      } catch {
        return;
      }
      for (const name of [source.repository.owner, source.repository.name]) assert.match(name, /^[A-Za-z0-9][\w.-]*$/);
    },
  ));
});

Deno.test("parseSource() gives back what was put together", () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/);
  const owner = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{0,30}$/);
  const number = fc.nat({ max: 9999 });
  fc.assert(fc.property(owner, name, number, number, number, (owner, name, major, minor, patch) => {
    const version = `${major}.${minor}.${patch}`;
    const source = parseSource(`${owner}/${name}@${version}`);
    assert.deepEqual(source.repository, { owner, name });
    assert.deepEqual(source.constraint, { by: "tag", tags: [version, `v${version}`] });
  }));
});

Deno.test("sameRepository() does not tell capitals from small letters, and tells names apart", () => {
  assert.equal(sameRepository({ owner: "Acme", name: "X" }, { owner: "acme", name: "x" }), true);
  assert.equal(sameRepository({ owner: "acme", name: "x" }, { owner: "acme", name: "y" }), false);
});

const LIST = [
  release("v2.0.0-rc.1"),
  release("v3.0.0", { draft: true }),
  release("v1.9.0", { prerelease: true }),
  release("1.3.0"),
  release("v1.10.0"),
  release("v1.2.9"),
  release("v1.2.3"),
  release("nightly"),
  release("v1"),
  release("v0.9.0"),
  release("v99.0"),
];
const pick = async (constraint: string, list = LIST) =>
  (await pickRelease(list, parseSource(`acme/epack-remote-s3@${constraint}`))).tag;

const PICKED: readonly [constraint: string, tag: string, why: string][] = [
  ["latest", "v1.10.0", "the highest by number, no draft, no prerelease"],
  ["^1.2", "v1.10.0", "the highest below 2"],
  ["~1.2", "v1.2.9", "the highest of 1.2"],
  ["~1.3.0", "1.3.0", "a tag without v"],
  ["^0.9", "v0.9.0", "0.9 alone"],
  ["1.2.3", "v1.2.3", "v is added"],
  ["v1.3.0", "1.3.0", "v is taken away"],
  ["v2.0.0-rc.1", "v2.0.0-rc.1", "a prerelease that is named"],
  ["1.9.0", "v1.9.0", "one that is marked a prerelease and named"],
  ["v1", "v1", "a tag that is no version and is named"],
];
for (const [constraint, tag, why] of PICKED) {
  Deno.test(`pickRelease() takes ${tag} for ${constraint}: ${why}`, async () =>
    assert.equal(await pick(constraint), tag));
}

Deno.test("pickRelease() takes the tag as it was written before the other spelling", async () => {
  const both = [release("v1.0.0"), release("1.0.0")];
  assert.equal(await pick("1.0.0", both), "1.0.0");
  assert.equal(await pick("v1.0.0", both), "v1.0.0");
  assert.equal(await pick("^1.0", both), "v1.0.0");
});

Deno.test("pickRelease() does not take prereleases for a range, even for one that names a prerelease", async () => {
  const list = [release("v2.0.0-rc.2"), release("v2.0.0-rc.1")];
  await assert.rejects(pick("^2.0.0-rc.1", list), { code: "release_not_found" });
});

Deno.test("pickRelease() names the nearest tags when nothing fits", async () => {
  await assert.rejects(pick("^1.11"), {
    code: "release_not_found",
    origin: "project",
    message:
      "acme/epack-remote-s3 has no release ^1.11; nearest: v2.0.0-rc.1 (a prerelease), v1.10.0, v1.9.0 (a prerelease)",
  });
  await assert.rejects(pick("v1.2.5"), {
    message: /no release v1\.2\.5; nearest: 1\.3\.0, v1\.2\.9, v1\.2\.3, v0\.9\.0$/,
  });
});

Deno.test("pickRelease() never takes or names a draft", async () => {
  await assert.rejects(pick("v3.0.0"), {
    message: "acme/epack-remote-s3 has no release v3.0.0; nearest: v2.0.0-rc.1 (a prerelease), v1.10.0",
  });
  await assert.rejects(pick("latest", [release("v1.0.0", { draft: true })]), {
    message: "acme/epack-remote-s3 has no releases",
  });
});

Deno.test("pickRelease() says how to take a prerelease when there is nothing else", async () => {
  await assert.rejects(pick("latest", [release("v1.0.0-rc.1")]), {
    hint: "it has only prereleases, which must be named exactly: acme/epack-remote-s3@v1.0.0-rc.1",
  });
});

Deno.test("pickRelease() shows tags that are no versions, cleaned, when there are no others", async () => {
  await assert.rejects(pick("latest", [release("night\u001b[2Jly")]), {
    message: /whose tag is a version such as v1\.2\.3; it has "night\\u\{1b\}\[2Jly"$/,
  });
});

Deno.test("pickRelease() takes what fits and the highest of it, in whatever order the list is", async () => {
  const version = fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 4 }), fc.nat({ max: 4 }));
  await fc.assert(fc.asyncProperty(fc.uniqueArray(version, { minLength: 1, selector: String }), async (all) => {
    const list = all.map((numbers) => release(`v${numbers.join(".")}`));
    const fitting = all.filter(([major, minor]) => major === 1 && minor >= 2)
      .sort((a, b) => b[1] - a[1] || b[2] - a[2]);
    if (fitting.length === 0) await assert.rejects(pick("^1.2", list), { code: "release_not_found" });
    else assert.equal(await pick("^1.2", list), `v${fitting[0].join(".")}`);
  }));
});
