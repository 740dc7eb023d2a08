/** How many tests of a run passed, failed and were skipped, and what the failed ones said. */
export interface JunitReport {
  passed: number;
  failed: number;
  skipped: number;
  /** One for each failed test or step: `file:line: name`, then the beginning of what it threw. */
  failures: string[];
}

/** What of a failure's text is shown once more at the end, in lines. */
const FAILURE_LINES = 25;

const ENTITIES: Record<string, string> = { quot: '"', apos: "'", lt: "<", gt: ">", amp: "&" };

const unescaped = (text: string) =>
  text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (entity, decimal, hex, name) => {
    if (decimal || hex) return String.fromCodePoint(decimal ? Number(decimal) : parseInt(hex, 16));
    return ENTITIES[name] ?? entity;
  });

/** Reads the report that `deno test --junit-path` writes. */
export function junitReport(xml: string): JunitReport {
  const sum = (attribute: string) =>
    [...xml.matchAll(new RegExp(`<testsuite [^>]*\\b${attribute}="(\\d+)"`, "g"))]
      .reduce((total, match) => total + Number(match[1]), 0);
  const failed = sum("failures") + sum("errors");
  const skipped = sum("disabled") + sum("skipped");
  const cases = xml.matchAll(/<testcase ([^>]*[^/])>\s*<(?:failure|error)\b[^>]*>([^<]*)</g);
  const failures = [...cases].map(([, attributes, text]) => {
    const of = (name: string) => unescaped(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "");
    const said = unescaped(text).split("\n").slice(0, FAILURE_LINES).map((line) => `    ${line}`);
    return [`${of("classname")}:${of("line")}: ${of("name")}`, ...said].join("\n");
  });
  return { passed: sum("tests") - failed - skipped, failed, skipped, failures };
}
