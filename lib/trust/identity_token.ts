import * as z from "zod";
import { readJwt } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";

/** A token that looks like one. It is shown to the certificate authority and to nobody else. */
export interface IdentityToken {
  readonly text: string;
  /** Whom it names: the claim email, else sub; signed to prove that the key is held. */
  readonly subject: string;
  /** A text without the token and its parts. */
  hideIn(text: string): string;
}

const claims = z.looseObject({
  sub: z.string().optional(),
  email: z.string().optional(),
  exp: z.number().optional(),
});

/**
 * Reads a token of an OpenID provider (a JWT). Its signature is the authority's to check.
 *
 * @throws EpackError `usage` when it is none, or no longer valid; the token is never in the message
 */
export function readIdentityToken(input: string): IdentityToken {
  const refuse = (why: string) =>
    new EpackError("usage", `the identity token ${why}`, {
      origin: "input",
      hint: "get one from your OpenID provider, for the audience sigstore",
    });
  const jwt = readJwt(input);
  if (jwt === undefined) {
    throw refuse("is no JWT: three parts of base64url with dots between them, claims in the second");
  }
  const found = claims.safeParse(jwt.claims);
  if (!found.success) throw refuse("has no proper claims");
  const { sub, email, exp } = found.data;
  const subject = email ?? sub;
  if (subject === undefined) throw refuse("names nobody: it has no claim sub or email");
  if (exp !== undefined && exp * 1000 <= Date.now()) throw refuse("has expired");
  return {
    text: jwt.text,
    subject,
    hideIn: (message) => jwt.secrets.reduce((left, secret) => left.replaceAll(secret, "…"), message),
  };
}
