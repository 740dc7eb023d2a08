/**
 * What must be done when the process ends without unwinding: children are killed, staging is removed. Each room that owns such
 * things adds its own part when it is loaded, so nobody else has to load it.
 */
const cleanups = new Set<() => void>();

/** Adds a synchronous clean-up, which must not throw. */
export function onSuddenEnd(cleanup: () => void): void {
  cleanups.add(cleanup);
}

/** Runs them all, once the end has come. */
export function cleanUpNow(): void {
  for (const cleanup of cleanups) cleanup();
}
