import { type Application, buildApplication, buildRouteMap, text_en } from "@stricli/core";
import { VERSION } from "../version.ts";
import { adapter } from "./commands/adapter.ts";
import { build } from "./commands/build.ts";
import { completions } from "./commands/completions.ts";
import { extract } from "./commands/extract.ts";
import { init } from "./commands/init.ts";
import { inspect } from "./commands/inspect.ts";
import { jobs } from "./commands/jobs.ts";
import { list } from "./commands/list.ts";
import { lock } from "./commands/lock.ts";
import { man } from "./commands/man.ts";
import { pull } from "./commands/pull.ts";
import { push } from "./commands/push.ts";
import { receipts } from "./commands/receipts.ts";
import { remote } from "./commands/remote.ts";
import { sign } from "./commands/sign.ts";
import { audit, cache, install, mirror, outdated, sync, update } from "./commands/supply.ts";
import { trust } from "./commands/trust.ts";
import { verify } from "./commands/verify.ts";
import { version } from "./commands/version.ts";
import type { Context } from "./context.ts";
import { EXIT_MEANINGS } from "./exit_meanings.ts";

const routes = buildRouteMap({
  routes: {
    init,
    build,
    inspect,
    list,
    verify,
    sign,
    extract,
    push,
    pull,
    jobs,
    receipts,
    remote,
    adapter,
    trust,
    lock,
    sync,
    install,
    update,
    outdated,
    mirror,
    audit,
    cache,
    version,
    man,
    completions,
  },
  aliases: { completion: "completions" },
  docs: {
    brief: "Build, verify, push and pull evidence packs",
    fullDescription:
      `Builds evidence packs from files, verifies them, and moves them to and from registries through remote adapters.

Examples:
  epack init
  epack build evidence.epack reports/
  epack push local evidence.epack
  epack pull local -o back.epack

Exit codes: ${EXIT_MEANINGS.map(([code, meaning]) => `${code} ${meaning}`).join("; ")}.`,
  },
});

/** Errors of commands are rendered in one place, by whoever called `run`. */
function rethrow(error: unknown): never {
  throw error;
}

/** All commands. What a command does is loaded when it runs. */
export const app: Application<Context> = buildApplication(routes, {
  name: "epack",
  versionInfo: { currentVersion: VERSION },
  localization: {
    text: {
      ...text_en,
      exceptionWhileRunningCommand: rethrow,
      exceptionWhileLoadingCommandFunction: rethrow,
      exceptionWhileLoadingCommandContext: rethrow,
    },
  },
  scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
  documentation: { caseStyle: "convert-camel-to-kebab", useAliasInUsageLine: false, disableAnsiColor: true },
});
