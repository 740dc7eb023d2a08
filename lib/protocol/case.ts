/** Between the wire's snake_case and the camelCase of everything outside this room. */

type CamelKey<Key> = Key extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelKey<Tail>>}` : Key;

/** Maps whose keys are somebody's data, not ours: their values stay as they came. */
const OPAQUE = ["headers", "links", "claims", "extensions", "build_context"] as const;
type Opaque = typeof OPAQUE[number];

/** A wire type with camelCase keys at every depth; opaque maps keep theirs. */
export type Camelized<Type> = Type extends string | number | boolean | null | undefined ? Type
  : Type extends readonly (infer Item)[] ? Camelized<Item>[]
  : Type extends object
    ? { [Key in keyof Type as CamelKey<Key>]: Key extends Opaque ? Type[Key] : Camelized<Type[Key]> }
  : Type;

const camelKey = (key: string) => key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const snakeKey = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      rename(key),
      OPAQUE.some((opaque) => opaque === snakeKey(key)) ? inner : renamed(inner, rename),
    ]),
  );
}

/** A checked wire value with camelCase keys. */
export function fromWire<Type>(value: Type): Camelized<Type> {
  return renamed(value, camelKey) as Camelized<Type>;
}

/** Fields in camelCase, with the wire's keys. */
export function toWire(fields: object): Record<string, unknown> {
  return renamed(fields, snakeKey) as Record<string, unknown>;
}
