/** Secrets by their common shapes, and the remote's own by their values. Every pattern is linear in the text. */

const MARK = "[redacted]";

const KEYS =
  "(?:[a-z0-9_.-]{0,40}(?:token|secret|passw(?:or)?d|passwd|api[_-]?key|apikey|access[_-]?key(?:[_-]?id)?|private[_-]?key|client[_-]?secret|credential|authorization|session)s?)";

const PATTERNS: readonly [RegExp, string][] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{0,20000}?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, MARK],
  // headers
  [
    /\b(authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-auth-token|x-amz-security-token)(["']?\s*[:=]\s*)[^\r\n]{1,8000}/gi,
    `$1$2${MARK}`,
  ],
  [/\b(bearer|basic|digest|negotiate)\s+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${MARK}`],
  // URLs: user and password, signed queries
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"'<>]{1,500}@/gi, `$1${MARK}@`],
  [
    /([?&](?:x-amz-[a-z-]{1,40}|x-goog-[a-z-]{1,40}|sig|signature|token|access_token|id_token|refresh_token|code|key|api_?key|password|secret|awsaccesskeyid|credential|se|sp|sv|skoid)=)[^&\s"'<>#]{1,4000}/gi,
    `$1${MARK}`,
  ],
  // tokens with a prefix of their own
  [/\bgh[pousr]_[A-Za-z0-9]{10,255}/g, MARK],
  [/\bgithub_pat_[A-Za-z0-9_]{10,255}/g, MARK],
  [/\bglpat-[A-Za-z0-9_-]{10,255}/g, MARK],
  [/\bxox[abeoprs]-[A-Za-z0-9-]{8,255}/g, MARK],
  [/\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{12,124}/g, MARK],
  [/\bAIza[A-Za-z0-9_-]{30,100}/g, MARK],
  [/\bnpm_[A-Za-z0-9]{20,255}/g, MARK],
  [/\bsk[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{16,255}/g, MARK],
  [/\beyJ[A-Za-z0-9_-]{5,4000}\.[A-Za-z0-9_-]{2,8000}(?:\.[A-Za-z0-9_-]{0,2000})?/g, MARK],
  // key = value, key: value, "key": "value"
  [
    new RegExp(
      `(["']?\\b${KEYS}["']?\\s*[:=]\\s*)(?:"[^"\\r\\n]{1,4000}"?|'[^'\\r\\n]{1,4000}'?|[^\\s,;&"']{1,4000})`,
      "gi",
    ),
    `$1${MARK}`,
  ],
];

export interface RedactOptions {
  /** Values to take out wherever they stand, such as those of `secrets`. Shorter than 4 characters are left. */
  secrets?: readonly string[];
}

/** Text without what looks like a secret. */
export function redact(text: string, options: RedactOptions = {}): string {
  let clean = text;
  for (const secret of options.secrets ?? []) if (secret.length >= 4) clean = clean.replaceAll(secret, MARK);
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return clean;
}

/** An address as it may be shown: without user, password, query and fragment. */
export function redactUrl(href: string): string {
  try {
    const url = new URL(href);
    return url.protocol === "file:"
      ? url.href
      : `${url.protocol}//${url.host}${url.pathname}${url.search === "" ? "" : "?…"}`;
  } catch {
    return "[not an address]";
  }
}
