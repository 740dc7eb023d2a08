/** The network's rules: which addresses and headers are allowed, whom to trust, what may be shown. And the way there. */
export { addressFault } from "./allowed_address.ts";
export { isPrivateAddress } from "./address.ts";
export { trustedCerts } from "./certs.ts";
export { safeHeaders } from "./headers.ts";
export { type ConnectionOptions, type HttpAnswer, httpExchange, type HttpRequest } from "./http_exchange.ts";
export { type IdleTimer, idleTimer } from "./idle_timer.ts";
export { redact, type RedactOptions, redactUrl } from "./redact.ts";
export type { Resolve } from "./resolve.ts";
export { safeRedirect, type SafeUrl, safeUrl, type UrlRules } from "./safe_url.ts";
