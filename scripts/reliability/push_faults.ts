import type { Exchange } from "../../tests/servers/faulty_server.ts";
import { type Fault, FEW, first, head, nothing, STALL, upTo, well } from "./fault.ts";
import { staysBehind } from "./answer_faults.ts";

const CUTS = 50;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Takes all, then answers. */
const answers = (text: string) => async ({ receive, send }: Exchange) => {
  await receive();
  await send(text);
};
/** Answers before it read anything, and then takes what comes. */
const answersEarly = (text: string) => async ({ receive, send }: Exchange) => {
  await send(text);
  await receive();
};
const redirect = (status: string, location: string) => nothing(status, `Location: ${location}`);

const CONNECTIONS: Fault[] = [
  {
    name: "cut after k/50 of the body, once",
    way: "push",
    cases: CUTS,
    exit: 0,
    serve: ({ pack, share }) => first(1, async (it) => void await it.receive(upTo(share, pack.length)), well(pack)),
  },
  {
    name: "cut after k/50 of the body, every time",
    way: "push",
    cases: CUTS,
    exit: 15,
    args: FEW,
    serve: ({ pack, share }) => async (it) => void await it.receive(upTo(share, pack.length)),
  },
  {
    name: "closed after the head, once",
    way: "push",
    exit: 0,
    serve: ({ pack }) => first(1, async () => {}, well(pack)),
  },
  { name: "closed after the head, every time", way: "push", exit: 15, args: FEW, serve: () => async () => {} },
  {
    name: "closed after the body, without an answer, once",
    way: "push",
    exit: 0,
    serve: ({ pack }) => first(1, async (it) => void await it.receive(), well(pack)),
  },
  {
    name: "closed after the body, without an answer, of a POST: not sent twice",
    way: "push",
    exit: 15,
    endpoint: { method: "POST" },
    serve: () => async (it) => void await it.receive(),
    wrong: ({ requests }) => requests.length === 1 ? undefined : `sent ${requests.length} times`,
  },
  {
    name: "cut in the head of the answer, at ten places, once",
    way: "push",
    cases: 10,
    exit: 0,
    serve: ({ pack, share }) => {
      const text = nothing("200 OK", "X-Id: 1");
      return first(1, answers(text.slice(0, upTo(share, text.length))), well(pack));
    },
  },
  { name: "never read", way: "push", exit: 13, args: STALL, serve: () => ({ ended }) => ended },
  {
    name: "taken whole, and never answered",
    way: "push",
    exit: 13,
    args: STALL,
    serve: () => async ({ receive, ended }) => {
      await receive();
      await ended;
    },
  },
  {
    name: "answered one byte at a time, for longer than the stall time-out",
    way: "push",
    exit: 0,
    args: STALL,
    serve: () => async ({ receive, send }) => {
      await receive();
      for (const character of nothing("200 OK")) {
        await send(character);
        await pause(120);
      }
    },
  },
];

const ANSWERS: Fault[] = [
  ...[408, 425, 429, 500, 502, 503, 504].map((status): Fault => ({
    name: `${status}, once`,
    way: "push",
    exit: 0,
    serve: ({ pack }) => first(1, answers(nothing(`${status} Not Now`)), well(pack)),
  })),
  {
    name: "429 with Retry-After: 1, three times",
    way: "push",
    exit: 0,
    serve: ({ pack }) => first(3, answers(nothing("429 Too Many Requests", "Retry-After: 1")), well(pack)),
  },
  {
    name: "429 without an end",
    way: "push",
    exit: 15,
    args: FEW,
    serve: () => answers(nothing("429 Too Many Requests", "Retry-After: 0")),
  },
  {
    name: "503 without an end",
    way: "push",
    exit: 15,
    args: FEW,
    serve: () => answers(nothing("503 Service Unavailable")),
  },
  ...[400, 401, 403, 404, 409].map((status): Fault => ({
    name: String(status),
    way: "push",
    exit: 15,
    serve: () => answers(nothing(`${status} No`)),
    wrong: ({ requests }) => status !== 401 && status !== 403 && requests.length > 1 ? "sent again" : undefined,
  })),
  {
    name: "413 before the body, which is then taken",
    way: "push",
    exit: 15,
    serve: () => answersEarly(nothing("413 Content Too Large")),
    wrong: ({ stderr }) => /HTTP 413/.test(stderr) ? undefined : "it does not say 413",
  },
  {
    name: "413 before the body, and closed",
    way: "push",
    exit: 15,
    args: FEW,
    serve: () => ({ send }) => send(nothing("413 Content Too Large")),
  },
  {
    name: "503 before the body, once",
    way: "push",
    exit: 0,
    serve: ({ pack }) => first(1, answersEarly(nothing("503 Service Unavailable")), well(pack)),
  },
  {
    name: "200 before the body, which is then taken",
    way: "push",
    exit: 0,
    serve: () => answersEarly(nothing("200 OK")),
  },
  {
    name: "100 before the body, though not asked for",
    way: "push",
    exit: 0,
    serve: ({ pack }) => async (it) => {
      await it.send("HTTP/1.1 100 Continue\r\n\r\n");
      await well(pack)(it);
    },
  },
  {
    name: "100 without an end",
    way: "push",
    exit: 15,
    serve: () => async ({ send }) => {
      for (;;) await send("HTTP/1.1 100 Continue\r\n\r\n");
    },
  },
  { name: "no HTTP at all", way: "push", exit: 15, serve: () => answers("hello\r\n") },
  {
    name: "200 whose own body is cut",
    way: "push",
    exit: 0,
    serve: () => answers(head("200 OK", "Content-Length: 10") + "half"),
  },
];

const REDIRECTS: Fault[] = [
  ...["307 Temporary Redirect", "308 Permanent Redirect"].map((status): Fault => ({
    name: `${status.slice(0, 3)} to the same origin: sent again, headers too`,
    way: "push",
    exit: 0,
    endpoint: { headers: { "X-Api-Key": "for-the-store" } },
    serve: ({ pack }) => first(1, answersEarly(redirect(status, "/elsewhere")), well(pack)),
    wrong: ({ requests }) => requests.some(({ headers }) => !headers.has("x-api-key")) ? "a header is gone" : undefined,
  })),
  {
    name: "307 to another origin: headers stay behind",
    way: "push",
    exit: 0,
    endpoint: { headers: { "X-Api-Key": "for-the-store" } },
    serve: ({ elsewhere }) => answersEarly(redirect("307 Temporary Redirect", `${elsewhere}/x`)),
    wrong: staysBehind,
  },
  {
    name: "307 of https to another origin: Authorization and cookies stay behind",
    way: "push",
    exit: 0,
    server: ({ tls }) => ({ tls: tls.good }),
    endpoint: { headers: { Authorization: "Bearer for-the-store", Cookie: "a=b", "X-Api-Key": "for-the-store" } },
    serve: ({ elsewhere }) => answersEarly(redirect("307 Temporary Redirect", `${elsewhere}/x`)),
    wrong: staysBehind,
  },
  {
    name: "307 from https to http",
    way: "push",
    exit: 15,
    server: ({ tls }) => ({ tls: tls.good }),
    elsewhereTls: false,
    serve: ({ elsewhere }) => answersEarly(redirect("307 Temporary Redirect", `${elsewhere}/x`)),
    wrong: ({ elsewhere }) => elsewhere.length > 0 ? "it was followed" : undefined,
  },
  ...["301 Moved Permanently", "302 Found", "303 See Other"].map((status): Fault => ({
    name: `${status.slice(0, 3)}, which would make a GET of it`,
    way: "push",
    exit: 15,
    serve: () => answersEarly(redirect(status, "/elsewhere")),
    wrong: ({ requests }) => requests.length === 1 ? undefined : "it was followed",
  })),
  { name: "307 to itself", way: "push", exit: 15, serve: () => answersEarly(redirect("307 Temporary Redirect", "/x")) },
];

export const pushFaults: readonly Fault[] = [...CONNECTIONS, ...ANSWERS, ...REDIRECTS];
