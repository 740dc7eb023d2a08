/** `auth.login` and `auth.whoami`. */
import * as z from "zod";
import type { Camelized } from "./case.ts";
import { count, envelope, optional, text, time } from "./fields.ts";

export const authLoginRequest = z.object({ type: z.literal("auth.login"), ...envelope });

/** A device code flow: what the user opens and types. */
export const authLoginInstructions = z.object({ user_code: text, verification_uri: text, expires_in_seconds: count });

export const authLoginResult = z.object({ instructions: authLoginInstructions });

export const authWhoamiRequest = z.object({ type: z.literal("auth.whoami"), ...envelope });

export const identityResult = z.object({
  authenticated: z.boolean(),
  subject: optional(z.string()),
  issuer: optional(z.string()),
  expires_at: optional(time),
});

export const authWhoamiResult = z.object({ identity: identityResult });

export type AuthLoginRequest = Camelized<z.infer<typeof authLoginRequest>>;
export type AuthLoginInstructions = Camelized<z.infer<typeof authLoginInstructions>>;
export type AuthLoginResponse = Camelized<z.infer<typeof authLoginResult>>;
export type AuthWhoamiRequest = Camelized<z.infer<typeof authWhoamiRequest>>;
export type IdentityResult = Camelized<z.infer<typeof identityResult>>;
export type AuthWhoamiResponse = Camelized<z.infer<typeof authWhoamiResult>>;
