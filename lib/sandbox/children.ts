/** The process groups that this process started and that may still be alive. */
const groups = new Set<number>();

/** Ends a whole group at once; a group that is gone already is fine. */
export function killGroup(pid: number): void {
  try {
    Deno.kill(Deno.build.os === "windows" ? pid : -pid, "SIGKILL");
  } catch { /* gone */ }
}

/** Remembers a child started with `detached: true`, so that it does not outlive this process by mistake. */
export function trackChild(pid: number): void {
  groups.add(pid);
}

/** Forgets a child, after ending what is left of its group. */
export function releaseChild(pid: number): void {
  if (groups.delete(pid)) killGroup(pid);
}

/** Ends every group, synchronously: for a process that must end at once. */
export function killAllChildren(): void {
  for (const pid of groups) killGroup(pid);
  groups.clear();
}
