/**
 * `deno task reliability`: runs the whole program (`EPACK_BIN`, or the source) against every fault and kills it at random moments,
 * and writes the counts into `docs/reliability.md`.
 *
 * --only=<pattern>   faults whose names fit; nothing is written
 * --seed=<number>    of the moments of kills; default: by chance. It is printed
 * --at-once=<number> runs side by side; default 4
 * --check            runs nothing: does the page name what is tried, and say that all of it held?
 */
import { parseArgs } from "node:util";
import { ROOT } from "../root.ts";
import { allFaults } from "./all_faults.ts";
import { killings, killRuns, seeded } from "./kill.ts";
import { KILLS, pageFaults, withTable } from "./page.ts";
import { casesOf, runFault } from "./run_fault.ts";
import { openWorkshop } from "./workshop.ts";

const PAGE = `${ROOT}docs/reliability.md`;
const { values: { check, ...values } } = parseArgs({
  args: Deno.args,
  options: {
    check: { type: "boolean" },
    only: { type: "string" },
    seed: { type: "string" },
    "at-once": { type: "string" },
  },
});

if (check) {
  const faults = pageFaults(await Deno.readTextFile(PAGE));
  for (const fault of faults) console.error(`docs/reliability.md: ${fault}`);
  Deno.exit(faults.length === 0 ? 0 : 1);
}

const only = new RegExp(values.only ?? "");
const seed = Number(values.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]);
console.log(`seed ${seed}`);
await using workshop = await openWorkshop();
const held = new Map<string, number>();
const broken: string[] = [];
const note = (name: string, wrong: string[], count: number) => {
  held.set(name, (held.get(name) ?? 0) + (wrong.length === 0 ? count : 0));
  for (const each of wrong) broken.push(`${name}: ${each}`);
  for (const each of wrong) console.error(`${name}: ${each}`);
};
const jobs = [
  ...killings.filter(({ name }) => only.test(name)).map((killing, index) => async () => {
    const random = seeded(seed + index);
    const { killed, moments, resumed, wrong } = await killRuns(killing, workshop, { times: KILLS, random });
    console.log(`${killing.name}: ${killed} killed, last asked: ${JSON.stringify(moments)}; ${resumed} gone on with`);
    note(killing.name, wrong, killed);
  }),
  ...allFaults.map((fault) => ({ fault, name: `${fault.way}: ${fault.name}` })).filter(({ name }) => only.test(name))
    .flatMap(({ fault, name }) => {
      // cases end in any order
      let left = fault.cases ?? 1;
      return casesOf(fault).map((which) => async () => {
        const wrong = await runFault(fault, which, workshop);
        note(name, wrong.map((each) => `case ${which.index}: ${each}`), 1);
        if (--left === 0) console.log(`${name}: ${held.get(name)} held`);
      });
    }),
];
await Promise.all(Array.from({ length: Number(values["at-once"] ?? 4) }, async () => {
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await job();
}));
console.log(`${broken.length} broken`);
if (values.only === undefined) await Deno.writeTextFile(PAGE, withTable(await Deno.readTextFile(PAGE), held));
Deno.exitCode = broken.length === 0 ? 0 : 1;
