import { resolve } from "node:path";
import { type Jwt, readJwt, showText } from "../codec/mod.ts";
import type { Env, Remote } from "../config/mod.ts";
import { EpackError } from "../errors.ts";
import { readRegular } from "../files/mod.ts";
import { LOGIN } from "../limits.ts";
import { requireReadable } from "../sandbox/mod.ts";
import { githubToken } from "./github_token.ts";

/** `auth.oidc` of a remote. */
export type OidcSettings = NonNullable<Remote["auth"]["oidc"]>;

export interface IdentityTokenOptions {
  env: Env;
  signal: AbortSignal;
  now: () => Date;
  /** A relative `token_file` is below it. */
  folder: string;
  /** A token service of this machine may be asked over http. */
  allowLoopbackHttp?: boolean;
}

/** Where the token of a CI is: variables of which the first one that is set counts, or a service. */
const PROVIDERS: Readonly<Record<string, { variables?: readonly string[]; hint: string }>> = {
  github_actions: { hint: "give the job `permissions: {id-token: write}`" },
  circleci: {
    variables: ["CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN"],
    hint: "a job has one when it uses at least one context",
  },
  gitlab: {
    variables: ["EPACK_IDENTITY_TOKEN", "GITLAB_OIDC_TOKEN", "ID_TOKEN"],
    hint: "give the job `id_tokens: {EPACK_IDENTITY_TOKEN: {aud: …}}`, or name its variable in auth.oidc.token_env",
  },
  generic: {
    variables: ["EPACK_IDENTITY_TOKEN"],
    hint: "put the token into this variable, or name where it is in auth.oidc.token_env or token_file",
  },
};

/** What tells that a CI is there, by its own variable. */
const MARKS: readonly (readonly [variable: string, provider: string])[] = [
  ["GITHUB_ACTIONS", "github_actions"],
  ["CIRCLECI", "circleci"],
  ["GITLAB_CI", "gitlab"],
];

/**
 * The identity token of the job that runs, from where `auth.oidc` of the remote says, else from the CI that is there. Its time and
 * its audience are looked at, so that a remote does not have to refuse it; its signature is the remote's to check.
 *
 * @throws EpackError `identity_unavailable` (what is missing, expired, for somebody else), `config_invalid`, `file_not_found`, and as
 *   {@link githubToken}
 */
export async function identityToken(oidc: OidcSettings, options: IdentityTokenOptions): Promise<Jwt> {
  const { text, from } = await find(oidc, options);
  const refuse = (why: string, hint: string) => unavailable(`the identity token of ${from} ${why}`, hint);
  const jwt = readJwt(text);
  if (jwt === undefined) {
    throw refuse("is no JWT: three parts of base64url with dots between them", "look at what is there");
  }
  const { exp, aud } = jwt.claims;
  if (typeof exp === "number" && exp * 1000 <= options.now().getTime()) {
    throw refuse(`has expired at ${timeOf(exp)}`, "such tokens live for minutes: get a new one, later in the job");
  }
  const audiences = [aud].flat().filter((one) => typeof one === "string");
  if (oidc.audience !== undefined && audiences.length > 0 && !audiences.includes(oidc.audience)) {
    throw refuse(
      `is for ${showText(audiences.join(", "), { maxChars: 200 })}, not for ${showText(oidc.audience)}`,
      "auth.oidc.audience of the remote and the job's own setting must be the same",
    );
  }
  return jwt;
}

async function find(oidc: OidcSettings, options: IdentityTokenOptions): Promise<{ text: string; from: string }> {
  const { env, folder } = options;
  const { tokenEnv, tokenFile, audience } = oidc;
  const provider = oidc.provider ?? MARKS.find(([variable]) => env[variable] === "true")?.[1] ?? "generic";
  const known = Object.hasOwn(PROVIDERS, provider) ? PROVIDERS[provider] : undefined;
  if (known === undefined) {
    throw new EpackError("config_invalid", `auth.oidc.provider ${JSON.stringify(showText(provider))} is not known`, {
      origin: "project",
      hint: `it is one of ${Object.keys(PROVIDERS).join(", ")}`,
    });
  }
  if (tokenFile !== undefined) {
    // tokens that are mounted are links to their newest version
    const path = await Deno.realPath(resolve(folder, tokenFile)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new EpackError("file_not_found", `there is no identity token in ${JSON.stringify(tokenFile)}`, {
        origin: "project",
        hint: "auth.oidc.token_file of the remote says where it is",
      });
    });
    const bytes = await readRegular(path, { what: "identity token", maxBytes: LOGIN.tokenBytes });
    return { text: new TextDecoder().decode(bytes), from: JSON.stringify(tokenFile) };
  }
  if (tokenEnv === undefined && known.variables === undefined) {
    const text = await githubToken({ ...options, audience });
    return { text, from: "GitHub Actions" };
  }
  const variables = tokenEnv === undefined ? known.variables ?? [] : [tokenEnv];
  if (tokenEnv !== undefined || oidc.provider !== undefined) requireReadable(variables);
  const variable = variables.find((name) => env[name]);
  const text = variable === undefined ? undefined : env[variable];
  if (variable === undefined || text === undefined) {
    throw unavailable(`there is no identity token: ${variables.join(", ")} not set`, known.hint);
  }
  return { text, from: variable };
}

function unavailable(message: string, hint: string): EpackError {
  return new EpackError("identity_unavailable", message, { origin: "input", hint });
}

function timeOf(seconds: number): string {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? String(seconds) : time.toISOString();
}
