/**
 * The names of the tests that a file declares, as `deno test` would list them: the file is loaded with a `Deno.test` that writes
 * names down and runs nothing. So a name that is made of a table's rows is known whole. One file at a time.
 */
export async function testNames(file: URL): Promise<string[]> {
  const names: string[] = [];
  const declare = (first: string | { name?: string }, second?: unknown) => {
    const name = typeof first === "string" ? first : first.name || Reflect.get(Object(second), "name");
    names.push(String(name));
  };
  const nothing = () => {};
  const hooks = { beforeAll: nothing, beforeEach: nothing, afterAll: nothing, afterEach: nothing };
  const value = Object.assign(declare, { ignore: declare, only: declare, ...hooks });
  const real = Object.getOwnPropertyDescriptor(Deno, "test");
  Object.defineProperty(Deno, "test", { value, configurable: true });
  try {
    await import(file.href);
  } finally {
    if (real !== undefined) Object.defineProperty(Deno, "test", real);
  }
  return names;
}
