import { type Fault, FEW, first, ok, upTo, well, type World } from "./fault.ts";

/** What goes wrong below HTTP is the same for both ways. */
export const tlsFaults: readonly Fault[] = (["pull", "push"] as const).flatMap((way): Fault[] => {
  const serve = ({ pack }: World) => well(pack);
  const untrusted = (name: "unknown_ca" | "wrong_name" | "expired", words: string, says: RegExp): Fault => ({
    name: `TLS: ${words}`,
    way,
    exit: 15,
    serve,
    server: ({ tls }) => ({ tls: tls[name] }),
    wrong: ({ requests, stderr }) =>
      requests.length > 0 ? "a request was made" : says.test(stderr) ? undefined : `it does not say so: ${stderr}`,
  });
  return [
    untrusted("unknown_ca", "an authority that nobody trusts", /SSL_CERT_FILE/),
    untrusted("wrong_name", "a certificate of another name", /wrong certificate/),
    untrusted("expired", "a certificate that expired", /expired/i),
    {
      name: "TLS: cut in the handshake, once",
      way,
      exit: 0,
      serve,
      server: ({ tls }) => ({
        tls: tls.good,
        beforeRequest: (_, number) => Promise.resolve(number === 1 ? "close" : "go on"),
      }),
    },
    {
      name: "TLS: cut in the handshake, every time",
      way,
      exit: 15,
      args: FEW,
      serve,
      server: () => ({
        scheme: "https",
        // takes the beginning of the client's words, and goes
        beforeRequest: async (connection) => {
          await connection.read(new Uint8Array(16));
          return "close";
        },
      }),
    },
    {
      name: "TLS: plain HTTP on its port",
      way,
      exit: 15,
      args: FEW,
      serve,
      server: () => ({
        scheme: "https",
        beforeRequest: async (connection) => {
          await connection.read(new Uint8Array(4096));
          await connection.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
          return "close";
        },
      }),
    },
    ...(way === "push" ? [] : [{
      name: "TLS: cut in the body, without a goodbye, once",
      way,
      exit: 0,
      server: ({ tls }: World) => ({ tls: tls.good }),
      serve: ({ pack }: World) =>
        first(1, ({ send }) => send(ok(pack.length), pack.subarray(0, upTo(0.4, pack.length))), well(pack)),
    }]),
  ];
});
