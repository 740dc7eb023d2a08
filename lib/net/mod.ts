/** The network's rules: which addresses and headers are allowed, whom to trust, what may be shown. */
export { trustedCerts } from "./certs.ts";
export { safeHeaders } from "./headers.ts";
export { redact, type RedactOptions, redactUrl } from "./redact.ts";
export { isPrivateAddress, safeRedirect, type SafeUrl, safeUrl, type UrlRules } from "./safe_url.ts";
