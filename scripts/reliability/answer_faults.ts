import { bad, type Fault, FEW, first, nothing, ok, once, well } from "./fault.ts";

const ANSWERS: readonly Fault[] = [
  ...[408, 425, 429, 500, 502, 503, 504].map((status): Fault => ({
    name: `${status}, once`,
    way: "pull",
    exit: 0,
    serve: once(nothing(`${status} Not Now`)),
  })),
  {
    name: "429 with Retry-After: 1, three times",
    way: "pull",
    exit: 0,
    serve: ({ pack }) => first(3, ({ send }) => send(nothing("429 Too Many Requests", "Retry-After: 1")), well(pack)),
  },
  {
    name: "429 without an end",
    way: "pull",
    exit: 15,
    args: FEW,
    serve: bad(nothing("429 Too Many Requests", "Retry-After: 0")),
  },
  {
    name: "429 that asks to wait for a day",
    way: "pull",
    exit: 15,
    serve: bad(nothing("429 Too Many Requests", "Retry-After: 86400")),
  },
  { name: "503 without an end", way: "pull", exit: 15, args: FEW, serve: bad(nothing("503 Service Unavailable")) },
  ...[400, 401, 403, 404, 410].map((status): Fault => ({
    name: String(status),
    way: "pull",
    exit: 15,
    serve: bad(nothing(`${status} No`)),
    wrong: ({ requests }) => status !== 401 && status !== 403 && requests.length > 1 ? "asked again" : undefined,
  })),
  {
    name: "100, 102 and 103 before the answer",
    way: "pull",
    exit: 0,
    serve: ({ pack }) => ({ send }) =>
      send(
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 102 Processing\r\n\r\n",
        [
          "HTTP/1.1 103 Early Hints",
          "Link: </x>",
          "",
          "",
        ].join("\r\n"),
        ok(pack.length),
        pack,
      ),
  },
  {
    name: "100 without an end",
    way: "pull",
    exit: 15,
    serve: () => async ({ send }) => {
      for (;;) await send("HTTP/1.1 100 Continue\r\n\r\n");
    },
  },
  { name: "101", way: "pull", exit: 15, serve: bad("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n") },
  { name: "no HTTP at all", way: "pull", exit: 15, serve: bad("SSH-2.0-OpenSSH_9.9\r\n") },
  { name: "a head without an end", way: "pull", exit: 15, serve: bad(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}`) },
  { name: "a line of the head that is no header", way: "pull", exit: 15, serve: bad("HTTP/1.1 200 OK\r\nno\r\n\r\n") },
];

const REDIRECTS: readonly Fault[] = [
  {
    name: "redirect to the same origin: headers go along",
    way: "pull",
    exit: 0,
    endpoint: { headers: { "X-Api-Key": "for-the-store" } },
    serve: ({ pack }) => first(1, ({ send }) => send(nothing("302 Found", "Location: /elsewhere")), well(pack)),
    wrong: ({ requests }) => requests.some(({ headers }) => !headers.has("x-api-key")) ? "a header is gone" : undefined,
  },
  {
    name: "redirect to another origin: headers stay behind",
    way: "pull",
    exit: 0,
    endpoint: { headers: { "X-Api-Key": "for-the-store" } },
    serve: ({ elsewhere }) => ({ send }) => send(nothing("302 Found", `Location: ${elsewhere}/x`)),
    wrong: staysBehind,
  },
  {
    name: "redirect of https to another origin: Authorization and cookies stay behind",
    way: "pull",
    exit: 0,
    server: ({ tls }) => ({ tls: tls.good }),
    endpoint: { headers: { Authorization: "Bearer for-the-store", Cookie: "a=b", "X-Api-Key": "for-the-store" } },
    serve: ({ elsewhere }) => ({ send }) => send(nothing("302 Found", `Location: ${elsewhere}/x`)),
    wrong: staysBehind,
  },
  {
    name: "redirect from https to http",
    way: "pull",
    exit: 15,
    server: ({ tls }) => ({ tls: tls.good }),
    elsewhereTls: false,
    serve: ({ elsewhere }) => ({ send }) => send(nothing("302 Found", `Location: ${elsewhere}/x`)),
    wrong: ({ elsewhere }) => elsewhere.length > 0 ? "it was followed" : undefined,
  },
  { name: "redirect to itself", way: "pull", exit: 15, serve: bad(nothing("302 Found", "Location: /x")) },
  {
    name: "redirect to ever new places",
    way: "pull",
    exit: 15,
    serve: () => ({ send, number }) => send(nothing("307 Temporary Redirect", `Location: /${number}`)),
  },
  {
    name: "redirect to a file",
    way: "pull",
    exit: 15,
    serve: bad(nothing("302 Found", "Location: file:///etc/passwd")),
  },
  {
    name: "redirect to a metadata service",
    way: "pull",
    exit: 15,
    serve: bad(nothing("302 Found", "Location: https://169.254.169.254/x")),
  },
  { name: "redirect to nowhere", way: "pull", exit: 15, serve: bad(nothing("302 Found")) },
];

/** Nothing that was meant for the store may reach another origin, and the pack has to come from there. */
export function staysBehind({ elsewhere }: { elsewhere: readonly { headers: ReadonlyMap<string, string> }[] }) {
  if (elsewhere.length === 0) return "it was not followed";
  const names = ["authorization", "cookie", "x-api-key"];
  const carried = names.filter((name) => elsewhere.some(({ headers }) => headers.has(name)));
  return carried.length > 0 ? `${carried.join(", ")} went along` : undefined;
}

/** Answers without the pack, and those that lead elsewhere. */
export const answerFaults: readonly Fault[] = [...ANSWERS, ...REDIRECTS];
