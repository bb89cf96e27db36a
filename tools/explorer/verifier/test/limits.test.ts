// What crafted input may cost, and how strictly trust roots are read.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { ascii, concat, latin1, shown } from "../src/bytes.js";
import { readTrustRoot, Refusal, verifyProof } from "../src/index.js";
import { parseJson, toJson, whole } from "../src/json.js";
import { lineage } from "../src/lineage.js";
import type { EpcisEvent } from "../src/proof.js";
import { decodeProof } from "../src/proof.js";
import { Message } from "../src/wire.js";

const read = (name: string): Uint8Array => readFileSync(fileURLToPath(new URL(`../../../../../tests/golden/proofs/${name}`, import.meta.url)));
const refused = (call: () => unknown): Refusal => {
  try {
    call();
  } catch (error) {
    if (error instanceof Refusal) { return error; }
    throw error;
  }
  throw new Error("accepted");
};

test("of what validators did not sign nothing is looked at", () => {
  for (const [name, reason] of [["trace_forward_of_a_lot_without_history_0", /lineage/], ["history_time_changed", /entries/]] as const) {
    const file = Uint8Array.from(read(`invalid/${name}.ketenproof`));
    const root = readTrustRoot(read("genesis.json"));
    assert.match(refused(() => verifyProof(file, root)).message, reason);
    const { anchorFinalization, handOvers } = decodeProof(file);
    const change = (finalization: Uint8Array): void => {
      const place = finalization.byteOffset + finalization.length - 40;
      file[place] = (file[place] as number) ^ 1;
    };
    change(anchorFinalization);
    assert.match(refused(() => verifyProof(file, root)).message, /signature of .* for block 11 /);
    change((handOvers[0] as { finalization: Uint8Array }).finalization);
    assert.match(refused(() => verifyProof(file, root)).message, /signature of .* for block 5 /, "the first in the order of trust");
  }
});

test("a lineage costs as much as its events are long, not its square", () => {
  const all = (letter: string): string[] => Array.from({ length: 10_000 }, (_, index) => letter + index);
  const [inputs, outputs] = [all("i"), all("o")];
  const name = (roles: number) => (id: string) => ({ roles, key: ascii(id) });
  const event = { names: [...inputs.map(name(8)), ...outputs.map(name(16))] } as EpcisEvent;
  const events = new Map([...inputs, ...outputs].map((id) => [id, [event]]));
  const began = performance.now();
  assert.equal(lineage("i0", true, events)?.size, 10_001);
  assert.equal(lineage("o0", false, events)?.size, 10_001);
  assert.ok(performance.now() - began < 5000);
  events.delete("o9999");
  assert.equal(lineage("i0", true, events), undefined, "a branch is missing");
});

test("a container that turns out to be a member is followed as one", () => {
  const event = (names: [string, number][]): EpcisEvent => ({ names: names.map(([id, roles]) => ({ roles, key: ascii(id) })) }) as EpcisEvent;
  const packed = event([["a", 4], ["box", 2], ["b", 4]]);
  const made = event([["a", 8], ["box", 16]]);
  const events = new Map([["a", [packed, made]], ["box", [packed, made]], ["b", [packed]]]);
  assert.deepEqual(lineage("a", true, events), new Map([["a", "member"], ["box", "member"], ["b", "member"]]));
});

test("a message of more values than it may have is refused before they are kept", () => {
  const values = (count: number): Uint8Array => Uint8Array.from({ length: 2 * count }, (_, index) => (index % 2 === 0 ? 0x2a : 0));
  assert.equal(new Message(values(300), "path").repeated(5, 300).length, 300);
  assert.match(refused(() => new Message(values(2_000_000), "path")).message, /more than 300 values/);
});

test("all events of a file have at most a million names together", () => {
  const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)]);
  const field = (number: number, bytes: Uint8Array): Uint8Array => concat(Uint8Array.from([...varint(8 * number + 2), ...varint(bytes.length)]), bytes);
  const hash = new Uint8Array(32).fill(7);
  const name = field(5, field(2, ascii("x")));
  const event = (names: number): Uint8Array => field(10, concat(field(1, hash), ...Array.from({ length: names }, () => name)));
  const file = (...events: Uint8Array[]): Uint8Array => concat(Uint8Array.from([8, 1]), field(2, hash), field(5, new Uint8Array(244).fill(7)),
    ...[7, 8, 9].map((place) => field(place, hash)), ...events, field(15, concat(field(1, ascii("item")), field(2, ascii("x")), Uint8Array.from([0x1a, 0]))));
  const many = Array.from({ length: 50 }, () => event(20_000));
  assert.equal(decodeProof(file(...many)).events.length, 50);
  assert.match(refused(() => decodeProof(file(...many, event(1)))).message, /too many names/);
  assert.match(refused(() => decodeProof(file(event(20_001)))).message, /at most 20000/);
});

test("values of any length are shown", () => {
  const text = "x".repeat(300_000);
  assert.equal(shown(ascii(text)), text);
  assert.equal(latin1(new Uint8Array(300_000)).length, 300_000);
});

test("JSON is read without tolerance", () => {
  assert.deepEqual(parseJson(' {"a":[1,-2,true,null,"\\u00e9\\""]}\n'), new Map([["a", [1n, -2n, true, null, 'é"']]]));
  for (const text of ["", "{", '{"a":1,}', "[1 2]", "01", "1.0", "1e2", "nul", "'a'", '"\u0001"', '"\\ud800"', '{"a":1,"\\u0061":2}', "[]]", "\ufeff[]",
    "[".repeat(40) + "]".repeat(40)]) {
    assert.throws(() => parseJson(text), Error, text);
  }
  assert.throws(() => parseJson(Uint8Array.from([0x22, 0xff, 0x22])), Error, "no UTF-8");
});

test("a verdict says numbers with all their digits", () => {
  const verdict = { height: whole(7n), anchor: { time_ms: whole(9007199254740993n) }, signers: ["a/b"], none: [] };
  assert.equal(toJson(verdict).replace(/\s/g, ""), '{"height":7,"anchor":{"time_ms":9007199254740993},"signers":["a/b"],"none":[]}');
});

test("a checkpoint that could be read in two ways is refused", () => {
  const text = latin1(read("checkpoint.json"));
  const keys = [...text.matchAll(/ed25519:[0-9a-f]{64}/g)].map(([key]) => key);
  readTrustRoot(text);
  for (const [from, to] of [
    ['"epoch": 1', '"epoch": 0, "epoch": 1'],
    ['"epoch": 1', '"epoch": 1.0'],
    ['"epoch": 1', '"epoch": 9007199254740994'],
    ['"weight": 1', '"weight": 2147483648'],
    ['"weight": 1', '"weight": 0'],
    ['"weight": 1', '"weight": 1, "w\\u0065ight": 1'],
    [keys[0] as string, keys[1] as string],
    ['"organisation": "', '"organisation": " '],
    ['"height": 5', '"height": 5, "more": 1'],
    ['"height": 5', '"height": -5'],
  ] as const) {
    const changed = text.replace(from, to);
    assert.notEqual(changed, text, from);
    assert.equal(refused(() => readTrustRoot(changed)).reason, "TRUST_ROOT_INVALID", to);
  }
});
