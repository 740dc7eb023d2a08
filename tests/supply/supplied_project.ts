import { join } from "node:path";
import { digestOf, hexOf } from "../../lib/digest/mod.ts";
import { ROOT } from "../../scripts/root.ts";
import { DENO_CACHE, epack, type EpackRun, temporaryFolder } from "../epack.ts";
import { type GithubServer, githubServer, type ServedRelease } from "../servers/github_server.ts";
import { type Authority, newAuthority, rootOf, sign } from "../trust/authority.ts";

export const REPOSITORY = "acme/epack-remote-example";
export const PLATFORM = `${Deno.build.os}-${Deno.build.arch === "x86_64" ? "amd64" : "arm64"}`;
const BUILDER =
  "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/tags/v2.1.0";
const OID = "1.3.6.1.4.1.57264.1";

/** What a certificate says of a release; a test changes one thing. */
export interface Provenance {
  subject?: string;
  issuer?: string;
  repositoryUri?: string;
  ref?: string;
  commit?: string;
  /** The file that is signed, when it is another one than the asset. */
  signed?: string;
}

export interface SuppliedProject extends AsyncDisposable {
  path: string;
  github: GithubServer;
  /** What the program is told by its environment. */
  env: Record<string, string>;
  authority: Authority;
  /** The remote `x` has this source. */
  source(text: string, more?: string): Promise<void>;
  /** A release of the repository with a signed adapter for this machine. */
  release(tag: string, options?: ReleaseOptions): Promise<ServedRelease>;
  epack(...args: string[]): Promise<EpackRun>;
  with(env: Record<string, string>): { epack(...args: string[]): Promise<EpackRun> };
  lockText(): Promise<string>;
}

export interface ReleaseOptions {
  commit?: string;
  provenance?: Provenance;
  /** Without a bundle. */
  unsigned?: boolean;
  /** Signed by somebody that the root does not know. */
  stranger?: boolean;
  module?: boolean;
  /** os-arch of native files; default: this machine's. */
  platforms?: readonly string[];
  prerelease?: boolean;
  draft?: boolean;
}

export const commitFor = (tag: string) => hexOf(digestOf(tag)).slice(0, 40);

/** An adapter that says its version; the adapter of a release, signed as the SLSA builder does. */
export async function suppliedProject(): Promise<SuppliedProject> {
  const root = temporaryFolder();
  const { path } = root;
  const authority = await newAuthority();
  const stranger = await newAuthority();
  await Deno.writeTextFile(join(path, "root.json"), JSON.stringify(rootOf(authority)));
  const github = githubServer([{ id: 1, fullName: REPOSITORY, releases: [] }]);
  const store = join(path, "store");
  await Deno.mkdir(store);
  const env = {
    ...DENO_CACHE,
    EPACK_GITHUB_API_URL: github.apiUrl,
    XDG_CACHE_HOME: join(path, "cache"),
    PYTHON_ADAPTER_ROOT: store,
    CI: "1",
  };
  const run = (more: Record<string, string>) => (...args: string[]) =>
    epack(args, { cwd: path, env: { ...env, ...more } });
  return {
    path,
    github,
    env,
    authority,
    async source(text, more = "") {
      await Deno.writeTextFile(
        join(path, "epack.yaml"),
        `stream: acme/prod\nremotes:\n  x:\n    source: ${text}\n    transport: {file_root: "${store}"}\n    secrets: [PYTHON_ADAPTER_ROOT]\n${more}`,
      );
    },
    async release(tag, options = {}) {
      const { commit = commitFor(tag), provenance = {} } = options;
      const text = options.module
        ? `export default {name: "example", version: "${tag}", handlers: {"auth.whoami": async () => ({identity: {authenticated: true, subject: "${tag}"}})}};`
        : (await Deno.readTextFile(join(ROOT, "tests/adapters/epack-remote-python"))).replaceAll("1.0.0", tag);
      const name = options.module ? "epack-remote-example.js" : `epack-remote-example-${PLATFORM}`;
      const statement = {
        _type: "https://in-toto.io/Statement/v1",
        subject: [{ name, digest: { sha256: hexOf(digestOf(provenance.signed ?? text)) } }],
        predicateType: "https://slsa.dev/provenance/v0.2",
        predicate: {},
      };
      const bundle = await sign(options.stranger ? stranger : authority, {
        subject: provenance.subject ?? BUILDER,
        issuer: provenance.issuer,
        payload: JSON.stringify(statement),
        extensions: [
          { oid: `${OID}.12`, value: provenance.repositoryUri ?? `https://github.com/${REPOSITORY}` },
          { oid: `${OID}.14`, value: provenance.ref ?? `refs/tags/${tag}` },
          { oid: `${OID}.13`, value: provenance.commit ?? commit },
        ],
      });
      const assets: Record<string, string> = { "README.md": "not an adapter" };
      const names = options.platforms?.map((platform) => `epack-remote-example-${platform}`) ?? [name];
      for (const each of names) {
        assets[each] = text;
        if (!options.unsigned) assets[`${each}.sigstore.json`] = JSON.stringify(bundle);
      }
      const { prerelease, draft } = options;
      return { tag, prerelease, draft, assets, tagged: { type: "commit", sha: commit } };
    },
    epack: run({}),
    with: (more) => ({ epack: run(more) }),
    lockText: () => Deno.readTextFile(join(path, "epack.lock.yaml")),
    async [Symbol.asyncDispose]() {
      await github[Symbol.asyncDispose]();
      await root[Symbol.asyncDispose]();
    },
  };
}
