// Against the golden values of tests/golden.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { ascii, fromHex, toHex } from "../src/bytes.js";
import { H, number, sized } from "../src/hash.js";
import { readTrustRoot, Refusal } from "../src/index.js";
import { isValidSignature } from "../src/signature.js";

const path = (name: string): URL => new URL(`../../../../../tests/golden/${name}`, import.meta.url);
function golden(name: string): Map<string, string> {
  const lines = readFileSync(fileURLToPath(path(name)), "utf8").split("\n").filter((line) => line.includes(" = "));
  return new Map(lines.map((line) => line.split(" = ") as [string, string]));
}

test("hashes are those of the golden file", () => {
  const values = golden("hashing.txt");
  const tag = "keten/example/1";
  const bytes = Uint8Array.from({ length: 32 }, (_, index) => index);
  assert.equal(toHex(H(tag)), values.get("tag only"));
  assert.equal(toHex(H(tag, bytes)), values.get("fixed 00..1f"));
  assert.equal(toHex(H(tag, number(258))), values.get("number 258"));
  assert.equal(toHex(H(tag, sized(ascii("abc")))), values.get("sized abc"));
  assert.equal(toHex(H(tag, sized(ascii("abc")), number(258))), values.get("sized abc, number 258"));
});

test("a genesis is read: its organisations signed the chain id that follows from it", () => {
  const root = readTrustRoot(readFileSync(fileURLToPath(path("genesis.json")), "utf8"));
  assert.deepEqual(root.validators.map((member) => new TextDecoder().decode(member.organisation)), ["company0", "company1"]);
  assert.equal(root.epoch, 0n);
});

test("a genesis that somebody changed, or not everybody signed, is refused", () => {
  const text = readFileSync(fileURLToPath(path("genesis.json")), "utf8");
  for (const changed of [text.replace('"sample"', '"simple"'), text.replace(/"signatures": \[[^\]]*\]/, '"signatures": []'), text.slice(1)]) {
    assert.throws(() => readTrustRoot(changed), (error) => error instanceof Refusal && error.reason === "TRUST_ROOT_INVALID");
  }
});

// RFC 8032, section 7.1, test 2; and what sig_rule 1 refuses.
test("signatures follow sig_rule 1", () => {
  const key = fromHex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const signature = fromHex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  assert.ok(isValidSignature(signature, fromHex("72"), key));
  assert.ok(!isValidSignature(signature, fromHex("73"), key));
  const identity = new Uint8Array(32);
  identity[0] = 1;
  assert.ok(!isValidSignature(Uint8Array.from([...identity, ...new Uint8Array(32)]), fromHex("72"), identity), "a key of small order");
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  let s = 0n;
  for (let i = 63; i >= 32; --i) { s = (s << 8n) | BigInt(signature[i] as number); }
  const malleable = Uint8Array.from(signature);
  for (let i = 32, rest = s + order; i < 64; ++i, rest >>= 8n) { malleable[i] = Number(rest & 255n); }
  assert.ok(!isValidSignature(malleable, fromHex("72"), key), "a scalar above the group order");
});
