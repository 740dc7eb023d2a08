/** The manual page, made of the command definitions: roff with the man macros. */
import type { Application, RouteMap } from "@stricli/core";
import { VERSION } from "../../version.ts";
import { app } from "../app.ts";
import type { Context } from "../context.ts";
import { EXIT_MEANINGS } from "../exit_meanings.ts";

type Target = Application<Context>["root"];
type Command = Exclude<Target, RouteMap<Context>>;
type Flag = NonNullable<Command["parameters"]["flags"]>[string];

const ENVIRONMENT: readonly (readonly [name: string, meaning: string])[] = [
  ["SOURCE_DATE_EPOCH", "The time in the manifest of a pack that is built, in seconds since 1970."],
  ["EPACK_STRICT_PRODUCTION", "With 1 or true, every insecure flag and every custom endpoint is refused."],
  ["EPACK_INSECURE_ALLOW_UNPINNED", "With 1 or true, the same as --insecure-allow-unpinned."],
  ["EPACK_TRUST_ROOT", "A trusted root (trusted_root.json) in place of Sigstore's public one, as --trust-root."],
  ["EPACK_GITHUB_API_URL", "Where sources are looked up, for GitHub Enterprise. Default: GitHub's own API."],
  ["EPACK_GITHUB_ASSET_HOSTS", "Other hosts that its files may come from, with commas between them."],
  ["GITHUB_TOKEN", "A token for that API alone; without one its limits are narrow."],
  [
    "EPACK_IDENTITY_TOKEN",
    "The identity token for remotes with auth.mode oidc_token, where the CI is not one that is known.",
  ],
  [
    "ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "Where GitHub Actions gives such a token; set by the runner.",
  ],
  ["CIRCLE_OIDC_TOKEN_V2, CIRCLE_OIDC_TOKEN", "Such a token of CircleCI."],
  ["GITLAB_OIDC_TOKEN, ID_TOKEN", "Such a token of GitLab, as the project names it."],
  ["XDG_CACHE_HOME", "Below it the folder epack has downloads that projects share. Default: ~/.cache."],
  ["EPACK_DEBUG", "With 1, errors are followed by their causes."],
  ["NO_COLOR, CLICOLOR, CLICOLOR_FORCE", "Colours, as usual."],
  ["CI, TERM=dumb", "Plain lines in place of what is drawn anew on a terminal."],
  ["HTTPS_PROXY, ALL_PROXY, NO_PROXY", "The http proxy for uploads and downloads, and hosts that need none."],
  ["SSL_CERT_FILE, SSL_CERT_DIR", "Certificate authorities to trust, in place of the system's."],
  ["TMPDIR", "Where the sealed copies of adapters are kept while they run."],
];

const FILES: readonly (readonly [name: string, meaning: string])[] = [
  ["epack.yaml", "The project: its stream and its remotes."],
  ["epack.lock.yaml", "The digests of the adapters that may run."],
  [".epack/receipts/", "What was pushed and pulled."],
  [".epack/jobs/", "Pushes and pulls in the background: how each is or ended, and its log."],
  [".epack/uploads/", "What pushes that were cut off need to go on. Secret."],
];

/** The page as roff. */
export function manPage(): string {
  const { brief, fullDescription } = app.root;
  const { description, examples } = parts(fullDescription ?? brief);
  const lines = [
    `.TH EPACK 1 "" "epack ${VERSION}" "User Commands"`,
    ".SH NAME",
    `epack \\- ${escape(lowerFirst(brief))}`,
    ".SH SYNOPSIS",
    ".B epack",
    ".I command",
    "[\\fIflags\\fR] [\\fIarguments\\fR]",
    ".SH DESCRIPTION",
    ...paragraphs(description),
    ".SH COMMANDS",
    ...commandsOf(app.root, "epack"),
    ".SH FILES",
    ...FILES.flatMap(([name, meaning]) => tagged(name, meaning)),
    ".SH ENVIRONMENT",
    ...ENVIRONMENT.flatMap(([name, meaning]) => tagged(name, meaning)),
    ".SH EXIT STATUS",
    ...EXIT_MEANINGS.flatMap(([code, meaning]) => tagged(code, meaning)),
    ".SH EXAMPLES",
    ...verbatim(examples),
  ];
  return `${lines.join("\n")}\n`;
}

function commandsOf(target: Target, path: string): string[] {
  if ("getAllEntries" in target) {
    return target.getAllEntries().filter(({ hidden }) => !hidden).flatMap(({ name, target: inner }) =>
      commandsOf(inner, `${path} ${name["convert-camel-to-kebab"]}`)
    );
  }
  const { flags = {}, positional, aliases = {} } = target.parameters;
  const { description, examples } = parts(target.fullDescription ?? target.brief);
  return [
    `.SS "${escape(path)}${escape(positionalText(positional))}"`,
    `${escape(target.brief)}.`,
    ...(description === "" ? [] : [".PP", ...paragraphs(description)]),
    ...Object.entries(flags).flatMap(([name, flag]) => {
      const short = Object.entries(aliases).find(([, long]) => long === name)?.[0];
      const long = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      const text = short === undefined ? long : `-${short}, ${long}`;
      return tagged(`${text}${valueText(flag)}`, flag.brief);
    }),
    ...(examples === "" ? [] : [".PP", "Examples:", ...verbatim(examples)]),
  ];
}

function valueText(flag: Flag): string {
  return "placeholder" in flag && flag.placeholder !== undefined ? ` <${flag.placeholder}>` : "";
}

function positionalText(positional: Command["parameters"]["positional"]): string {
  if (positional === undefined) return "";
  if (positional.kind === "array") return ` <${positional.parameter.placeholder ?? "argument"}>...`;
  return positional.parameters.map(({ placeholder = "argument", optional }) =>
    optional ? ` [<${placeholder}>]` : ` <${placeholder}>`
  ).join("");
}

/** The text of a help, and what stands below its `Examples:`; exit codes have a section of their own. */
function parts(text: string): { description: string; examples: string } {
  const [description, rest = ""] = text.split(/(?:^|\n\n)Examples:\n/);
  return { description, examples: rest.split("\n\n")[0] };
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** Text that roff prints as it is: its escape character, and dots and quotes that would begin a request. */
const escape = (text: string) =>
  text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^([.'])/gm, "\\&$1").replaceAll('"', "\\(dq");

const paragraphs = (text: string) =>
  text.split("\n\n").flatMap((part, at) => (at === 0 ? [] : [".PP"]).concat(escape(part)));
const tagged = (name: string, text: string) => [".TP", `.B ${escape(name)}`, escape(text)];
const verbatim = (text: string) => [".nf", escape(text), ".fi"];
