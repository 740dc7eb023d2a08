import type { Digest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { type Repository, repositoryName } from "../release/mod.ts";
import { type Signer, type TrustedRoot, type VerifiedBundle, verifyBundle } from "../trust/mod.ts";

/** The one provider that vouches for workflows of GitHub. */
export const GITHUB_ISSUER = "https://token.actions.githubusercontent.com";

/** The builder whose provenance is taken: its workflows, at a released version. */
const SLSA_BUILDER = "https://github\\.com/slsa-framework/slsa-github-generator/\\.github/workflows/" +
  "[A-Za-z0-9._-]+\\.ya?ml@refs/tags/v\\d+\\.\\d+\\.\\d+";

export interface ProvenanceOptions {
  root: TrustedRoot;
  repository: Repository;
  tag: string;
  /** 40 or 64 hex digits, what the tag names. */
  commit: string;
  fileDigest: Digest;
  /** A workflow of the repository itself may have signed, in place of the SLSA builder. Default false. */
  sourceWorkflow?: boolean;
}

/**
 * Checks who built an asset: a bundle whose certificate is of the SLSA builder for GitHub (or, where that is allowed, of a workflow
 * of the repository itself), run for this repository at this tag and commit, about these bytes.
 *
 * @throws EpackError `signature_invalid`, `verification_failed`
 */
export function checkProvenance(bundle: Uint8Array, options: ProvenanceOptions): VerifiedBundle & { signer: Signer } {
  const { root, repository, tag, fileDigest, sourceWorkflow } = options;
  const builders = sourceWorkflow ? [SLSA_BUILDER, ownWorkflow(repository, tag)] : [SLSA_BUILDER];
  const proof = verifyBundle(bundle, {
    root,
    signer: { issuer: GITHUB_ISSUER, subjectRegexp: builders.map((pattern) => `(?:${pattern})`).join("|") },
    artifact: { digest: fileDigest },
  });
  const { signer } = proof;
  if (signer === undefined) throw wrong("it is signed by a key, not by a workflow");
  checkSource(signer, options);
  return { ...proof, signer };
}

/** The certificate's own words on what was built; a name is compared without case, as GitHub does. */
function checkSource(signer: Signer, { repository, tag, commit }: ProvenanceOptions): void {
  const wanted = `https://github.com/${repositoryName(repository)}`;
  const { sourceRepositoryUri: uri, sourceRepositoryRef: ref, sourceRepositoryDigest: digest } = signer;
  if (uri?.toLowerCase() !== wanted.toLowerCase()) {
    throw wrong(`it was built from ${uri ?? "no repository"}, not ${wanted}`);
  }
  if (ref !== `refs/tags/${tag}`) throw wrong(`it was built at ${ref ?? "no ref"}, not at refs/tags/${tag}`);
  if (digest !== undefined && digest !== commit) {
    throw wrong(`it was built at commit ${digest}, and the tag names ${commit}`);
  }
}

function ownWorkflow(repository: Repository, tag: string): string {
  const exact = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return `https://github\\.com/${
    exact(repositoryName(repository))
  }/\\.github/workflows/[A-Za-z0-9._-]+\\.ya?ml@refs/tags/${exact(tag)}`;
}

function wrong(why: string): EpackError {
  return new EpackError("signature_invalid", `the adapter's provenance is refused: ${why}`, {
    origin: "remote",
    hint: "do not install it; ask its author how its releases are built",
  });
}
