/**
 * Runs tasks side by side. The first failure aborts the others, all are waited for, and that first failure is thrown:
 * nothing is still running when this returns.
 *
 * What a task opens it must register for clean-up itself, since its value is lost when a sibling fails.
 */
export async function together<const Tasks extends readonly ((signal: AbortSignal) => Promise<unknown>)[]>(
  signal: AbortSignal,
  tasks: Tasks,
): Promise<{ -readonly [Index in keyof Tasks]: Awaited<ReturnType<Tasks[Index]>> }> {
  const siblings = new AbortController();
  const linked = AbortSignal.any([signal, siblings.signal]);
  let failed = false;
  let failure: unknown;
  const running = tasks.map(async (task) => {
    try {
      return await task(linked);
    } catch (error) {
      if (!failed) {
        failed = true;
        failure = error;
        siblings.abort(error);
      }
      return undefined;
    }
  });
  const values = await Promise.all(running);
  if (failed) throw failure;
  return values as { -readonly [Index in keyof Tasks]: Awaited<ReturnType<Tasks[Index]>> };
}
