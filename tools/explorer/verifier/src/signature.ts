// Ed25519 with the predicate of docs/formats.md, "Signatures and keys" (sig_rule 1), which is stricter than RFC 8032.
import { CURVE, etc, Point } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2";

import { concat, equal } from "./bytes.js";

function little(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; --i) { value = (value << 8n) | BigInt(bytes[i] as number); }
  return value;
}

function point(bytes: Uint8Array): Point | undefined {
  try {
    const decoded = Point.fromBytes(bytes, false);
    return decoded.isSmallOrder() ? undefined : decoded;
  } catch {
    return undefined;
  }
}

/** Scalar below the group order, A and R canonical and not of small order, R = sB - kA without cofactor. */
export function isValidSignature(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  if (signature.length !== 64 || key.length !== 32) { return false; }
  const encodedR = signature.subarray(0, 32);
  const s = little(signature.subarray(32));
  const a = point(key);
  if (s >= CURVE.n || a === undefined || point(encodedR) === undefined) { return false; }
  const k = etc.mod(little(sha512(concat(encodedR, key, message))), CURVE.n);
  const sB = s === 0n ? Point.ZERO : Point.BASE.multiply(s, false);
  const kA = k === 0n ? Point.ZERO : a.multiply(k, false);
  return equal(sB.add(kA.negate()).toBytes(), encodedR);
}

/** Canonical, on the curve, in the prime-order subgroup and not the identity. */
export function isValidKey(key: Uint8Array): boolean {
  return point(key)?.isTorsionFree() ?? false;
}
