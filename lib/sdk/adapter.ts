/** What an adapter's author writes. All names are camelCase; the wire's own spelling is made and read for you. */
import type { Command, RequestFields, Result } from "../protocol/mod.ts";

/** What a handler may use beside its request. */
export interface AdapterContext {
  /** An environment variable that the host handed on. */
  env(name: string): string | undefined;
  /** A line for people; never a secret. */
  log(text: string): void;
}

/** Fields of a request; `extensions` is the remote's own map of epack.yaml. */
export type AdapterRequest<Name extends Command> = RequestFields<Name> & {
  requestId: string;
  extensions?: Record<string, unknown>;
};

/** What a handler answers; optional fields may be left out. */
export type AdapterResult<Name extends Command> = Loose<Result<Name>>;

type Loose<Type> = Type extends string ? string
  : Type extends readonly (infer Item)[] ? readonly Loose<Item>[]
  : Type extends object ?
      & { [Key in keyof Type as undefined extends Type[Key] ? never : Key]: Loose<Type[Key]> }
      & { [Key in keyof Type as undefined extends Type[Key] ? Key : never]?: Loose<Type[Key]> }
  : Type;

/**
 * What answers each command. `auth.login` answers at once with code and address, and goes on waiting for the user by itself; meanwhile
 * `auth.whoami` is asked, here or in processes of its own.
 */
export type Handlers = {
  [Name in Command]?: (request: AdapterRequest<Name>, context: AdapterContext) => Promise<AdapterResult<Name>>;
};

export interface Adapter {
  /** Without `epack-remote-` in front. */
  name: string;
  version: string;
  description?: string;
  /** The commands that it knows; its features follow from them. */
  handlers: Handlers;
  /** The adapter uploads by itself: push.prepare answers with method "skip". Default false. */
  directUpload?: boolean;
  auth?: { modes: readonly string[]; tokenStorage?: string };
  limits?: { maxPackBytes?: number; maxRunsPerSync?: number };
  /** Bounds of the parts, for an adapter that has the `upload.…` handlers. Default: the host's own. */
  parts?: { minPartBytes?: number; maxPartBytes?: number; maxParts?: number };
}

/** Declares an adapter: `export default defineAdapter({…})`. */
export function defineAdapter(adapter: Adapter): Adapter {
  return adapter;
}

/** An error answer: the code says to the host what kind it is, the message says to people what to do. */
export class AdapterFailure extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly options: { retryable?: boolean; action?: { type: string; command?: string; url?: string } } = {},
  ) {
    super(message);
    this.name = "AdapterFailure";
  }
}
