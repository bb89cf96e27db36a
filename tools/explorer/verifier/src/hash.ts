// docs/formats.md, "Hashing" and "Merkle trees"; docs/formats/proof.md, "Merkle path" and "Map path".
import { blake2b } from "@noble/hashes/blake2b";

import { ascii, equal } from "./bytes.js";

export type Field = Uint8Array | { number: number | bigint } | { sized: Uint8Array };

export const number = (value: number | bigint): Field => ({ number: value });
export const sized = (bytes: Uint8Array): Field => ({ sized: bytes });

function little(value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

/** H(tag; fields): a Uint8Array is hashed as it is ("fixed"). Lists stand for their fields. */
export function H(tag: string, ...fields: (Field | Field[])[]): Uint8Array {
  const state = blake2b.create({ dkLen: 32 });
  state.update(ascii(tag)).update(new Uint8Array(1));
  const add = (field: Field): void => {
    if (field instanceof Uint8Array) {
      state.update(field);
    } else if ("number" in field) {
      state.update(little(field.number));
    } else {
      state.update(little(field.sized.length)).update(field.sized);
    }
  };
  for (const field of fields) { Array.isArray(field) ? field.forEach(add) : add(field); }
  return state.digest();
}

/** Whether `leaf` is number `index` of `count` leaves under `root`. */
export function isUnderMerkleRoot(leaf: Uint8Array, index: bigint, count: bigint, path: Uint8Array[], root: Uint8Array): boolean {
  if (index >= count) { return false; }
  let x = H("keten/merkle/leaf/1", leaf);
  let i = index;
  let last = count - 1n;
  for (const sibling of path) {
    if (last === 0n) { return false; }
    if (i % 2n === 1n || i === last) {
      x = H("keten/merkle/node/1", sibling, x);
      while (i % 2n === 0n) {
        i /= 2n;
        last /= 2n;
      }
    } else {
      x = H("keten/merkle/node/1", x, sibling);
    }
    i /= 2n;
    last /= 2n;
  }
  return last === 0n && equal(H("keten/merkle/root/1", number(count), x), root);
}

export interface MapPath {
  siblings: Uint8Array[];
  other: { key: Uint8Array; value: Uint8Array } | undefined;
}

function bit(key: Uint8Array, place: number): number {
  return ((key[place >> 3] as number) >> (7 - (place & 7))) & 1;
}

/** Whether the map under `root` has `value` at the full key, or nothing when `value` is undefined. */
export function isInMap(fullKey: Uint8Array, value: Uint8Array | undefined, path: MapPath, root: Uint8Array): boolean {
  const key = H("keten/map/key/1", sized(fullKey));
  const depth = path.siblings.length;
  let x: Uint8Array;
  if (value !== undefined) {
    if (path.other !== undefined) { return false; }
    x = H("keten/map/leaf/1", key, H("keten/map/value/1", sized(value)));
  } else if (path.other === undefined) {
    x = new Uint8Array(32);
  } else {
    const other = path.other.key;
    if (equal(other, key)) { return false; }
    for (let place = 0; place < depth; ++place) {
      if (bit(other, place) !== bit(key, place)) { return false; }
    }
    x = H("keten/map/leaf/1", other, path.other.value);
  }
  for (let place = depth - 1; place >= 0; --place) {
    const sibling = path.siblings[place] as Uint8Array;
    x = bit(key, place) === 1 ? H("keten/map/node/1", sibling, x) : H("keten/map/node/1", x, sibling);
  }
  return equal(H("keten/map/root/1", x), root);
}
