/** What users do, from start to end. */
export type { PromptLogin } from "./after_login.ts";
export { buildContext } from "./build_context.ts";
export type { Events } from "./events.ts";
export { login, type LoginInstructions, type LoginResult } from "./login.ts";
export { outputName } from "./output_name.ts";
export { pull, type PullRequest, type PullResult, refuseTaken } from "./pull.ts";
export { describeRef, type PullRef, pullRef } from "./pull_ref.ts";
export { push, type PushRequest, type PushResult } from "./push.ts";
export { listReleases, type Releases, type ReleasesRequest } from "./releases.ts";
export { transferFacts } from "./push_receipt.ts";
export { pushRuns, type PushRunsRequest, type PushRunsResult } from "./push_runs.ts";
export { openSession, type RemoteRequest } from "./request.ts";
export { requestWithRetries, type RetriedRequest } from "./retry_request.ts";
export { runsFacts, type RunsOutcome } from "./sync_runs.ts";
export { findRuns, sidecarFolder } from "./run_files.ts";
export { SharedPack } from "./shared_pack.ts";
export { type Identity, whoami } from "./whoami.ts";
export { runsOf } from "./wanted_runs.ts";
