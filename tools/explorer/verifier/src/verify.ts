// docs/formats/proof.md, "What a verifier checks" and "Verdict".
import { ascii, compare, concat, equal, isZero, latin1, shown, toHex } from "./bytes.js";
import { H, isInMap, isUnderMerkleRoot, number, sized } from "./hash.js";
import type { Head, Header, Pending, Validator } from "./ledger.js";
import { checkFinal, checkSignatures, decodeBody, decodeCertificate, decodeHead, decodeHeader, decodeReceipt, setId, totalWeight } from "./ledger.js";
import type { Whole } from "./json.js";
import { whole } from "./json.js";
import type { Reached } from "./lineage.js";
import { lineage } from "./lineage.js";
import type { BlockOfChain, Content, Entity, EpcisEvent, History, Proof, Statement } from "./proof.js";
import { decodeProof } from "./proof.js";
import { demand, Refusal } from "./refusal.js";
import type { TrustRoot } from "./trust.js";

export interface Verdict {
  verified: true;
  subject: string;
  kind: string;
  chain_id: string;
  height: Whole;
  anchor: { height: Whole; time_ms: Whole; block: string; epoch: Whole };
  signers: string[];
  validators: number;
  hand_overs: number;
  trust: { from: string; epoch: Whole };
  via?: { height: Whole; block: string };
  statement: Facts;
}
type Facts = Record<string, unknown>;

/** What a statement says, once everything holds. */
interface Claim {
  subject: string;
  /** What else may be expected of it: docs/formats/proof.md, "Expected". Nothing of what is not there, which passed for a record of it. */
  names: string[];
  /** Throws Refusal. Called last: what is dear is done for what holds otherwise. */
  facts: () => Facts;
}

/** docs/formats/proof.md, "Ids": where a silent ledger says something, by kind. Ids as latin1. */
const kIds = new Map([
  ["item", /^[^]+$/],
  ["lot", /^[^]+$/],
  ["record", /^[A-Za-z0-9_.-]{1,64}\/[^]{1,256}$/],
  ["dataset", /^(?:(?!["\\])[\x21-\x7e]){1,256}$/],
  ["agreement", /^[0-9a-f]{64}$/],
  ["contract", /^[a-z][a-z0-9_-]{0,31}$/],
  ["member", /^[A-Za-z0-9_.-]{1,64}$/],
]);
const kBuiltIn = ["agreements", "governance", "packages", "production", "record", "usage"];

interface State {
  chainId: Uint8Array;
  /** The statement holds in the state after this block. */
  height: bigint;
  mountainRoot: Uint8Array;
  mapRoot: Uint8Array;
  events: Events;
}

/** The events of the file, each with the content hash that entries commit to. */
class Events {
  private readonly contents: Uint8Array[];
  private named = 0;

  constructor(readonly list: EpcisEvent[]) {
    this.contents = list.map((event) => {
      demand(event.text.length === 0 || equal(H("keten/epcis-event/1", sized(event.text)), event.digest), "the text of an event is not the recorded one");
      return H("keten/epcis-history/1", event.digest, number(event.flags), sized(event.organisation), sized(event.eventId),
        number(event.names.length), event.names.flatMap((name) => [number(name.roles), sized(name.key)]));
    });
    demand(new Set(this.contents.map(toHex)).size === list.length, "an event is there twice");
  }

  /** Places are named for the first time in ascending order, so that there is one file for one statement. */
  content(place: number): Uint8Array {
    demand(place <= this.named && place < this.list.length, "an entry names an event that is not there, or out of order");
    if (place === this.named) { ++this.named; }
    return this.contents[place] as Uint8Array;
  }
  demandAllNamed(): void {
    demand(this.named === this.list.length, "an event belongs to no entry");
  }
}

function contentHash(content: Content, events: Events): Uint8Array {
  switch (content.type) {
    case "digest":
      return content.digest;
    case "event":
      return events.content(content.place);
    case "record":
      return H("keten/record-history/1", sized(content.key), sized(content.value));
    case "fact":
      return H("keten/history-fact/1", sized(content.what), number(content.fields.length), content.fields.map(sized));
  }
}

function headKey(entity: Entity): Uint8Array {
  return concat(ascii("heads/"), entity.kind, new Uint8Array(1), entity.id);
}

function text(entity: Entity): string {
  return `${latin1(entity.kind)} ${shown(entity.id)}`;
}

function checkHistory(history: History, state: State): Head {
  const what = text(history);
  demand(isInMap(headKey(history), history.head, history.path, state.mapRoot), `${what}: the head is not in the map`);
  const head = decodeHead(history.head);
  demand(head.count === BigInt(history.entries.length), `${what}: the head counts ${head.count} entries, the file has ${history.entries.length}`);
  let chain = H("keten/history/begin/1", sized(history.kind), sized(history.id));
  let before = 0n;
  history.entries.forEach((entry, index) => {
    demand(entry.height >= before && entry.height <= state.height, `${what}: entry ${index + 1} is at height ${entry.height}`);
    before = entry.height;
    const digest = H("keten/history/entry/1", number(index + 1), number(entry.height), number(entry.timeMs), entry.transaction, number(entry.event),
      contentHash(entry.content, state.events));
    chain = H("keten/history/1", chain, digest);
  });
  demand(equal(chain, head.chain), `${what}: the entries are not the recorded ones`);
  demand(before === head.lastHeight, `${what}: the last entry is not at the height that the head names`);
  return head;
}

/** A block that is on the chain, at the height that its header says. */
function checkBlock(it: BlockOfChain, state: State): Header {
  const header = decodeHeader(it.header);
  demand(header.version === 1n && equal(header.chainId, state.chainId), "the block is of another chain or version");
  demand(header.height >= 1n && header.height <= state.height, "the block is not below the anchor");
  const leaf = H("keten/mountain/leaf/1", number(header.height), header.id, it.receiptsRoot);
  demand(isUnderMerkleRoot(leaf, header.height, state.height + 1n, it.mountainPath, state.mountainRoot), "the block is not on this chain");
  return header;
}

function checkTransaction(it: Extract<Statement, { type: "transaction" }>, state: State, pending: Pending[]): Claim {
  const header = checkBlock(it, state);
  const body = decodeBody(it.body);
  demand(equal(body.chainId, state.chainId), "the transaction is of another chain");
  const inBlock = H("keten/payload-leaf/1", body.id, H("keten/signature/1", it.signature));
  demand(isUnderMerkleRoot(inBlock, it.index, header.transactionCount, it.payloadPath, header.payloadRoot), "the transaction is not in the block");
  const receipt = decodeReceipt(it.receipt);
  demand(equal(receipt.transaction, body.id), "the receipt is of another transaction");
  const receiptLeaf = H("keten/receipt/1", it.receipt);
  demand(isUnderMerkleRoot(receiptLeaf, it.index, header.transactionCount, it.receiptPath, it.receiptsRoot), "the receipt is not the block's");
  if (it.payloads.length > 0) {
    demand(it.payloads.length === body.commitments.length, "some payloads are missing");
    it.payloads.forEach((payload, index) => {
      const commitment = H("keten/payload/1", payload.salt, sized(payload.content));
      demand(equal(commitment, body.commitments[index] as Uint8Array), "a payload is not the one that was signed");
    });
  }
  pending.push({ key: body.sender, digest: H("keten/transaction-signature/1", body.id), signature: it.signature, whose: "the sender" });
  const id = toHex(body.id);
  const facts = {
    transaction: id, height: whole(header.height), index: whole(it.index), block: toHex(header.id), time_ms: whole(header.timeMs),
    organisation: latin1(body.organisation), sender: "ed25519:" + toHex(body.sender), contract: latin1(body.contract),
    method: latin1(body.method), succeeded: receipt.succeeded, reason: shown(receipt.reason), payloads: it.payloads.length,
  };
  return { subject: `transaction ${id}`, names: [id], facts: () => facts };
}

function entryFacts(entry: History["entries"][number], events: Events): Facts {
  const facts = { height: whole(entry.height), time_ms: whole(entry.timeMs), transaction: toHex(entry.transaction), event: whole(entry.event) };
  switch (entry.content.type) {
    case "digest":
      return { ...facts, content: toHex(entry.content.digest) };
    case "fact":
      return { ...facts, what: latin1(entry.content.what), fields: entry.content.fields.map(shown) };
    case "record":
      return { ...facts, key: shown(entry.content.key), value: toHex(entry.content.value) };
    case "event": {
      const event = events.list[entry.content.place] as EpcisEvent;
      return {
        ...facts, organisation: shown(event.organisation), event_id: shown(event.eventId), declares_error: (event.flags & 1n) !== 0n,
        has_text: event.text.length > 0,
      };
    }
  }
}

function checkTrace(it: Extract<Statement, { type: "trace" }>, state: State): Claim {
  let before: Entity | undefined;
  for (const history of it.histories) {
    demand(["item", "lot"].includes(latin1(history.kind)), `${text(history)}: only items and lots have a lineage`);
    demand(before === undefined || compareEntities(before, history) < 0, "the histories are not in order");
    before = history;
    checkHistory(history, state);
  }
  const direction = it.isForward ? "forward" : "back";
  return {
    subject: `trace ${direction} of ${text(it)}`,
    names: namesOf(it),
    facts: () => {
      const reached = checkLineage(it, state);
      return {
        kind: latin1(it.kind), id: shown(it.id), direction, events: state.events.list.length,
        entities: it.histories.map((history) => ({
          kind: latin1(history.kind), id: shown(history.id), count: history.entries.length,
          container: reached.get(latin1(history.id)) === "container",
        })),
      };
    },
  };
}

function checkLineage(it: Extract<Statement, { type: "trace" }>, state: State): Map<string, Reached> {
  const known = new Map<string, EpcisEvent[]>();
  for (const history of it.histories) {
    const id = latin1(history.id);
    demand(!known.has(id), `${shown(history.id)} is there as an item and as a lot`);
    known.set(id, history.entries.map((entry) => {
      demand(entry.content.type === "event", `${text(history)}: an entry is no event`);
      return state.events.list[entry.content.place] as EpcisEvent;
    }));
  }
  demand(it.histories.some((history) => compareEntities(it, history) === 0), "the history of what is traced is missing");
  const reached = lineage(latin1(it.id), it.isForward, known);
  demand(reached !== undefined, "a history of the lineage is missing");
  demand(reached.size === known.size, "a history does not belong to the lineage");
  return reached;
}

function compareEntities(a: Entity, b: Entity): number {
  return compare(a.kind, b.kind) || compare(a.id, b.id);
}

/** The id alone says enough of items and lots: anything else may be called as an item is. */
function namesOf(it: Entity): string[] {
  const kind = latin1(it.kind);
  return kind === "item" || kind === "lot" ? [text(it), shown(it.id)] : [text(it)];
}

function checkStatement(it: Statement, state: State, pending: Pending[]): Claim {
  switch (it.type) {
    case "transaction":
      return checkTransaction(it, state, pending);
    case "block": {
      const header = checkBlock(it, state);
      const id = toHex(header.id);
      const facts = {
        height: whole(header.height), block: id, epoch: whole(header.epoch), time_ms: whole(header.timeMs),
        transactions: whole(header.transactionCount),
      };
      return { subject: `block ${header.height}`, names: [id], facts: () => facts };
    }
    case "entry": {
      // The map holds no other keys but heads, so its silence about them says nothing.
      demand(latin1(it.key).startsWith("governance/"), "the key does not begin with governance/");
      demand(isInMap(it.key, it.value, it.path, state.mapRoot), "the map does not say so");
      const key = shown(it.key);
      const value = it.value;
      return value === undefined
        ? { subject: `no entry ${key}`, names: [], facts: () => ({ key, present: false }) }
        : { subject: `entry ${key}`, names: [key], facts: () => ({ key, present: true, value: toHex(value) }) };
    }
    case "history":
      checkHistory(it, state);
      return {
        subject: `history of ${text(it)}`,
        names: namesOf(it),
        facts: () => ({
          kind: latin1(it.kind), id: shown(it.id), count: it.entries.length, entries: it.entries.map((entry) => entryFacts(entry, state.events)),
        }),
      };
    case "state": {
      demand(isInMap(headKey(it), it.head, it.path, state.mapRoot), "the head is not in the map");
      const head = decodeHead(it.head);
      demand(!isZero(head.stateDigest) && equal(H("keten/entity-state/1", sized(it.value)), head.stateDigest), "the state is not the recorded one");
      return {
        subject: `state of ${text(it)}`,
        names: namesOf(it),
        facts: () => ({
          kind: latin1(it.kind), id: shown(it.id), count: whole(head.count), last_height: whole(head.lastHeight), value: toHex(it.value),
        }),
      };
    }
    case "absence": {
      const [kind, id] = [latin1(it.kind), latin1(it.id)];
      const isOne = (kIds.get(kind)?.test(id) ?? false) && !(kind === "contract" && kBuiltIn.includes(id));
      demand(isOne, `the ledger never has anything of ${text(it)}, so its silence says nothing`);
      demand(isInMap(headKey(it), undefined, it.path, state.mapRoot), "the map does not say that there is none");
      return { subject: `absence of ${text(it)}`, names: [], facts: () => ({ kind, id: shown(it.id) }) };
    }
    case "trace":
      return checkTrace(it, state);
  }
}

interface Validators {
  epoch: bigint;
  set: Validator[];
  since: bigint;
}

function followHandOvers(proof: Proof, trust: TrustRoot, pending: Pending[]): Validators {
  const now: Validators = { epoch: trust.epoch, set: trust.validators, since: trust.since };
  for (const handOver of proof.handOvers) {
    const header = decodeHeader(handOver.header);
    checkFinal(header, decodeCertificate(handOver.finalization), trust.chainId, now.epoch, now.set, pending);
    demand(header.height > now.since, "the hand-overs are not in order");
    demand(handOver.members.length > 0 && totalWeight(handOver.members) <= 1n << 31n, "a set of validators has no members or too much weight");
    demand(!isZero(header.nextSet) && equal(header.nextSet, setId(handOver.members)), "the validators are not those that the block hands over to");
    now.epoch += 1n;
    now.set = handOver.members;
    now.since = header.height;
  }
  return now;
}

/** Throws Refusal when anything does not hold. Touches neither network nor clock. */
export function verifyProof(bytes: Uint8Array, trust: TrustRoot, expected?: string): Verdict {
  const proof = decodeProof(bytes);
  if (!equal(proof.chainId, trust.chainId)) {
    throw new Refusal("PROOF_OTHER_CHAIN", `the proof is of chain ${toHex(proof.chainId)}, expected ${toHex(trust.chainId)}`);
  }
  if (proof.firstEpoch !== trust.epoch) {
    throw new Refusal("PROOF_OTHER_EPOCH", `the proof begins at epoch ${proof.firstEpoch}, the ${trust.from} is of epoch ${trust.epoch}`);
  }
  const pending: Pending[] = [];
  const now = followHandOvers(proof, trust, pending);
  const anchor: Header = decodeHeader(proof.anchorHeader);
  const signers = checkFinal(anchor, decodeCertificate(proof.anchorFinalization), trust.chainId, now.epoch, now.set, pending);
  demand(anchor.height > now.since, "the anchor is not behind the hand-overs");
  const height = anchor.executedHeight;
  demand(height < anchor.height, "the anchor binds a result of its own future");
  const root = H("keten/state/2", number(height), proof.mountainRoot, proof.mapRoot, proof.rest);
  demand(equal(root, anchor.stateRoot), "the commitments are not those of the anchor");
  // From the trust root on: whoever invents validators fails with the first that he did not invent, and none of what he says is looked at.
  checkSignatures(pending);
  const state = { chainId: trust.chainId, height, mountainRoot: proof.mountainRoot, mapRoot: proof.mapRoot, events: new Events(proof.events) };
  const senders: Pending[] = [];
  const { subject, names, facts } = checkStatement(proof.statement, state, senders);
  state.events.demandAllNamed();
  const via = proof.via === undefined ? undefined : checkBlock(proof.via, state);
  checkSignatures(senders);
  const statement = facts();
  if (expected !== undefined && expected !== subject && !names.includes(expected)) {
    throw new Refusal("PROOF_OTHER_SUBJECT", `the proof is about "${subject}", expected "${expected}"`);
  }
  return {
    verified: true,
    subject,
    kind: proof.statement.type,
    chain_id: toHex(trust.chainId),
    height: whole(height),
    anchor: { height: whole(anchor.height), time_ms: whole(anchor.timeMs), block: toHex(anchor.id), epoch: whole(anchor.epoch) },
    signers: signers.map((index) => {
      const member = now.set[index] as Validator;
      return `${latin1(member.organisation)}/${latin1(member.node)}`;
    }),
    validators: now.set.length,
    hand_overs: proof.handOvers.length,
    trust: { from: trust.from, epoch: whole(trust.epoch) },
    ...(via === undefined ? {} : { via: { height: whole(via.height), block: toHex(via.id) } }),
    statement,
  };
}
