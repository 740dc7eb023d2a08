import { allFaults } from "./all_faults.ts";
import { killings } from "./kill.ts";

/** How many kills of each kind the page speaks of. */
export const KILLS = 100;

/** A row of the page's table. */
export interface Row {
  name: string;
  cases: number;
  promised: string;
}

/** What the page has to have: every fault and every kill, and what is promised of each. */
export const rows: readonly Row[] = [
  ...allFaults.map(({ name, way, cases = 1, exit }) => ({
    name: `${way}: ${name}`,
    cases,
    promised: exit === 0 ? `the right bytes` : `an error, exit code ${exit}; a later run completes`,
  })),
  ...killings.map(({ name }) => ({
    name,
    cases: KILLS,
    promised: "old or new, whole; the next run completes and leaves nothing",
  })),
];

const BEGIN = "<!-- what follows is written by `deno task reliability` -->";
const END = "<!-- up to here -->";

/** The page with a new table. */
export function withTable(page: string, held: ReadonlyMap<string, number>): string {
  const [start, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error("the page has no place for the table");
  const lines = rows.map(({ name, cases, promised }) =>
    `| ${name.replaceAll("|", "\\|")} | ${cases} | ${promised} | ${held.get(name) ?? 0} |`
  );
  const total = rows.reduce((sum, { cases }) => sum + cases, 0);
  const table = [
    "| fault | cases | promised | held |",
    "|---|---|---|---|",
    ...lines,
    `| **all** | **${total}** | | **${[...held.values()].reduce((sum, count) => sum + count, 0)}** |`,
  ];
  return `${page.slice(0, start)}${BEGIN}\n\n${table.join("\n")}\n\n${page.slice(end)}`;
}

/** How the page differs from what is tried; nothing when it says just that, and that all held. */
export function pageFaults(page: string): string[] {
  const good = withTable(page, new Map(rows.map(({ name, cases }) => [name, cases])));
  const [is, should] = [page, good].map((text) => text.split("\n"));
  return [
    ...is.filter((line) => !should.includes(line)).map((line) => `is not tried so: ${line}`),
    ...should.filter((line) => !is.includes(line)).map((line) => `is not in the page: ${line}`),
  ];
}
