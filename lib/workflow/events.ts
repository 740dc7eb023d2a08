/** What a workflow tells whoever watches. All of it is for people; nothing depends on it. */
export interface Events {
  /** A step begins; the one before it is done. */
  step(name: string): void;
  /** Bytes of the step's work; the total is unknown for some downloads. */
  progress(doneBytes: number, totalBytes: number | undefined): void;
  /** What an adapter wrote for people: cleaned and bounded. */
  adapterLog(adapterName: string, text: string): void;
  /** Something failed that may pass; it is tried again after the pause. `what` says what failed and how, and which try it was. */
  waiting(what: string, waitMs: number): void;
  warn(text: string): void;
}
