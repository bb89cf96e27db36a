// The file: docs/formats/proof.md, "Encoding".
import { isName } from "./bytes.js";
import type { MapPath } from "./hash.js";
import type { Validator } from "./ledger.js";
import { malformed } from "./refusal.js";
import { Message } from "./wire.js";

const kFileBytesMax = 64 * 1024 * 1024;
const kHandOversMax = 10_000;
const kMembersMax = 100;
const kSiblingsMax = 256;
const kPathMax = 64;
const kPayloadsMax = 16;
const kHistoriesMax = 20_000;
const kEntriesMax = 1_000_000;
const kEventsMax = 200_000;
const kNamesMax = 20_000;
/** Of all events together. */
const kAllNamesMax = 1_000_000;
const kFieldsMax = 16;
const kIdBytesMax = 4096;
const kKindBytesMax = 16;
const kKeyBytesMax = 8192;
const kValuesOfHistory = kEntriesMax + 4;
const kHeaderBytes = 244;
const kHeadBytes = 81;

export interface HandOver {
  header: Uint8Array;
  finalization: Uint8Array;
  members: Validator[];
}
export interface EventName {
  roles: number;
  key: Uint8Array;
}
export interface EpcisEvent {
  digest: Uint8Array;
  flags: bigint;
  organisation: Uint8Array;
  eventId: Uint8Array;
  names: EventName[];
  text: Uint8Array;
}
export interface Entity {
  kind: Uint8Array;
  id: Uint8Array;
}
export type Content =
  | { type: "digest"; digest: Uint8Array }
  | { type: "event"; place: number }
  | { type: "record"; key: Uint8Array; value: Uint8Array }
  | { type: "fact"; what: Uint8Array; fields: Uint8Array[] };
export interface Entry {
  height: bigint;
  timeMs: bigint;
  transaction: Uint8Array;
  event: bigint;
  content: Content;
}
export interface History extends Entity {
  head: Uint8Array;
  path: MapPath;
  entries: Entry[];
}
/** A block that the anchor's chain passes through. */
export interface BlockOfChain {
  header: Uint8Array;
  receiptsRoot: Uint8Array;
  mountainPath: Uint8Array[];
}
export type Statement =
  | {
      type: "transaction";
      header: Uint8Array;
      receiptsRoot: Uint8Array;
      mountainPath: Uint8Array[];
      index: bigint;
      body: Uint8Array;
      signature: Uint8Array;
      payloads: { salt: Uint8Array; content: Uint8Array }[];
      payloadPath: Uint8Array[];
      receipt: Uint8Array;
      receiptPath: Uint8Array[];
    }
  | ({ type: "block" } & BlockOfChain)
  | { type: "entry"; key: Uint8Array; value: Uint8Array | undefined; path: MapPath }
  | ({ type: "history" } & History)
  | ({ type: "state"; head: Uint8Array; path: MapPath; value: Uint8Array } & Entity)
  | ({ type: "absence"; path: MapPath } & Entity)
  | ({ type: "trace"; isForward: boolean; histories: History[] } & Entity);
export interface Proof {
  chainId: Uint8Array;
  firstEpoch: bigint;
  handOvers: HandOver[];
  anchorHeader: Uint8Array;
  anchorFinalization: Uint8Array;
  mountainRoot: Uint8Array;
  mapRoot: Uint8Array;
  rest: Uint8Array;
  events: EpcisEvent[];
  statement: Statement;
  via: BlockOfChain | undefined;
}

function name(message: Message, field: number): Uint8Array {
  const bytes = message.bytes(field);
  if (!isName(bytes)) { throw malformed(`field ${field} is no name`); }
  return bytes;
}

function handOver(message: Message): HandOver {
  const members = message.messages(3, kMembersMax, "member", (member) => {
    const validator = { organisation: name(member, 1), node: name(member, 2), key: member.fixed(3, 32), weight: member.number(4, 32) };
    member.end();
    if (validator.weight === 0n) { throw malformed("a member has no weight"); }
    return validator;
  });
  const result = { header: message.fixed(1, kHeaderBytes), finalization: message.bytes(2), members };
  message.end();
  return result;
}

/** How many of something are left to the whole file. */
class Budget {
  constructor(private left: number, private readonly what: string) {}
  take(count: number): void {
    this.left -= count;
    if (this.left < 0) { throw malformed(`too many ${this.what}`); }
  }
}

function epcisEvent(message: Message, budget: Budget): EpcisEvent {
  budget.take(message.repeated(5, kNamesMax).length);
  const names = message.messages(5, kNamesMax, "name", (entry) => {
    const each = { roles: Number(entry.number(1, 32)), key: entry.limited(2, 0, kIdBytesMax) };
    entry.end();
    return each;
  });
  const event = {
    digest: message.fixed(1, 32),
    flags: message.number(2, 32),
    organisation: message.limited(3, 0, 64),
    eventId: message.limited(4, 0, kIdBytesMax),
    names,
    text: message.bytes(6),
  };
  message.end();
  return event;
}

function mapPath(message: Message, field: number): MapPath {
  const path = message.message(field, "map path");
  const siblings = path.hashes(1, kSiblingsMax);
  const [key, value] = [path.bytes(2), path.bytes(3)];
  path.end();
  if (key.length === 0 && value.length === 0) { return { siblings, other: undefined }; }
  if (key.length !== 32 || value.length !== 32) { throw malformed("map path: the other leaf is not two hashes"); }
  return { siblings, other: { key, value } };
}

function entity(message: Message, kindField: number): Entity {
  const kind = name(message, kindField);
  if (kind.length > kKindBytesMax) { throw malformed(`a kind has ${kind.length} bytes, at most ${kKindBytesMax}`); }
  return { kind, id: message.limited(kindField + 1, 1, kIdBytesMax) };
}

function entry(message: Message): Entry {
  let content: Content;
  switch (message.which([5, 6, 7, 8])) {
    case 5:
      content = { type: "digest", digest: message.fixed(5, 32, true) };
      break;
    case 6:
      content = { type: "event", place: Number(message.number(6, 32, true)) };
      break;
    case 7: {
      const record = message.message(7, "record");
      content = { type: "record", key: record.bytes(1), value: record.bytes(2) };
      record.end();
      break;
    }
    default: {
      const fact = message.message(8, "fact");
      content = { type: "fact", what: name(fact, 1), fields: fact.repeated(2, kFieldsMax) };
      fact.end();
    }
  }
  const result = {
    height: message.number(1, 64),
    timeMs: message.number(2, 64),
    transaction: message.fixed(3, 32),
    event: message.number(4, 32),
    content,
  };
  message.end();
  return result;
}

function blockOfChain(message: Message): BlockOfChain {
  const result = { header: message.fixed(1, kHeaderBytes), receiptsRoot: message.fixed(2, 32), mountainPath: message.hashes(3, kPathMax) };
  message.end();
  return result;
}

function history(message: Message, budget: Budget): History {
  budget.take(message.repeated(5, kEntriesMax).length);
  const result = {
    ...entity(message, 1),
    head: message.fixed(3, kHeadBytes),
    path: mapPath(message, 4),
    entries: message.messages(5, kEntriesMax, "entry", entry),
  };
  message.end();
  return result;
}

function statement(message: Message, field: number): Statement {
  const budget = new Budget(kEntriesMax, "entries");
  let result: Statement;
  switch (field) {
    case 11: {
      const payloads = message.messages(7, kPayloadsMax, "payload", (payload) => {
        const each = { salt: payload.fixed(1, 32), content: payload.bytes(2) };
        payload.end();
        return each;
      });
      result = {
        type: "transaction",
        header: message.fixed(1, kHeaderBytes),
        receiptsRoot: message.fixed(2, 32),
        mountainPath: message.hashes(3, kPathMax),
        index: message.number(4, 32),
        body: message.bytes(5),
        signature: message.fixed(6, 64),
        payloads,
        payloadPath: message.hashes(8, kPathMax),
        receipt: message.bytes(9),
        receiptPath: message.hashes(10, kPathMax),
      };
      break;
    }
    case 12: {
      const key = message.limited(1, 1, kKeyBytesMax);
      const present = message.number(2, 1) === 1n;
      const value = message.bytes(3);
      if (!present && value.length > 0) { throw malformed("entry: a value of nothing"); }
      result = { type: "entry", key, value: present ? value : undefined, path: mapPath(message, 4) };
      break;
    }
    case 13:
      return { type: "history", ...history(message, budget) };
    case 14:
      result = { type: "state", ...entity(message, 1), head: message.fixed(3, kHeadBytes), path: mapPath(message, 4), value: message.bytes(5) };
      break;
    case 15:
      result = { type: "absence", ...entity(message, 1), path: mapPath(message, 3) };
      break;
    case 17:
      return { type: "block", ...blockOfChain(message) };
    default: {
      const direction = message.number(1, 32);
      if (direction > 1n) { throw malformed(`trace: direction ${direction}`); }
      const traced = entity(message, 2);
      const histories = message.messages(4, kHistoriesMax, "history", (each) => history(each, budget), kValuesOfHistory);
      result = { type: "trace", ...traced, isForward: direction === 1n, histories };
    }
  }
  message.end();
  return result;
}

/** Throws Refusal(PROOF_MALFORMED). */
export function decodeProof(bytes: Uint8Array): Proof {
  if (bytes.length > kFileBytesMax) { throw malformed(`the file has ${bytes.length} bytes, at most ${kFileBytesMax}`); }
  const message = new Message(bytes, "proof", kHandOversMax + kEventsMax + 20);
  const version = message.number(1, 32);
  if (version !== 1n) { throw malformed(`the file has version ${version}, this program reads 1`); }
  const names = new Budget(kAllNamesMax, "names of events");
  const field = message.which([11, 12, 13, 14, 15, 16, 17]);
  const proof = {
    chainId: message.fixed(2, 32),
    firstEpoch: message.number(3, 64),
    handOvers: message.messages(4, kHandOversMax, "hand-over", handOver),
    anchorHeader: message.fixed(5, kHeaderBytes),
    anchorFinalization: message.bytes(6),
    mountainRoot: message.fixed(7, 32),
    mapRoot: message.fixed(8, 32),
    rest: message.fixed(9, 32),
    events: message.messages(10, kEventsMax, "event", (event) => epcisEvent(event, names), kNamesMax + 6),
    statement: statement(message.message(field, "statement", kValuesOfHistory), field),
    via: message.has(18) ? blockOfChain(message.message(18, "via")) : undefined,
  };
  message.end();
  return proof;
}
