import { EpackError } from "../errors.ts";
import { LISTING } from "../limits.ts";

/** A page of things, the newest first; without a token it is the last. */
export interface Page<Item> {
  items: readonly Item[];
  nextToken?: string;
}

/** What was asked for, and whether there is more. */
export interface Collected<Item> {
  items: Item[];
  more: boolean;
}

/**
 * Asks for pages until there are enough items or no more pages. What stands on two pages, since something new moved it while they
 * were asked for, is taken once.
 *
 * @param ask gives the page after the one that had this token; the first without one
 * @throws EpackError `adapter_protocol` for a token that comes twice or a page that is longer than asked for, `limit_exceeded`
 *   for pages without end
 */
export async function collectPages<Item>(
  ask: (token: string | undefined, size: number) => Promise<Page<Item>>,
  options: { most: number; pageSize?: number; idOf: (item: Item) => string; adapterName: string },
): Promise<Collected<Item>> {
  const { most, idOf, adapterName } = options;
  const pageSize = Math.min(options.pageSize ?? LISTING.pageSize, LISTING.pageSize, most);
  const wrong = (reason: string) =>
    new EpackError("adapter_protocol", `adapter "${adapterName}" answered releases.list wrongly: ${reason}`, {
      origin: "adapter",
      hint: "the adapter must be corrected by its author; nothing was changed on this side",
    });
  const found = new Map<string, Item>();
  const tokens = new Set<string>();
  for (let pages = 0, token: string | undefined;; pages++) {
    if (pages === LISTING.pages) throw tooMany(`more than ${pages} pages`, adapterName);
    const { items, nextToken } = await ask(token, pageSize);
    if (items.length > pageSize) throw wrong(`${items.length} releases on a page of at most ${pageSize}`);
    for (const item of items) if (!found.has(idOf(item))) found.set(idOf(item), item);
    if (found.size > most || (found.size === most && nextToken !== undefined)) {
      return { items: [...found.values()].slice(0, most), more: true };
    }
    if (nextToken === undefined) return { items: [...found.values()], more: false };
    if (tokens.has(nextToken)) throw wrong("it gave the same page token twice, so its pages would never end");
    tokens.add(nextToken);
    token = nextToken;
  }
}

function tooMany(what: string, adapterName: string): EpackError {
  return new EpackError("limit_exceeded", `adapter "${adapterName}" gives ${what} of releases`, {
    origin: "remote",
    hint: "ask for fewer with --stream or --limit",
  });
}
