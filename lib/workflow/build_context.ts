import type { Env } from "../config/mod.ts";

/** Names of environment variables that `release.source` of a remote sets; each has a default. */
export interface SourceSettings {
  git?: { shaEnv?: string };
  ci?: { runUrlEnv?: string };
}

/** What built the pack: a flat map of strings, without empty values. */
export type BuildContext = Record<string, string>;

/** The build context of a release, read from the CI's environment; empty without `release.source`. */
export function buildContext(source: SourceSettings | undefined, env: Env): BuildContext {
  if (source === undefined) return {};
  const found: Record<string, string | undefined> = {
    git_sha: env[source.git?.shaEnv ?? "GITHUB_SHA"],
    ci_run_url: source.ci?.runUrlEnv === undefined ? githubRunUrl(env) : env[source.ci.runUrlEnv],
    runner_type: env.GITHUB_ACTIONS === "true" ? "github_actions" : undefined,
    pipeline_id: env.EPACK_PIPELINE_ID,
  };
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => !!entry[1]));
}

function githubRunUrl(env: Env): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  return server && repository && run ? `${server}/${repository}/actions/runs/${run}` : undefined;
}
