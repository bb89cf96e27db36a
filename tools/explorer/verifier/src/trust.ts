// What a verifier starts from: the genesis of a chain (docs/formats.md, "Genesis") or a checkpoint (docs/formats/proof.md).
import { ascii, equal, fromHex, isName, latin1, toHex } from "./bytes.js";
import { H, number, sized } from "./hash.js";
import type { Json } from "./json.js";
import { parseJson } from "./json.js";
import type { Validator } from "./ledger.js";
import { totalWeight } from "./ledger.js";
import { Refusal } from "./refusal.js";
import { isValidKey, isValidSignature } from "./signature.js";

export interface TrustRoot {
  from: "genesis" | "checkpoint";
  chainId: Uint8Array;
  epoch: bigint;
  validators: Validator[];
  /** The height since which they validate. */
  since: bigint;
}

/** Up to here every double is exact. */
const kWholeMax = 2 ** 53;
const kFileBytesMax = 8 * 1024 * 1024;

function bad(place: string, message: string): Refusal {
  return new Refusal("TRUST_ROOT_INVALID", `${place || "/"}: ${message}`);
}

class Place {
  constructor(private readonly value: Json | undefined, readonly path: string) {}

  object(members: string[]): (member: string) => Place {
    const value = this.value;
    if (!(value instanceof Map)) { throw bad(this.path, "expected an object"); }
    for (const member of value.keys()) {
      if (!members.includes(member)) { throw bad(`${this.path}/${member}`, `is unknown here; expected ${members.join(", ")}`); }
    }
    for (const member of members) {
      if (!value.has(member)) { throw bad(`${this.path}/${member}`, "is missing"); }
    }
    return (member) => new Place(value.get(member), `${this.path}/${member}`);
  }
  list(least: number, most = Infinity): Place[] {
    if (!Array.isArray(this.value)) { throw bad(this.path, "expected a list"); }
    if (this.value.length < least || this.value.length > most) {
      throw bad(this.path, `expected ${least}${most === Infinity ? " or more" : ` to ${most}`} entries, found ${this.value.length}`);
    }
    return this.value.map((entry, index) => new Place(entry, `${this.path}/${index}`));
  }
  text(most: number): Uint8Array {
    if (typeof this.value !== "string") { throw bad(this.path, "expected a text"); }
    const bytes = ascii(this.value);
    if (bytes.length > most) { throw bad(this.path, `has ${bytes.length} bytes, at most ${most}`); }
    return bytes;
  }
  name(): Uint8Array {
    const bytes = this.text(64);
    if (!isName(bytes)) { throw bad(this.path, "expected 1 to 64 of A-Z a-z 0-9 - _ ."); }
    return bytes;
  }
  integer(least: number, most = kWholeMax): bigint {
    if (typeof this.value !== "bigint" || this.value < least || this.value > most) {
      throw bad(this.path, `expected a whole number from ${least} to ${most}`);
    }
    return this.value;
  }
  hex(size: number): Uint8Array {
    if (typeof this.value !== "string" || this.value.length !== 2 * size || !/^[0-9a-fA-F]*$/.test(this.value)) {
      throw bad(this.path, `expected ${2 * size} hexadecimal digits`);
    }
    return fromHex(this.value.toLowerCase());
  }
  /** 32 bytes, which may be no key at all. */
  keyText(): Uint8Array {
    if (typeof this.value !== "string" || !/^ed25519:[0-9a-fA-F]{64}$/.test(this.value)) {
      throw bad(this.path, "expected ed25519: and 64 hexadecimal digits");
    }
    return fromHex(this.value.slice(8).toLowerCase());
  }
  key(): Uint8Array {
    const key = this.keyText();
    if (!isValidKey(key)) { throw bad(this.path, "is no valid key"); }
    return key;
  }
  one(): void {
    if (this.value !== 1n) { throw bad(this.path, "expected 1"); }
  }
}

function parse(source: string | Uint8Array): Json {
  if (source.length > kFileBytesMax) { throw bad("", `has more than ${kFileBytesMax} bytes`); }
  try {
    return parseJson(source);
  } catch (error) {
    throw bad("", `is no JSON: ${(error as Error).message}`);
  }
}

const kParameters: [string, number, number][] = [
  ["block_bytes_max", 65536, 4194304],
  ["block_transactions_max", 1, 2000],
  ["block_fuel_max", 1000000, 1000000000],
  ["transaction_bytes_max", 4096, 1048576],
  ["validity_blocks_max", 10, 2000],
  ["execution_lag_max", 2, 32],
  ["clock_drift_ms_max", 100, 60000],
  ["min_block_interval_ms", 1, 60000],
];
const kRoles = new Map([["validator", 1], ["admin", 2], ["submitter", 4], ["auditor", 8], ["publisher", 16], ["capture", 32]]);
const kAdmin = 2;

function roles(place: Place): number {
  let bits = 0;
  for (const entry of place.list(1)) {
    const role = kRoles.get(latin1(entry.text(16)));
    if (role === undefined) { throw bad(entry.path, "is no role"); }
    bits |= role;
  }
  if ((bits & 1) !== 0 || ((bits & 32) !== 0 && bits !== 32)) { throw bad(place.path, "do not go together"); }
  return bits;
}

/** Throws Refusal(TRUST_ROOT_INVALID) with a JSON pointer. */
export function readGenesis(text: string | Uint8Array): TrustRoot {
  const top = new Place(parse(text), "").object(["keten_genesis", "chain", "time_ms", "parameters", "organisations", "signatures"]);
  top("keten_genesis").one();
  const fields = [sized(top("chain").name()), number(top("time_ms").integer(0))];
  const parameters = top("parameters").object(kParameters.map(([name]) => name));
  for (const [name, least, most] of kParameters) { fields.push(number(parameters(name).integer(least, most))); }
  if (parameters("transaction_bytes_max").integer(0) > parameters("block_bytes_max").integer(0)) {
    throw bad("/parameters/transaction_bytes_max", "is above block_bytes_max");
  }

  const validators: Validator[] = [];
  const admins = new Map<string, Uint8Array[]>();
  const owners = new Set<string>();
  const nodesOfAll = new Set<string>();
  const claim = (what: Uint8Array, taken: Set<string>, place: Place): void => {
    if (taken.has(toHex(what))) { throw bad(place.path, "is there twice"); }
    taken.add(toHex(what));
  };
  const organisations = top("organisations").list(1);
  fields.push(number(organisations.length));
  for (const place of organisations) {
    const organisation = place.object(["name", "keys", "validators"]);
    const name = organisation("name").name();
    const text = toHex(name);
    if (admins.has(text)) { throw bad(place.path, "is there twice"); }
    const its: Uint8Array[] = [];
    admins.set(text, its);
    const possess = (of: Uint8Array, key: Uint8Array, bits: number, proof: Uint8Array, at: Place): void => {
      const digest = H("keten/key-possession/1", sized(name), sized(of), key, number(bits));
      if (!isValidSignature(proof, digest, key)) { throw bad(at.path, "the possession does not hold"); }
    };
    const keys = organisation("keys").list(1);
    const names = new Set<string>();
    fields.push(sized(name), number(keys.length));
    for (const entry of keys) {
      const member = entry.object(["name", "key", "roles", "possession"]);
      const [of, key, bits, proof] = [member("name").name(), member("key").key(), roles(member("roles")), member("possession").hex(64)];
      claim(key, owners, member("key"));
      claim(of, names, member("name"));
      possess(of, key, bits, proof, entry);
      if ((bits & kAdmin) !== 0) { its.push(key); }
      fields.push(sized(of), key, number(bits), proof);
    }
    if (its.length === 0) { throw bad(`${place.path}/keys`, "has no admin"); }
    const nodes = organisation("validators").list(0);
    fields.push(number(nodes.length));
    for (const entry of nodes) {
      const member = entry.object(["node", "key", "possession", "tls_certificate", "peer_address"]);
      const [node, key, proof] = [member("node").name(), member("key").key(), member("possession").hex(64)];
      claim(key, owners, member("key"));
      claim(node, nodesOfAll, member("node"));
      possess(node, key, 1, proof, entry);
      const [certificate, address] = [member("tls_certificate").text(16384), member("peer_address").text(256)];
      if (!latin1(certificate).includes("BEGIN CERTIFICATE")) { throw bad(`${entry.path}/tls_certificate`, "expected a PEM certificate"); }
      if (!latin1(address).includes(":")) { throw bad(`${entry.path}/peer_address`, "expected host:port"); }
      fields.push(sized(node), key, proof, sized(certificate), sized(address));
      validators.push({ organisation: name, node, key, weight: 1n });
    }
  }
  if (validators.length < 1 || validators.length > 100) { throw bad("/organisations", "expected 1 to 100 validators in all"); }
  const chainId = H("keten/genesis/1", fields);

  const digest = H("keten/genesis-signature/1", chainId);
  const signed = new Set<string>();
  for (const place of top("signatures").list(0)) {
    const member = place.object(["organisation", "key", "signature"]);
    const organisation = toHex(member("organisation").text(kFileBytesMax));
    const [key, signature] = [member("key").keyText(), member("signature").hex(64)];
    const isAdmin = (admins.get(organisation) ?? []).some((admin) => equal(admin, key));
    if (isAdmin && !signed.has(organisation) && isValidSignature(signature, digest, key)) { signed.add(organisation); }
  }
  for (const organisation of admins.keys()) {
    if (!signed.has(organisation)) {
      throw bad("/signatures", `${new TextDecoder().decode(fromHex(organisation))} has not signed this genesis`);
    }
  }
  return { from: "genesis", chainId, epoch: 0n, validators, since: 0n };
}

/** Throws Refusal(TRUST_ROOT_INVALID) with a JSON pointer. */
export function readCheckpoint(text: string | Uint8Array): TrustRoot {
  const top = new Place(parse(text), "").object(["keten_checkpoint", "chain_id", "epoch", "since", "validators"]);
  top("keten_checkpoint").one();
  const since = top("since").object(["height", "block"]);
  since("block").hex(32);
  const keys = new Set<string>();
  const validators = top("validators").list(1, 100).map((place) => {
    const member = place.object(["organisation", "node", "key", "weight"]);
    const validator = {
      organisation: member("organisation").name(),
      node: member("node").name(),
      key: member("key").key(),
      weight: member("weight").integer(1, 2 ** 31 - 1),
    };
    // Whoever stands here twice would sign twice.
    if (keys.has(toHex(validator.key))) { throw bad(`${place.path}/key`, "is there twice"); }
    keys.add(toHex(validator.key));
    return validator;
  });
  if (totalWeight(validators) > 1n << 31n) { throw bad("/validators", "the weights are too large"); }
  return {
    from: "checkpoint",
    chainId: top("chain_id").hex(32),
    epoch: top("epoch").integer(0),
    validators,
    since: since("height").integer(0),
  };
}

/** Either, by its first member. */
export function readTrustRoot(text: string | Uint8Array): TrustRoot {
  const value = parse(text);
  const isCheckpoint = value instanceof Map && value.has("keten_checkpoint");
  return isCheckpoint ? readCheckpoint(text) : readGenesis(text);
}
