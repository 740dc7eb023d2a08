/** Rows as lines, each column as wide as its longest cell, with nothing blank at their ends. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, [...cell].length)),
    [],
  );
  return rows.map((row) =>
    row.map((cell, at) => cell + " ".repeat(widths[at] - [...cell].length)).join("  ").trimEnd()
  );
}
