/**
 * Checks the tables of `docs/security.md` whose last column is "shown by" or "counted": each row names tests that exist, and each
 * number is the number of their cases. `--write` puts the numbers right; another page may be named.
 *
 * The last cell names tests: `` `tests/…` name<br>`tests/…` name ``, a file or a folder (with a slash at its end) and the
 * whole name of a test. `…` in it stands for any text: then at least one name has to fit. A row whose middle cell is a number says
 * how many tests fit; one that has a number in place of `…` counts as that many.
 */
import { testNames } from "./test_names.ts";
import { walk } from "./walk.ts";

const root = new URL("../", import.meta.url);
const page = new URL(Deno.args.find((argument) => argument !== "--write") ?? "docs/security.md", root);
const faults: string[] = [];

/** By address: a file declares its tests when it is loaded, which is once. */
const known = new Map<string, string[]>();

async function namesOf(file: URL): Promise<string[]> {
  const before = known.get(file.href);
  if (before !== undefined) return before;
  const names = await testNames(file).catch((error) => {
    faults.push(`${file.pathname} cannot be loaded: ${error instanceof Error ? error.message : error}`);
    return [];
  });
  known.set(file.href, names);
  return names;
}

/** The names of the tests of a file, or of all below a folder; none when there is no such place. */
async function namesIn(place: string): Promise<string[]> {
  if (!place.endsWith("/")) return await namesOf(new URL(place, root));
  const names: string[] = [];
  for (const file of await Array.fromAsync(walk(new URL(place, root))).catch(() => [])) {
    if (file.href.endsWith("_test.ts")) names.push(...await namesOf(file));
  }
  return names;
}

/** The number of cases of a name: 0 when no test has it. */
async function casesOf(place: string, name: string): Promise<number> {
  const literal = name.split("…").map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  const pattern = new RegExp(`^${literal.join("(.+)")}$`, "s");
  const fitting = (await namesIn(place)).map((each) => pattern.exec(each)).filter((match) => match !== null);
  const numbers = fitting.map(([, ...holes]) => Number(holes.find((hole) => /^\d+$/.test(hole)) ?? 1));
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** A row with its number as it should be. */
async function checkedRow(line: string, place: string): Promise<string> {
  const cells = line.match(/^\| (.+) \| (.+) \| (.+) \|$/);
  if (cells === null) {
    faults.push(`${place}: is no row of three cells`);
    return line;
  }
  const tests = [...cells[3].matchAll(/`(tests\/[^`]*)` (.+?)(?=<br>|$)/g)];
  if (tests.length === 0) faults.push(`${place}: names no test`);
  let cases = 0;
  for (const [, folder, name] of tests) {
    const found = await casesOf(folder, name.replaceAll("\\|", "|"));
    if (found === 0) faults.push(`${place}: there is no test ${JSON.stringify(name)} in ${folder}`);
    cases += found;
  }
  if (!/^\d+$/.test(cells[2]) || Number(cells[2]) === cases) return line;
  if (!Deno.args.includes("--write")) faults.push(`${place}: says ${cells[2]} cases, there are ${cases} (--write)`);
  return `| ${cells[1]} | ${cases} | ${cells[3]} |`;
}

const lines: string[] = [];
let inTable = false;
for (const [at, line] of (await Deno.readTextFile(page)).split("\n").entries()) {
  const isRow = inTable && line.startsWith("|") && !line.startsWith("|--");
  lines.push(isRow ? await checkedRow(line, `${page.pathname.replace(root.pathname, "")}:${at + 1}`) : line);
  inTable = line.startsWith("|") && (inTable || /\| (?:shown by|counted) \|$/.test(line));
}
if (Deno.args.includes("--write")) await Deno.writeTextFile(page, lines.join("\n"));
for (const fault of faults) console.error(fault);
const name = page.pathname.match(/([^/]*)\.md$/)?.[1];
console.error(faults.length === 0 ? `${name}: every named test exists` : `${name}: ${faults.length} faults`);
Deno.exit(faults.length === 0 ? 0 : 1);
