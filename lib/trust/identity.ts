import { EpackError } from "../errors.ts";
import type { Signer } from "./certificate.ts";
import { SignatureError } from "./signature_error.ts";

/** Who must have signed: an issuer and a subject, each exact or by a regular expression that must match the whole of it. */
export interface ExpectedIdentity {
  issuer?: string;
  issuerRegexp?: string;
  subject?: string;
  subjectRegexp?: string;
}

/** A check of a signer. @throws SignatureError `identity` */
export type IdentityCheck = (signer: Signer) => void;

/**
 * Makes the check of an expected identity. Both halves must be said, for a subject means nothing without who vouches for it; where
 * a text and a regular expression are given for one half, both must hold.
 *
 * @throws EpackError `usage` when a half is missing, or a regular expression is none
 */
export function identityCheck(expected: ExpectedIdentity): IdentityCheck {
  const matchers = [
    matcher("issuer", { exact: expected.issuer, regexp: expected.issuerRegexp }),
    matcher("subject", { exact: expected.subject, regexp: expected.subjectRegexp }),
  ];
  return (signer) => matchers.forEach((matches) => matches(signer));
}

function matcher(half: "issuer" | "subject", expected: { exact?: string; regexp?: string }): IdentityCheck {
  const { exact, regexp } = expected;
  if (!exact && !regexp) {
    throw new EpackError("usage", `no ${half} was given: a signer is an issuer and a subject`, {
      origin: "input",
      hint: `say who must have signed with --${half}, or with --${half}-regexp`,
    });
  }
  const pattern = regexp ? wholePattern(regexp, half) : undefined;
  return ({ [half]: found }) => {
    if (exact && found !== exact) refuse(half, { wanted: JSON.stringify(exact), found });
    if (pattern && !pattern.test(found)) refuse(half, { wanted: `/${regexp}/ as a whole`, found });
  };
}

function wholePattern(regexp: string, half: string): RegExp {
  try {
    // by itself first: "a)|(b" is no expression, but would become one between the anchors
    new RegExp(regexp);
    return new RegExp(`^(?:${regexp})$`);
  } catch (error) {
    throw new EpackError("usage", `--${half}-regexp ${JSON.stringify(regexp)} is no regular expression`, {
      origin: "input",
      cause: error,
    });
  }
}

function refuse(half: string, options: { wanted: string; found: string }): never {
  throw new SignatureError("identity", `${half} ${JSON.stringify(options.found)}, wanted ${options.wanted}`);
}
