import { showText } from "../../codec/mod.ts";

/** Who somebody is, in one line; an adapter need not say more than that it knows. */
export function identityText(
  identity: { subject?: string; issuer?: string; expiresAt?: string } | undefined,
): string {
  const { subject, issuer, expiresAt } = identity ?? {};
  const details = [subject, issuer && `by ${issuer}`, expiresAt && `until ${expiresAt}`].filter((part) => !!part);
  return details.length === 0 ? "signed in" : details.map((part) => showText(part ?? "")).join(", ");
}
