import { switchFlag } from "./flags.ts";

/** Of the commands that may go on as a job. */
export interface DetachFlag {
  detach?: boolean;
}

export const detachFlag = {
  detach: switchFlag("Go on in the background, and return at once; see epack jobs"),
} as const;

export const detachAlias = { d: "detach" } as const;
