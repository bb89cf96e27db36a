// Canonical encodings of docs/formats.md: header, certificate, receipt, transaction body, validator set.
import { equal, isName, isZero, latin1 } from "./bytes.js";
import { H, number, sized } from "./hash.js";
import { demand, malformed } from "./refusal.js";
import { isValidSignature } from "./signature.js";
import { Message } from "./wire.js";

class Reader {
  private at = 0;
  constructor(private readonly bytes: Uint8Array, private readonly name: string) {}

  raw(size: number): Uint8Array {
    if (size > this.bytes.length - this.at) { throw malformed(`${this.name} is cut off`); }
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }
  number(size: 1 | 2 | 4 | 8): bigint {
    let value = 0n;
    this.raw(size).forEach((byte, place) => { value |= BigInt(byte) << BigInt(8 * place); });
    return value;
  }
  sized(most: number): Uint8Array {
    const size = Number(this.number(4));
    if (size > most) { throw malformed(`${this.name}: a field has ${size} bytes, at most ${most}`); }
    return this.raw(size);
  }
  end(): void {
    if (this.at !== this.bytes.length) { throw malformed(`${this.name} has bytes behind it`); }
  }
}

export interface Header {
  id: Uint8Array;
  version: bigint;
  chainId: Uint8Array;
  epoch: bigint;
  view: bigint;
  height: bigint;
  timeMs: bigint;
  payloadRoot: Uint8Array;
  transactionCount: bigint;
  executedHeight: bigint;
  stateRoot: Uint8Array;
  nextSet: Uint8Array;
}

export function decodeHeader(bytes: Uint8Array): Header {
  if (bytes.length !== 244) { throw malformed(`a header has ${bytes.length} bytes, expected 244`); }
  const reader = new Reader(bytes, "header");
  const version = reader.number(2);
  const chainId = reader.raw(32);
  const epoch = reader.number(8);
  const view = reader.number(8);
  const height = reader.number(8);
  reader.raw(32);
  reader.raw(2);
  const timeMs = reader.number(8);
  const payloadRoot = reader.raw(32);
  reader.raw(4);
  const transactionCount = reader.number(4);
  const executedHeight = reader.number(8);
  const stateRoot = reader.raw(32);
  const nextSet = reader.raw(32);
  reader.raw(32);
  reader.end();
  const id = H("keten/header/1", bytes);
  return { id, version, chainId, epoch, view, height, timeMs, payloadRoot, transactionCount, executedHeight, stateRoot, nextSet };
}

export interface Validator {
  organisation: Uint8Array;
  node: Uint8Array;
  key: Uint8Array;
  weight: bigint;
}

export function setId(members: Validator[]): Uint8Array {
  return H("keten/validator-set/1", number(members.length),
    members.flatMap((member) => [sized(member.organisation), sized(member.node), member.key, number(member.weight)]));
}

export function totalWeight(members: Validator[]): bigint {
  return members.reduce((sum, member) => sum + member.weight, 0n);
}

export interface Certificate {
  kind: bigint;
  epoch: bigint;
  view: bigint;
  parentView: bigint;
  block: Uint8Array;
  bitmap: Uint8Array;
  signatures: Uint8Array[];
}

export function decodeCertificate(bytes: Uint8Array): Certificate {
  const reader = new Reader(bytes, "certificate");
  const kind = reader.number(1);
  const epoch = reader.number(8);
  const view = reader.number(8);
  const parentView = reader.number(8);
  const block = reader.raw(32);
  const bitmap = reader.sized(13);
  const signatures: Uint8Array[] = [];
  for (const byte of bitmap) {
    for (let rest = byte; rest !== 0; rest &= rest - 1) { signatures.push(reader.raw(64)); }
  }
  reader.end();
  if (kind < 1n || kind > 3n) { throw malformed(`a certificate is of kind ${kind}`); }
  if (kind === 2n && (parentView !== 0n || !isZero(block))) { throw malformed("a nullification names a block"); }
  return { kind, epoch, view, parentView, block, bitmap, signatures };
}

/** A signature whose check can wait until everything cheap holds. */
export interface Pending {
  key: Uint8Array;
  digest: Uint8Array;
  signature: Uint8Array;
  whose: string;
}

export function checkSignatures(pending: Pending[]): void {
  for (const each of pending) {
    demand(isValidSignature(each.signature, each.digest, each.key), `the signature of ${each.whose} does not hold`);
  }
}

/** Checks everything but the signatures, which it adds to `pending`. Gives the signers, as places in the set. */
export function checkFinal(header: Header, certificate: Certificate, chainId: Uint8Array, epoch: bigint, set: Validator[],
    pending: Pending[]): number[] {
  const what = `block ${header.height}`;
  demand(header.version === 1n, `${what} has version ${header.version}`);
  demand(equal(header.chainId, chainId), `${what} is of another chain`);
  demand(header.epoch === epoch, `${what} is of epoch ${header.epoch}, expected ${epoch}`);
  demand(header.height > 0n, "the block at height 0 is never signed");
  demand(certificate.kind === 3n, `${what}: the certificate is no finalization`);
  demand(equal(certificate.block, header.id), `${what}: the finalization is of another block`);
  demand(certificate.epoch === epoch, `${what}: the finalization is of another epoch`);
  demand(certificate.view >= header.view, `${what}: the finalization is of a view before the block's`);
  demand(certificate.bitmap.length === Math.ceil(set.length / 8), `${what}: the list of signers does not fit the set`);
  const signers: number[] = [];
  certificate.bitmap.forEach((byte, place) => {
    for (let bit = 0; bit < 8; ++bit) {
      if ((byte >> bit) & 1) { signers.push(8 * place + bit); }
    }
  });
  demand(signers.every((index) => index < set.length), `${what}: a signer is not in the set`);
  const weight = signers.reduce((sum, index) => sum + (set[index] as Validator).weight, 0n);
  const quorum = (2n * totalWeight(set)) / 3n + 1n;
  demand(weight >= quorum, `${what}: the signers have weight ${weight}, a quorum ${quorum}`);
  const id = setId(set);
  const proposal = H("keten/proposal/1", chainId, number(epoch), id, number(certificate.view), number(certificate.parentView), header.id);
  const digest = H("keten/vote/finalize/1", chainId, id, number(epoch), number(certificate.view), proposal);
  signers.forEach((index, place) => {
    const member = set[index] as Validator;
    const whose = `${latin1(member.organisation)}/${latin1(member.node)} for ${what}`;
    pending.push({ key: member.key, digest, signature: certificate.signatures[place] as Uint8Array, whose });
  });
  return signers;
}

export interface Receipt {
  transaction: Uint8Array;
  succeeded: boolean;
  reason: Uint8Array;
}

export function decodeReceipt(bytes: Uint8Array): Receipt {
  const reader = new Reader(bytes, "receipt");
  const transaction = reader.raw(32);
  const success = reader.number(1);
  const reason = reader.sized(256);
  reader.sized(65536);
  reader.number(8);
  reader.raw(32);
  reader.sized(1 << 20);
  reader.number(8);
  reader.end();
  if (success > 1n) { throw malformed("a receipt is neither success nor failure"); }
  return { transaction, succeeded: success === 1n, reason };
}

export interface Body {
  id: Uint8Array;
  chainId: Uint8Array;
  organisation: Uint8Array;
  sender: Uint8Array;
  contract: Uint8Array;
  method: Uint8Array;
  commitments: Uint8Array[];
}

export function decodeBody(bytes: Uint8Array): Body {
  const message = new Message(bytes, "transaction body");
  const chainId = message.fixed(1, 32);
  const organisation = message.bytes(2);
  const sender = message.fixed(3, 32);
  message.number(4, 64);
  message.fixed(5, 16);
  message.number(6, 64);
  const contract = message.bytes(7);
  const method = message.bytes(8);
  message.limited(9, 0, 256 * 1024);
  const commitments = message.hashes(10, 16);
  message.end();
  if (![organisation, contract, method].every(isName)) { throw malformed("transaction body: a name is none"); }
  return { id: H("keten/transaction/1", sized(bytes)), chainId, organisation, sender, contract, method, commitments };
}

export interface Head {
  count: bigint;
  chain: Uint8Array;
  lastHeight: bigint;
  stateDigest: Uint8Array;
}

export function decodeHead(bytes: Uint8Array): Head {
  const reader = new Reader(bytes, "head");
  const version = reader.number(1);
  const count = reader.number(8);
  const chain = reader.raw(32);
  const lastHeight = reader.number(8);
  const stateDigest = reader.raw(32);
  reader.end();
  if (version !== 1n) { throw malformed(`a head has version ${version}`); }
  return { count, chain, lastHeight, stateDigest };
}

