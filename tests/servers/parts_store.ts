import { join } from "node:path";
import { createHash } from "node:crypto";
import { type Received, type WebServer, webServer } from "./web_server.ts";

export interface PartsStore extends WebServer {
  /** Numbers of the parts that were stored, in that order. */
  stored: number[];
  /** Requests that are not answered yet, and the most there ever were. */
  open: () => number;
  mostOpen: () => number;
}

/**
 * Where the scripted adapter's uploads in parts go: each part becomes a file below `folder`, beside one with its ETag.
 *
 * @param folder the adapter's; the server's origin is written there
 * @param options.first gets each part before it is stored; another answer than undefined is given instead of storing it
 */
export async function partsStore(
  folder: string,
  options: { first?: (part: number, request: Received) => Response | undefined | Promise<Response | undefined> } = {},
): Promise<PartsStore> {
  const stored: number[] = [];
  let open = 0;
  let most = 0;
  const server = webServer(async (request) => {
    most = Math.max(most, ++open);
    try {
      const number = Number(request.path.split("/").at(-1));
      const instead = await options.first?.(number, request);
      if (instead !== undefined) return instead;
      const path = join(folder, request.path);
      const etag = `"${createHash("md5").update(request.body).digest("hex")}"`;
      await Deno.writeTextFile(`${path}.etag`, etag);
      await Deno.writeFile(path, request.body);
      stored.push(number);
      return new Response(null, { headers: { etag } });
    } finally {
      open--;
    }
  });
  await Deno.writeTextFile(join(folder, "origin"), server.origin);
  return { ...server, stored, open: () => open, mostOpen: () => most };
}
