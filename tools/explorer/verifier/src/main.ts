#!/usr/bin/env node
// keten-verify FILE TRUST [EXPECTED]: the verdict as JSON; exit code 4 when the proof does not hold, 2 for a wrong call.
import { readFileSync } from "node:fs";

import { readTrustRoot, Refusal, toJson, verifyProof } from "./index.js";

const [file, trust, expected, ...more] = process.argv.slice(2);
if (file === undefined || trust === undefined || more.length > 0) {
  process.stderr.write("usage: keten-verify FILE.ketenproof GENESIS-OR-CHECKPOINT.json [EXPECTED SUBJECT]\n");
  process.exit(2);
}
try {
  const verdict = verifyProof(readFileSync(file), readTrustRoot(readFileSync(trust)), expected);
  process.stdout.write(toJson(verdict) + "\n");
} catch (error) {
  if (error instanceof Refusal) {
    process.stdout.write(JSON.stringify({ verified: false, reason: error.reason, message: error.message }, null, 2) + "\n");
    process.exit(4);
  }
  process.stderr.write(`keten-verify: ${(error as Error).message}\n`);
  process.exit(2);
}
