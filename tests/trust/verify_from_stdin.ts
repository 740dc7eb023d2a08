/** Verifies the bundle on stdin against the root on stdin: started without any permission. */
import { parseTrustedRoot, verifyBundle } from "../../lib/trust/mod.ts";

const { root, bundle, signer } = await new Response(Deno.stdin.readable).json();
const { signer: found } = verifyBundle(bundle, { root: parseTrustedRoot(root), signer });
console.log(found?.subject);
