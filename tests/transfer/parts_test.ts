import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { createHasher, digestOf } from "../../lib/digest/mod.ts";
import { openRegular } from "../../lib/files/mod.ts";
import { UPLOAD } from "../../lib/limits.ts";
import { cutParts, digestParts, planParts } from "../../lib/transfer/mod.ts";
import { temporaryFolder } from "../epack.ts";
import { LARGE } from "./transfers.ts";

const MIB = 1024 * 1024;

Deno.test("planParts() cuts a file without gaps, within every bound, or not at all", () => {
  const bound = fc.option(fc.integer({ min: 1, max: 64 * MIB }), { nil: undefined });
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 2 ** 31 }),
    fc.record({
      minPartBytes: bound,
      maxPartBytes: bound,
      maxParts: fc.option(fc.integer({ min: 1, max: 10_000 }), { nil: undefined }),
    }),
    (sizeBytes, bounds) => {
      const { minPartBytes = 1, maxPartBytes = Infinity, maxParts = UPLOAD.parts } = bounds;
      fc.pre(minPartBytes <= maxPartBytes);
      const most = Math.min(maxParts, UPLOAD.parts);
      const plan = planParts(sizeBytes, bounds);
      if (plan === undefined) {
        // one part, or no size of parts makes few enough of them
        const largest = Math.min(maxPartBytes, Math.max(UPLOAD.partBytes, minPartBytes, Math.ceil(sizeBytes / most)));
        assert.ok(sizeBytes <= largest || Math.ceil(sizeBytes / largest) > most);
        return;
      }
      const { partBytes, parts } = plan;
      assert.ok(partBytes >= minPartBytes && partBytes <= maxPartBytes);
      assert.ok(parts.length >= 2 && parts.length <= most);
      let end = 0;
      for (const [at, part] of parts.entries()) {
        assert.deepEqual([part.number, part.offset], [at + 1, end]);
        assert.ok(
          at === parts.length - 1 ? part.sizeBytes >= 1 && part.sizeBytes <= partBytes : part.sizeBytes === partBytes,
        );
        end += part.sizeBytes;
      }
      assert.equal(end, sizeBytes);
      assert.deepEqual(cutParts(sizeBytes, partBytes, bounds), plan, "the same cut, found again");
    },
  ));
});

Deno.test("planParts() takes parts of 16 MiB where nobody says otherwise, and larger ones for what would be too many", () => {
  assert.equal(planParts(16 * MIB), undefined);
  assert.equal(planParts(16 * MIB + 1)?.parts.length, 2);
  assert.equal(planParts(2048 * MIB)?.partBytes, 16 * MIB);
  assert.equal(planParts(100 * MIB, { maxParts: 2 })?.partBytes, 50 * MIB);
});

Deno.test("digestParts() gives the digest of each part, and refuses a file that is not the one that was hashed", async () => {
  await using folder = temporaryFolder();
  const path = join(folder.path, "pack");
  await Deno.writeFile(path, LARGE);
  using file = await openRegular(path);
  const plan = cutParts(LARGE.length, 1_000_000, {});
  assert.ok(plan !== undefined);
  const digests = await digestParts({ file, fileDigest: digestOf(LARGE) }, plan.parts);
  assert.deepEqual(
    digests,
    plan.parts.map(({ offset, sizeBytes }) => digestOf(LARGE.subarray(offset, offset + sizeBytes))),
  );
  const other = createHasher();
  other.update(LARGE.subarray(1));
  await assert.rejects(digestParts({ file, fileDigest: other.digest() }, plan.parts), { code: "pack_changed" });
  await Deno.truncate(path, 2_500_000);
  await assert.rejects(digestParts({ file, fileDigest: digestOf(LARGE) }, plan.parts), { code: "pack_changed" });
});
