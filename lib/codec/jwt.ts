/** A token of an OpenID provider. Nothing here checks its signature. */
export interface Jwt {
  /** The whole token, without white space around it. */
  readonly text: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** What must not be shown: the whole and its parts, each as it stands in the text. */
  readonly secrets: readonly string[];
}

/** Reads a JSON Web Token (RFC 7519) in its compact form; undefined for what is none. */
export function readJwt(input: string): Jwt | undefined {
  const text = input.trim();
  const [, ...parts] = text.match(/^([\w-]+)\.([\w-]+)\.([\w-]+)$/) ?? [];
  const claims = claimsOf(parts[1] ?? "");
  return claims && { text, claims, secrets: [text, ...parts].filter((part) => part.length >= 8) };
}

function claimsOf(payload: string): Jwt["claims"] | undefined {
  try {
    const bytes = Uint8Array.fromBase64(payload, { alphabet: "base64url" });
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}
