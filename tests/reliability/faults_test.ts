/** A quick part of `deno task reliability`: every fault, some of the places of a cut, some kills. */
import assert from "node:assert/strict";
import { allFaults } from "../../scripts/reliability/all_faults.ts";
import type { Fault } from "../../scripts/reliability/fault.ts";
import { killings, killRuns, seeded } from "../../scripts/reliability/kill.ts";
import { casesOf, runFault } from "../../scripts/reliability/run_fault.ts";
import { openWorkshop, type Workshop } from "../../scripts/reliability/workshop.ts";

/** Places of a cut: more where a run has to go on from there. */
const placesOf = (
  fault: Fault,
) => (fault.cases === 50 && (fault.exit === 0 || fault.laterWrong !== undefined) ? 10 : 3);
const KILLS = 5;
const AT_ONCE = 6;

/** Runs all jobs, some side by side: most of them wait. */
async function together(jobs: (() => Promise<string[]>)[]): Promise<string[]> {
  const wrong: string[] = [];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) wrong.push(...await job());
  }));
  return wrong;
}

/** A case of every third fault is followed by a run without it, and all where that is what they are about. */
const isFollowed = (fault: Fault, index: number) =>
  fault.laterWrong !== undefined || (index === 0 && allFaults.indexOf(fault) % 3 === 0);

const faultJobs = (workshop: Workshop, way: string) =>
  allFaults.filter((fault) => fault.way === way).flatMap((fault) =>
    casesOf(fault, placesOf(fault)).map((which) => async () =>
      (await runFault(fault, { ...which, later: isFollowed(fault, which.index) }, workshop)).map((each) =>
        `${fault.name}, case ${which.index}: ${each}`
      )
    )
  );

for (const way of ["pull", "push"] as const) {
  Deno.test(`every fault of a ${way} ends as docs/reliability.md says`, async () => {
    await using workshop = await openWorkshop();
    assert.deepEqual(await together(faultJobs(workshop, way)), []);
  });
}

Deno.test("kill -9 at random moments of a pull and of a push loses nothing, and the next run completes", async () => {
  await using workshop = await openWorkshop();
  const [seed] = crypto.getRandomValues(new Uint32Array(1));
  const wrong = await together(killings.map((killing, index) => async () => {
    const killed = await killRuns(killing, workshop, { times: KILLS, random: seeded(seed + index) });
    return killed.wrong.map((each) => `${killing.name} (seed ${seed}): ${each}`);
  }));
  assert.deepEqual(wrong, []);
});
