/** What host, supervisor and Worker say to each other. */
import type { Grants } from "./grants.ts";

/** The first line that a child reads. */
export interface StartMessage {
  /** Stands before every line of the child that counts; the adapter never sees it. */
  token: string;
  /** A built-in adapter by name, or the text of a module. */
  load: { builtIn: string } | { moduleText: string };
  grants: Grants;
  /** The adapter's environment, handed over as values. */
  env: Record<string, string>;
  /** The child ends itself beyond this much resident memory, in bytes. */
  maxRssBytes: number;
}

/** A call, and its reply with the same id. */
export interface CallMessage {
  id: number;
  command: string;
  request?: unknown;
}
export type ReplyMessage = { id: number; reply: unknown } | { id: number; failed: string } | { log: string } | {
  fatal: string;
};

/** The first message to the Worker: all that it needs, and a port of its own. */
export interface WorkerStart {
  load: StartMessage["load"];
  env: Record<string, string>;
  /** Names of Deno functions that the grants allow. */
  functions: readonly string[];
  port: MessagePort;
}
