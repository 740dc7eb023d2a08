/** Servers that others wrote, on loopback: nginx with TLS, and tinyproxy, for which the name `store.test` is this machine. */
import { join } from "node:path";

export interface RealServer extends AsyncDisposable {
  port: number;
  /** What it wrote down. */
  log(): Promise<string>;
}

/** Serves and takes files of a folder over https as `store.test`, with the certificate `server.pem` beside it. */
export async function nginx(folder: string, options: { root: string; rate?: string }): Promise<RealServer> {
  const port = freePort();
  const log = join(folder, "nginx.log");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) =>
    `${name}_temp_path ${join(folder, name)};`
  );
  const config = `
    ${Deno.uid() === 0 ? "user root;" : ""}
    daemon off; master_process off; pid ${join(folder, "nginx.pid")}; error_log ${join(folder, "nginx.err")};
    events {}
    http {
      access_log ${log}; ${temporary.join(" ")}
      server {
        listen 127.0.0.1:${port} ssl; server_name store.test;
        ssl_certificate ${join(folder, "server.pem")}; ssl_certificate_key ${join(folder, "server.key")};
        root ${options.root}; dav_methods PUT; client_max_body_size 100m; limit_rate ${options.rate ?? 0};
      }
    }`;
  const path = join(folder, "nginx.conf");
  await Deno.writeTextFile(path, config);
  return await started(["nginx", "-c", path, "-e", join(folder, "nginx.err")], { port, log });
}

/** @param options.login user and password that it wants, separated by a space */
export async function tinyproxy(folder: string, options: { login?: string } = {}): Promise<RealServer> {
  const port = freePort();
  const log = join(folder, `tinyproxy-${port}.log`);
  const hosts = join(folder, "hosts");
  await Deno.writeTextFile(hosts, "127.0.0.1 localhost store.test\n");
  const path = join(folder, `tinyproxy-${port}.conf`);
  const login = options.login === undefined ? "" : `BasicAuth ${options.login}\n`;
  await Deno.writeTextFile(
    path,
    `Port ${port}\nListen 127.0.0.1\nTimeout 60\nLogFile "${log}"\nLogLevel Connect\n${login}`,
  );
  // a mount namespace of its own: its list of hosts is another one
  const run = `mount --bind ${hosts} /etc/hosts && exec tinyproxy -d -c ${path}`;
  return await started(["unshare", "--mount", "sh", "-c", run], { port, log });
}

/** Why these servers cannot be had here; undefined when they can. */
export function missing(): string | undefined {
  const works = (command: string, ...args: string[]) => {
    try {
      return new Deno.Command(command, { args, stdout: "null", stderr: "null" }).outputSync().success;
    } catch {
      return false;
    }
  };
  if (Deno.build.os !== "linux") return "only on Linux";
  if (!works("nginx", "-v")) return "nginx is not installed";
  if (!works("tinyproxy", "-v")) return "tinyproxy is not installed";
  if (!works("unshare", "--mount", "true")) return "no mount namespace may be made";
  return undefined;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Returns once it takes connections. @throws when it ends before that, with what it says */
async function started(
  [command, ...args]: string[],
  { port, log }: { port: number; log: string },
): Promise<RealServer> {
  const child = new Deno.Command(command, { args, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
  const says = new Response(child.stderr).text();
  let over = false;
  const ended = child.status.finally(() => over = true);
  for (;;) {
    if (over) throw new Error(`${command} ended: ${await says}`);
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  return {
    port,
    log: () => Deno.readTextFile(log).catch(() => ""),
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGTERM");
      } catch { /* it ended */ }
      await ended;
      await says;
    },
  };
}
