/** What each exit code of the program means to who runs it. */
export const EXIT_MEANINGS: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "done"],
  ["1", "general, usage, an adapter's error, a failed verification"],
  ["2", "no proper pack, or not the announced one"],
  ["10", "lockfile"],
  ["11", "adapter bytes differ from the pin"],
  ["12", "signature"],
  ["13", "time-out"],
  ["14", "adapter not installed"],
  ["15", "network"],
  ["20", "a named file is missing"],
  ["128+n", "ended by signal n"],
];
