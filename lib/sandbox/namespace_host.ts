import { basename } from "node:path";
import { EpackError } from "../errors.ts";
import type { Admitted } from "./admit.ts";
import { describeConfinement, type Grants } from "./grants.ts";
import type { AdapterHost } from "./host.ts";
import { nativeHost } from "./native_host.ts";
import type { RunResult } from "./spawn.ts";

/** Where bubblewrap is looked for: the system's folders alone, never the user's PATH. */
const PLACES = ["/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap"];

/** What programs need of the system, read-only; what is missing is left out. No home, no /opt, no /srv, no /var. */
const SYSTEM = [
  ..."/usr /bin /sbin /lib /lib32 /lib64 /libx32 /nix/store".split(" "),
  ..."alternatives ca-certificates group hosts ld.so.cache ld.so.conf ld.so.conf.d localtime nsswitch.conf passwd pki"
    .split(" ").map((name) => `/etc/${name}`),
  ..."protocols resolv.conf services ssl".split(" ").map((name) => `/etc/${name}`),
];

export interface NamespaceOptions {
  /** For messages. */
  name: string;
  grants: Grants;
  env: Record<string, string>;
  /** Default: the system's places for it. */
  bubblewrap?: readonly string[];
}

/**
 * An executable in namespaces of its own (bubblewrap): the system read-only, the granted folders, a private /tmp, /dev and process
 * space, no capabilities, and no network unless `net: ["*"]` grants all of it. When that cannot be had it does not run at all.
 *
 * @throws EpackError `adapter_refused`, and the sealed copy is gone
 */
export async function namespaceHost(admitted: Admitted, options: NamespaceOptions): Promise<AdapterHost> {
  const { name, grants } = options;
  try {
    const program = await checkNamespace(options);
    const host = nativeHost(admitted, {
      name,
      env: insideEnv(options.env),
      wrapper: [program, ...namespaceArgs(admitted.path, options)],
    });
    const checked = (result: RunResult): RunResult => {
      if (result.exitCode === 0 || result.stdout.length > 0 || !result.stderrTail.startsWith("bwrap: ")) return result;
      throw refused(name, result.stderrTail.trim().split("\n")[0]);
    };
    return {
      confinement: describeConfinement("namespaces", grants),
      call: async (call) => checked(await host.call(call)),
      async start(call) {
        const started = await host.start(call);
        return { ...started, answer: started.answer.then(checked) };
      },
      [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
    };
  } catch (error) {
    admitted[Symbol.dispose]();
    throw error;
  }
}

/**
 * Whether a namespace can be had here, with these grants.
 *
 * @returns the program that makes it
 * @throws EpackError `adapter_refused`, `config_invalid`
 */
export async function checkNamespace(options: Omit<NamespaceOptions, "env">): Promise<string> {
  const program = await findBubblewrap(options);
  refuseHosts(options);
  return program;
}

async function findBubblewrap({ name, bubblewrap = PLACES }: Omit<NamespaceOptions, "env">): Promise<string> {
  if (Deno.build.os === "linux") {
    for (const path of bubblewrap) {
      if (await Deno.stat(path).then((info) => info.isFile, () => false)) return path;
    }
  }
  throw refused(name, Deno.build.os === "linux" ? "bubblewrap (bwrap) is not installed" : "that works on Linux only");
}

/** A namespace has the whole network or none of it. */
function refuseHosts({ name, grants }: Omit<NamespaceOptions, "env">): void {
  if (grants.net.every((host) => host === "*")) return;
  throw new EpackError(
    "config_invalid",
    `adapter "${name}" is a native program: its network is all or none, and a list of hosts cannot be held to`,
    { origin: "project", hint: 'write net: ["*"] or leave net out; a module adapter can be held to hosts' },
  );
}

function namespaceArgs(sealed: string, { grants, env }: NamespaceOptions): string[] {
  const bind = (flag: string, path: string) => [flag, path, path];
  const trust = [env.SSL_CERT_FILE, env.SSL_CERT_DIR].filter((path) => path !== undefined && path !== "");
  const inside = `/run/adapter/${basename(sealed)}`;
  return [
    "--unshare-all",
    ...(grants.net.includes("*") ? ["--share-net"] : []),
    "--die-with-parent",
    "--new-session",
    ...["--cap-drop", "ALL"],
    ...SYSTEM.flatMap((path) => bind("--ro-bind-try", path)),
    ...trust.flatMap((path) => bind("--ro-bind-try", path)),
    ...["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
    ...grants.read.filter((path) => !grants.write.includes(path)).flatMap((path) => bind("--ro-bind", path)),
    ...grants.write.flatMap((path) => bind("--bind", path)),
    // last, so that no granted folder can lie over it
    ...["--ro-bind", sealed, inside],
    ...["--chdir", "/", "--", inside],
  ];
}

/** The user's own folders are not there. */
function insideEnv(env: Record<string, string>): Record<string, string> {
  const kept = Object.entries(env).filter(([name]) => !/^(?:XDG_|TEMP$|TMP$)/.test(name));
  return { ...Object.fromEntries(kept), HOME: "/tmp", TMPDIR: "/tmp" };
}

function refused(name: string, why: string): EpackError {
  return new EpackError("adapter_refused", `adapter "${name}" cannot be confined as permissions: asks: ${why}`, {
    origin: "project",
    hint:
      "install bubblewrap and allow user namespaces, use a module adapter, or take permissions: away to run it unconfined",
  });
}
