/** A time for people, in UTC: `2026-01-31 12:30:00Z`. */
export function showTime(time: Date): string {
  return time.toISOString().replace("T", " ").replace(/\.\d+Z$/, "Z");
}
