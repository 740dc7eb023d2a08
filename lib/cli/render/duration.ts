/**
 * A time for people: `0.4 s`, `42 s`, `3 min 5 s`, `2 h 10 min`.
 *
 * @param options.whole no tenths of seconds: for a countdown, which would flicker. Default false.
 */
export function showDuration(ms: number, options: { whole?: boolean } = {}): string {
  if (ms < 9_950 && !options.whole) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = options.whole ? Math.ceil(ms / 1000) : Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
