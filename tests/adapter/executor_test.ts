import assert from "node:assert/strict";
import { join } from "node:path";
import { newExecutor } from "../../lib/adapter/mod.ts";
import { temporaryFolder } from "../epack.ts";
import { untilGone } from "../until_gone.ts";

/** Answers like an adapter, and waits in its login. */
const ADAPTER = `#!/usr/bin/python3 -IS
import json, os, sys, time
command = sys.argv[1]
if command == "--capabilities":
    print(json.dumps({"name": "x", "kind": "remote_adapter", "deploy_protocol_version": 1, "features": {"auth_login": True}}))
    sys.exit()
request = json.loads(sys.stdin.readline())
instructions = {"user_code": str(os.getpid()), "verification_uri": "https://registry.test/", "expires_in_seconds": 60}
answer = {"ok": True, "type": command, "request_id": request["request_id"], "instructions": instructions}
print(json.dumps(answer), flush=True)
time.sleep(300)
`;

Deno.test("Executor.authLogin() answers while its process waits, and the next login or close() ends that", async () => {
  await using folder = temporaryFolder();
  const path = join(folder.path, "epack-remote-x");
  await Deno.writeTextFile(path, ADAPTER, { mode: 0o755 });
  const executor = await newExecutor(path, { adapterName: "x", env: {}, tempRoot: folder.path });
  const pids: number[] = [];
  for (let times = 0; times < 2; times++) {
    const { instructions } = await executor.authLogin();
    pids.push(Number(instructions.userCode));
    // it is there
    Deno.kill(pids[times], "SIGCONT");
  }
  await untilGone(pids[0]);
  await executor.close();
  await untilGone(pids[1]);
  assert.notEqual(pids[0], pids[1]);
});
