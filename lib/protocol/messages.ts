/** Which request and which result belong to a command. */
import type * as z from "zod";
import { authLoginRequest, authLoginResult, authWhoamiRequest, authWhoamiResult } from "./auth.ts";
import type { Camelized } from "./case.ts";
import type { Command } from "./command.ts";
import {
  uploadBeginRequest,
  uploadBeginResult,
  uploadCompleteRequest,
  uploadCompleteResult,
  uploadPartsRequest,
  uploadPartsResult,
  uploadStatusRequest,
  uploadStatusResult,
} from "./multipart.ts";
import { pullFinalizeRequest, pullFinalizeResult, pullPrepareRequest, pullPrepareResult } from "./pull.ts";
import { finalizeRequest, finalizeResult, prepareRequest, prepareResult } from "./push.ts";
import { releasesListRequest, releasesListResult } from "./releases.ts";
import { runsSyncRequest, runsSyncResult } from "./runs.ts";

export const REQUESTS = {
  "push.prepare": prepareRequest,
  "push.finalize": finalizeRequest,
  "pull.prepare": pullPrepareRequest,
  "pull.finalize": pullFinalizeRequest,
  "runs.sync": runsSyncRequest,
  "auth.login": authLoginRequest,
  "auth.whoami": authWhoamiRequest,
  "upload.begin": uploadBeginRequest,
  "upload.parts": uploadPartsRequest,
  "upload.status": uploadStatusRequest,
  "upload.complete": uploadCompleteRequest,
  "releases.list": releasesListRequest,
} as const satisfies Record<Command, z.ZodType>;

export const RESULTS = {
  "push.prepare": prepareResult,
  "push.finalize": finalizeResult,
  "pull.prepare": pullPrepareResult,
  "pull.finalize": pullFinalizeResult,
  "runs.sync": runsSyncResult,
  "auth.login": authLoginResult,
  "auth.whoami": authWhoamiResult,
  "upload.begin": uploadBeginResult,
  "upload.parts": uploadPartsResult,
  "upload.status": uploadStatusResult,
  "upload.complete": uploadCompleteResult,
  "releases.list": releasesListResult,
} as const satisfies Record<Command, z.ZodType>;

/** A request as it goes over the wire. */
export type WireRequest<Name extends Command> = z.infer<typeof REQUESTS[Name]>;
/** What a request carries beside its envelope, in camelCase. */
export type RequestFields<Name extends Command> = Camelized<
  Omit<WireRequest<Name>, "type" | "protocol_version" | "request_id" | "extensions">
>;
/** A checked result without its envelope, in camelCase. */
export type Result<Name extends Command> = Camelized<z.infer<typeof RESULTS[Name]>>;
