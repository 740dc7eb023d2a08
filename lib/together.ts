/**
 * Runs tasks side by side. The first failure aborts the others, all are waited for, and that first failure is thrown:
 * nothing is still running when this returns.
 *
 * What a task opens it must register for clean-up itself, since its value is lost when a sibling fails.
 *
 * @param options.atOnce how many run at the same time; default: all
 */
export async function together<const Tasks extends readonly ((signal: AbortSignal) => Promise<unknown>)[]>(
  signal: AbortSignal,
  tasks: Tasks,
  options: { atOnce?: number } = {},
): Promise<{ -readonly [Index in keyof Tasks]: Awaited<ReturnType<Tasks[Index]>> }> {
  const siblings = new AbortController();
  const linked = AbortSignal.any([signal, siblings.signal]);
  let failed = false;
  let failure: unknown;
  const values: unknown[] = new Array(tasks.length);
  let next = 0;
  const worker = async () => {
    while (next < tasks.length && !failed) {
      const index = next++;
      try {
        values[index] = await tasks[index](linked);
      } catch (error) {
        if (failed) return;
        failed = true;
        failure = error;
        siblings.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.atOnce ?? tasks.length, tasks.length) }, worker));
  if (failed) throw failure;
  return values as { -readonly [Index in keyof Tasks]: Awaited<ReturnType<Tasks[Index]>> };
}
