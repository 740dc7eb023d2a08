/**
 * Secrets by their common shapes, and the remote's own by their values. It takes whole texts: what was cut before may begin or end
 * with a piece that has no shape any more.
 *
 * Every pattern is linear in the text: what it scans it takes, or it begins only where a run of characters does. None has an upper
 * bound on a secret, whose rest would stay.
 */

const MARK = "[redacted]";

/** Words that end the name of a secret: `aws_secret_access_key`, `"clientSecret"`, `X-Vault-Token`. */
const KEYS = "[a-z0-9_.-]{0,40}(?:" + [
  "token",
  "secret",
  "passw(?:or)?d",
  "passwd",
  "passphrase",
  "pwd",
  "api[_-]?key",
  "(?:access|account|private|signing|encryption|shared|master)[_-]?key(?:[_-]?id)?",
  "credential",
  "authorization",
  "signature",
  "session",
].join("|") + ")s?";
/** In quotes, in quotes of JSON inside of JSON, or up to the next space or separator. */
const VALUE = String.raw`(?:\\+["'][^"'\r\n]+|"(?:[^"\\\r\n]|\\[^\r\n])+"?|'(?:[^'\\\r\n]|\\[^\r\n])+'?|[^\s,;&"'\\]+)`;

const HEADERS =
  "authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-auth-token|x-amz-security-token|x-vault-token|private-token|x-goog-iam-authorization-token";
const QUERY =
  "x-amz-[a-z-]{1,40}|x-goog-[a-z-]{1,40}|sig|signature|token|access_token|id_token|refresh_token|code|key|api_?key|password|secret|awsaccesskeyid|credential|se|sp|sv|skoid";

const PATTERNS: readonly [RegExp, string][] = [
  [
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
    MARK,
  ],
  // the end of one whose beginning was cut off
  [/^[A-Za-z0-9+/=\s]{0,100000}-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/, MARK],
  // headers
  [new RegExp(String.raw`\b(${HEADERS})(\\*["']?\s*[:=]\s*)[^\r\n]+`, "gi"), `$1$2${MARK}`],
  [/\b(bearer)\s+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${MARK}`],
  [/\b(basic|negotiate)\s+(?=[a-z]{0,100}[0-9A-Z+/=])[A-Za-z0-9+/=_-]{6,}/g, `$1 ${MARK}`],
  [/\b(Basic|Negotiate|BASIC|NEGOTIATE)\s+(?=[a-z]{0,100}[0-9A-Z+/=])[A-Za-z0-9+/=_-]{6,}/g, `$1 ${MARK}`],
  // URLs: user and password, signed queries, addresses that are secrets
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"'<>]+@/gi, `$1${MARK}@`],
  [new RegExp(String.raw`([?&](?:${QUERY})=)[^&\s"'<>#]+`, "gi"), `$1${MARK}`],
  [
    /\b(hooks\.slack\.com\/(?:services|workflows)\/|discord(?:app)?\.com\/api\/webhooks\/)[A-Za-z0-9_/-]+/gi,
    `$1${MARK}`,
  ],
  // tokens with a prefix of their own
  ...[
    "gh[pousr]_[A-Za-z0-9]{10,}",
    "github_pat_[A-Za-z0-9_]{10,}",
    "gl(?:pat|oas|dt|rt|cbt|ptt|ft|soat|agent|imt)-[A-Za-z0-9_.-]{10,}",
    "xox[abeoprs]-[A-Za-z0-9-]{8,}",
    "xapp-[A-Za-z0-9-]{8,}",
    "(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{12,}",
    "AIza[A-Za-z0-9_-]{30,}",
    "ya29\\.[A-Za-z0-9_-]{10,}",
    "GOCSPX-[A-Za-z0-9_-]{10,}",
    "npm_[A-Za-z0-9]{20,}",
    "pypi-(?=[a-z_-]{0,40}[A-Z0-9])[A-Za-z0-9_-]{16,}",
    "hf_[A-Za-z0-9]{20,}",
    "dckr_(?:pat|oat)_[A-Za-z0-9_-]{10,}",
    "do[opr]_v1_[a-f0-9]{16,}",
    "hv[sbr]\\.[A-Za-z0-9_-]{16,}",
    "SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}",
    "(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}",
    "whsec_[A-Za-z0-9+/=]{16,}",
    "sk[-_](?=[a-z_-]{0,40}[A-Z0-9])[A-Za-z0-9_-]{16,}",
    "AGE-SECRET-KEY-1[A-Z0-9]{16,}",
    "ATATT3[A-Za-z0-9_=-]{16,}",
    "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{16,}",
  ].map((token): [RegExp, string] => [new RegExp(`(?<![A-Za-z0-9])${token}`, "g"), MARK]),
  // JSON Web Tokens: whole runs, so that each is looked at once
  [/(?<![\w-])(?=[\w-]*eyJ)[\w-]{8,}\.[\w-]{2,}(?:\.[\w-]*)?/g, MARK],
  // key = value, key: value, "key": "value", --key value
  [new RegExp(String.raw`((?<![a-z0-9])${KEYS}\\*["']?\s*(?:=>|[:=])\s*)${VALUE}`, "gi"), `$1${MARK}`],
  [new RegExp(String.raw`(?<!\S)(--${KEYS}\s+)(?!-)${VALUE}`, "gi"), `$1${MARK}`],
];

export interface RedactOptions {
  /** Values to take out wherever they stand, such as those of `secrets`. Shorter than 4 characters are left. */
  secrets?: readonly string[];
}

/** Text without what looks like a secret. */
export function redact(text: string, options: RedactOptions = {}): string {
  let clean = text;
  for (const secret of spellings(options.secrets ?? [])) clean = clean.replaceAll(secret, MARK);
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return clean;
}

/** A secret as it is, in JSON, in a URL, in Base64, and the lines of a long one; the longest first, so that no rest is left. */
function spellings(secrets: readonly string[]): string[] {
  const all = secrets.flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
    new TextEncoder().encode(secret).toBase64(),
    ...secret.split(/\r?\n/).filter((line) => line.length >= 16),
  ]);
  return [...new Set(all)].filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
}

/** An address as it may be shown: without user, password, query, fragment, and secrets in its path; of others than the web's and files the scheme alone. */
export function redactUrl(href: string): string {
  if (!URL.canParse(href)) return "[not an address]";
  const url = new URL(href);
  switch (url.protocol) {
    case "file:":
      return url.href;
    case "http:":
    case "https:":
      return `${url.protocol}//${redactPath(url)}${url.search === "" ? "" : "?…"}`;
    default:
      return `${url.protocol}…`;
  }
}

/** Host and path; the host is seen whatever it looks like. */
function redactPath({ host, pathname }: URL): string {
  const shown = redact(host + pathname);
  return shown.startsWith(host) ? shown : host + redact(pathname);
}
