// The golden proofs of tests/golden/proofs, which the C++ verifier is tested with too.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { latin1 } from "../src/bytes.js";
import { readTrustRoot, Refusal, toJson, verifyProof } from "../src/index.js";
import type { Json } from "../src/json.js";
import { parseJson, whole } from "../src/json.js";

const golden = fileURLToPath(new URL("../../../../../tests/golden/proofs/", import.meta.url));
const read = (...path: string[]): Uint8Array => readFileSync(join(golden, ...path));
const trust = (name: string) => readTrustRoot(readFileSync(join(golden, name), "utf8"));
const files = (folder: string): string[] => readdirSync(join(golden, folder)).filter((name) => name.endsWith(".ketenproof")).sort();

const genesis = trust("genesis.json");
const checkpoint = trust("checkpoint.json");

/** As verdicts are: objects, and numbers where these are exact. */
function plain(value: Json): unknown {
  if (value instanceof Map) { return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)])); }
  if (Array.isArray(value)) { return value.map(plain); }
  return typeof value === "bigint" ? whole(value) : value;
}

function refusal(bytes: Uint8Array, root = genesis, expected?: string): Refusal {
  try {
    verifyProof(bytes, root, expected);
  } catch (error) {
    if (error instanceof Refusal) { return error; }
    throw error;
  }
  throw new Error("accepted");
}

for (const [folder, root] of [["valid", genesis], ["checkpoint", checkpoint]] as const) {
  for (const name of files(folder)) {
    test(`${folder}/${name} holds and says what it should`, () => {
      const verdict = verifyProof(read(folder, name), root);
      const facts = plain(parseJson(read(folder, name.replace(/ketenproof$/, "json"))));
      assert.deepEqual(verdict, facts);
      assert.deepEqual(plain(parseJson(toJson(verdict))), facts, "as text, too, with all digits");
      assert.equal(verifyProof(read(folder, name), root, verdict.subject).subject, verdict.subject);
    });
  }
}

test("there are vectors of each kind", () => {
  const kinds = new Set(files("valid").map((name) => verifyProof(read("valid", name), genesis).kind));
  assert.deepEqual([...kinds].sort(), ["absence", "block", "entry", "history", "state", "trace", "transaction"]);
  assert.ok(files("invalid").length >= 20);
});

for (const name of files("invalid")) {
  test(`invalid/${name} is refused`, () => { refusal(read("invalid", name)); });
}

test("a proof that proves something else is refused", () => {
  const [name] = files("valid");
  assert.equal(refusal(read("valid", name as string), genesis, "history of item https://example.org/other").reason, "PROOF_OTHER_SUBJECT");
});

test("what is expected is met by the proofs that the list names, and by no others", () => {
  const list = plain(parseJson(read("expected.json"))) as { proof: string; expected: string; accepted: boolean }[];
  assert.ok(list.some(({ accepted }) => accepted) && list.some(({ accepted }) => !accepted));
  for (const { proof, expected, accepted } of list) {
    const bytes = read("valid", `${proof}.ketenproof`);
    if (accepted) {
      verifyProof(bytes, genesis, expected);
    } else {
      assert.equal(refusal(bytes, genesis, expected).reason, "PROOF_OTHER_SUBJECT", `${proof}: ${expected}`);
    }
  }
});

const trustLines = latin1(read("trust.txt")).split("\n").filter((line) => line !== "").map((line) => line.split(" = ") as [string, string]);
for (const [name, answer] of trustLines) {
  test(`trust/${name}.json ${answer}`, () => {
    const bytes = read("trust", `${name}.json`);
    if (answer === "holds") {
      readTrustRoot(bytes);
    } else {
      assert.throws(() => readTrustRoot(bytes), (error) => error instanceof Refusal && error.reason === "TRUST_ROOT_INVALID");
    }
  });
}

// Every bit matters: one flipped anywhere, a byte cut off, a byte added. (The silence of a map about one item is silence about others
// near it too: such a file is a proof, but of something else.)
for (const name of files("valid")) {
  test(`no changed ${name} is accepted`, () => {
    const bytes = read("valid", name);
    const { subject } = verifyProof(bytes, genesis);
    const step = Math.max(1, Math.floor(bytes.length / 150));
    for (let at = 0; at < bytes.length; at += step) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] as number) ^ (1 << at % 8);
      refusal(changed, genesis, subject);
    }
    refusal(bytes.subarray(0, bytes.length - 1));
    refusal(Uint8Array.from([...bytes, 0]));
  });
}
