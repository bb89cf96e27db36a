"""Checks that nothing acknowledged is lost: what clients wrote down against what the validators have.

    verify_run.py --network devnet.json --log FILE... [--journal FILE...] [--tap FILE...]

It asks every validator over HTTP, reads the blocks and vote journals of every home, and knows nothing but docs/formats.md and the logs
of load.py. Exit code 0: everything holds; 1: something does not, each in a line; 2: the arguments are wrong. What must hold:

 1 acknowledged     every A is at its height and index on every validator, in the block and with the state root that the client was told
 2 once             every transaction of the chain is there once
 3 undecided        what was sent and never decided is there or not, the same on every validator
 4 refused          what was refused (R) or had expired (X) is nowhere
 5 blocks           every height has the same bytes in every home, each block holds what its header says, and a finalization with a
                    quorum of distinct valid signatures stands above all of them
 6 state            every validator has the same state root at every height, the one that docs/formats.md gives (a second
                    implementation executes `record`), and later headers bind it
 7 votes            no key has signed two votes that contradict each other: those in all journals, now and as archived when a process
                    was killed, those inside all certificates, and those that a proxy saw on the wire"""

import argparse
import collections
import contextlib
import http.client
import json
import pathlib
import sys

import namespaces
from client import sized, tagged_hash
from ledger_files import FINALIZE, KINDS, NOTARIZE, NULLIFY, Journal, Malformed, ValidatorSet, Vote, blocks_in, merkle_root

VIOLATIONS_MAX = 20
SIGNATURES_MAX = 240
FULL_ANSWERS_MAX = 60


def number(value, width=8):
    return value.to_bytes(width, "little")


class Told:
    """The logs of the clients, read together."""

    def __init__(self, files):
        self.sent = set()
        self.acknowledged = {}
        self.refused = {}
        self.contradictions = []
        for file in files:
            # The last line may be torn: its client was killed.
            for line in pathlib.Path(file).read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    self._read(line.split())

    def _read(self, words):
        kind, transaction, *rest = words
        if kind == "S":
            self.sent.add(transaction)
        elif kind == "A":
            told = (int(rest[0]), int(rest[1]), rest[2], rest[3])
            if self.acknowledged.setdefault(transaction, told) != told:
                self.contradictions.append(f"{transaction} was acknowledged as {self.acknowledged[transaction]} and as {told}")
        elif kind in "RX":
            self.refused[transaction] = rest[0] if rest else "EXPIRED"
        else:
            raise ValueError(f"expected a line that begins with S, A, R or X, found {' '.join(words)}")


class Remote:
    """One validator over HTTP."""

    def __init__(self, node, token):
        self._connection = http.client.HTTPConnection(node["http"], timeout=30)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._namespace = node.get("namespace")

    def get(self, target):
        """The document; none when there is none."""
        with namespaces.inside(self._namespace):
            self._connection.request("GET", target, headers=self._headers)
        response = self._connection.getresponse()
        text = response.read()
        return json.loads(text) if response.status == 200 else None

    def close(self):
        self._connection.close()


class RecordModel:
    """Executes `record.put`: what one of its transactions writes, says and costs."""

    @staticmethod
    def receipt(transaction, height):
        """Receipt and writes; none when the model does not know the method."""
        body = transaction.described()
        if body.get(7) != b"record" or body.get(8) != b"put":
            return None
        arguments = body[9]
        key_size = int.from_bytes(arguments[:4], "little")
        value_size = int.from_bytes(arguments[4 + key_size:8 + key_size], "little")
        key, value = arguments[4:4 + key_size], arguments[8 + key_size:]
        if len(value) != value_size:  # subjects, whose heads it does not know
            return None
        name = b"record/" + body[2] + b"\0" + key
        content = transaction.id + number(height) + tagged_hash("keten/record/1", sized(value))
        writes = {name: content}
        # Transaction, envelope, one put, a look for a head of that subject, and one event: contracts/fuel.h.
        subject = len(body[2]) + 1 + len(key)
        fuel = 1000 + transaction.envelope_bytes + 1000 + 10 * (len(name) + len(content)) + 500 + 200 + 2 * (len("record.put") + subject)
        receipt = (transaction.id + b"\1" + number(0, 4) + number(0, 4) + number(fuel) + writes_digest(writes) + number(0, 4)
                   + number(body.get(4, 0)))
        return receipt, writes


class Mountain:
    """The Merkle tree over all blocks, as the roots of its complete subtrees."""

    def __init__(self):
        self._peaks = []
        self._count = 0

    def add(self, height, block_id, receipts_root):
        leaf = tagged_hash("keten/mountain/leaf/1", number(height), block_id, receipts_root)
        node = tagged_hash("keten/merkle/leaf/1", leaf)
        below = self._count
        while below & 1:
            node = tagged_hash("keten/merkle/node/1", self._peaks.pop(), node)
            below >>= 1
        self._peaks.append(node)
        self._count += 1

    def root(self):
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = tagged_hash("keten/merkle/node/1", peak, node)
        return tagged_hash("keten/merkle/root/1", number(self._count), node)


def writes_digest(writes):
    each = b"".join(sized(key) + number(1) + sized(value) for key, value in sorted(writes.items()))
    return tagged_hash("keten/writes/1", number(len(writes)), each)


class Votes:
    """An archive of what keys have signed, asked for contradictions."""

    def __init__(self, validators):
        self._validators = validators
        self._seen = collections.defaultdict(dict)
        self.count = 0

    def add(self, vote, source):
        subject = vote.subject
        about = self._seen[(vote.signer, subject.epoch, subject.view)]
        if (subject, vote.signature) not in about:
            about[(subject, vote.signature)] = source
            self.count += 1

    def contradictions(self):
        """docs/consensus.md: one notarize, one finalize, for the same block, and never both a nullify and a finalize."""
        for (signer, epoch, view), about in self._seen.items():
            # A bad signature is nobody's word. Checked only where it matters.
            blocks = {kind: {subject for subject, _ in about if subject.kind == kind} for kind in KINDS}
            is_bad = (len({subject.block for subject in blocks[NOTARIZE] | blocks[FINALIZE]}) > 1
                      or len(blocks[NOTARIZE]) > 1 or len(blocks[FINALIZE]) > 1
                      or (blocks[NULLIFY] and blocks[FINALIZE]))
            if is_bad:
                signed = {subject: source for (subject, signature), source in about.items()
                          if self._validators.holds(Vote(subject, signer, signature))}
                if self._contradict(set(signed)):
                    each = "; ".join(f"{KINDS[one.kind]} {one.block.hex()[:12]} parent view {one.parent_view} ({source})"
                                     for one, source in signed.items())
                    yield f"validator {signer} contradicts itself in epoch {epoch} view {view}: {each}"

    @staticmethod
    def _contradict(subjects):
        kinds = collections.Counter(one.kind for one in subjects)
        blocks = {one.block for one in subjects if one.kind != NULLIFY}
        return kinds[NOTARIZE] > 1 or kinds[FINALIZE] > 1 or len(blocks) > 1 or (kinds[NULLIFY] and kinds[FINALIZE])


class Verification:
    """`network`: devnet.json as a document. Nothing may be happening in it any more."""

    def __init__(self, network, logs, journals=(), taps=()):
        self._network = network
        self._told = Told(logs)
        self._journal_files = journals
        self._taps = taps
        self._names = [node["name"] for node in network["nodes"]]
        self._validators = ValidatorSet(network["genesis"], bytes.fromhex(network["chain_id"]))
        self.violations = []
        self.figures = {}

    def run(self):
        self._find_violations(self._told.contradictions)
        journals = {node["name"]: Journal.of(node["home"]) for node in self._network["nodes"]}
        self._chains = {node["name"]: self._chain(node, journals[node["name"]]) for node in self._network["nodes"]}
        self._check_blocks()
        self._check_transactions()
        self._check_answers()
        self._check_state()
        self._check_votes(journals)
        return self

    def text(self):
        figures = ", ".join(f"{value} {name}" for name, value in self.figures.items())
        return "\n".join([f"verify-run: {figures}", *(f"  VIOLATED {one}" for one in self.violations[:VIOLATIONS_MAX]),
                          f"  {len(self.violations)} violations" if self.violations else "  everything holds"])

    def _violated(self, point, text):
        self.violations.append(f"{point}: {text}")

    def _find_violations(self, texts):
        for text in texts:
            self._violated("acknowledged", text)

    def _chain(self, node, journal):
        """The final blocks of one home in order, from the certificate of the newest back to height 1."""
        name = node["name"]
        if not journal.floors:
            self._violated("blocks", f"{name}: no finalization in the journal")
            return []
        try:
            blocks = blocks_in(node["home"])
        except Malformed as wrong:
            self._violated("blocks", f"{name}: {wrong}")
            return []
        floor = max(journal.floors, key=lambda one: one.height)
        why_not = self._validators.why_not(floor.certificate) if floor.height > 0 else None
        if why_not or (floor.height > 0 and (floor.certificate.subject.kind != FINALIZE or floor.certificate.subject.block != floor.block)):
            self._violated("blocks", f"{name}: the finalization of height {floor.height} does not hold: {why_not or 'another block'}")
        chain = []
        wanted = floor.block
        for height in range(floor.height, 0, -1):
            if wanted not in blocks:
                self._violated("blocks", f"{name}: block {wanted.hex()} of height {height} is not in the segments")
                return []
            chain.append(blocks[wanted])
            if blocks[wanted].header.height != height:
                self._violated("blocks", f"{name}: block {wanted.hex()} says height {blocks[wanted].header.height}, not {height}")
            wanted = blocks[wanted].header.parent
        chain.reverse()
        self._check_floors(name, journal.floors, chain)
        return chain

    def _check_floors(self, name, floors, chain):
        """Every other finalization is of a block of the chain. The newest signatures are checked, and some of the others."""
        step = max(1, len(floors) * self._validators.quorum * len(self._names) // SIGNATURES_MAX)
        for i, floor in enumerate(floors):
            if floor.height == 0:
                continue
            if chain[floor.height - 1].header.id != floor.block:
                self._violated("blocks", f"{name}: another block is final at height {floor.height}")
            why_not = self._validators.why_not(floor.certificate) if i % step == 0 else None
            if why_not:
                self._violated("blocks", f"{name}: the finalization of height {floor.height} does not hold: {why_not}")

    def _check_blocks(self):
        heights = {name: len(chain) for name, chain in self._chains.items()}
        self.figures["blocks"] = min(heights.values())
        first = self._names[0]
        for height, same in enumerate(zip(*self._chains.values()), start=1):
            for name, block in zip(self._chains, same):
                if block.digest != same[0].digest:
                    self._violated("blocks", f"height {height} differs between {first} and {name}")
        if len(set(heights.values())) > 1:
            self._violated("blocks", f"the chains end at different heights: {heights}")

    def _check_transactions(self):
        """Points 1 to 4, in the files."""
        self._places = {}
        longest = max(self._chains.values(), key=len)
        count = 0
        for block in longest:
            for index, transaction in enumerate(block.transactions):
                place = (block.header.height, index)
                name = transaction.id.hex()
                count += 1
                if self._places.setdefault(name, place) != place:
                    self._violated("once", f"{name} is at {self._places[name]} and at {place}")
        for name, (height, index, block, _) in self._told.acknowledged.items():
            if self._places.get(name) != (height, index):
                self._violated("acknowledged", f"{name} was acknowledged at {(height, index)} and is at {self._places.get(name)}")
            elif longest[height - 1].header.id.hex() != block:
                self._violated("acknowledged", f"{name} was acknowledged in block {block}, height {height} has another")
        for name, reason in self._told.refused.items():
            if name in self._places:
                self._violated("refused", f"{name} was answered {reason} and is at {self._places[name]}")
            if name in self._told.acknowledged:
                self._violated("refused", f"{name} was answered {reason} and acknowledged")
        undecided = self._told.sent - set(self._told.acknowledged) - set(self._told.refused)
        self.figures |= {"transactions": count, "sent": len(self._told.sent), "acknowledged": len(self._told.acknowledged),
                         "refused or expired": len(self._told.refused), "undecided": len(undecided),
                         "of these recorded": sum(name in self._places for name in undecided)}

    def _check_answers(self):
        """Points 1 to 4 and 6, as each validator serves them."""
        self._served_roots = {}
        some = sorted(self._told.acknowledged)[::max(1, len(self._told.acknowledged) // FULL_ANSWERS_MAX)]
        for node in self._network["nodes"]:
            token = next(user["token"] for user in self._network["users"]
                         if user["organisation"] == node["organisation"] and user["token"])
            name = node["name"]
            with contextlib.closing(Remote(node, token)) as remote:
                self._check_answers_of(name, remote, some)

    def _check_answers_of(self, name, remote, some):
        roots = []
        for block in self._chains[name]:
            height = block.header.height
            answer = remote.get(f"/v1/blocks/{height}")
            if answer is None:
                self._violated("blocks", f"{name} does not serve height {height}")
                break
            ids = [transaction.id.hex() for transaction in block.transactions]
            if answer["blockId"] != block.header.id.hex() or [one["transactionId"] for one in answer["transactions"]] != ids:
                self._violated("blocks", f"{name} serves another block at height {height} than its files hold")
            roots.append(answer["stateRootAfter"])
            if height == 1:
                self._first = {part: bytes.fromhex(answer[part + "After"]) for part in ("mapRoot", "rest")}
        self._served_roots[name] = roots
        for transaction in some:
            answer = remote.get(f"/v1/transactions/{transaction}")
            if answer is None or (answer.get("height"), answer.get("index")) != self._told.acknowledged[transaction][:2]:
                self._violated("acknowledged", f"{name} answers {answer} for {transaction}")
        for transaction in sorted(self._told.refused)[:FULL_ANSWERS_MAX]:
            answer = remote.get(f"/v1/transactions/{transaction}")
            if answer is not None and answer["state"] in ("final", "executed"):
                self._violated("refused", f"{name} answers {answer} for {transaction}")
        self._check_served(name, roots)

    def _check_served(self, name, roots):
        for transaction, (height, _, _, root) in self._told.acknowledged.items():
            if height > len(roots) or roots[height - 1] != root:
                self._violated("state", f"{name} has another state root at {height} than {transaction} was acknowledged with")
                return

    def _check_state(self):
        first = self._names[0]
        for name, roots in self._served_roots.items():
            for height, (one, other) in enumerate(zip(self._served_roots[first], roots), start=1):
                if one != other:
                    self._violated("state", f"the state root of height {height} differs between {first} and {name}")
        served = max(self._served_roots.values(), key=len)
        chain = max(self._chains.values(), key=len)
        for block in chain:
            header = block.header
            if 0 < header.executed_height <= len(served) and header.state_root.hex() != served[header.executed_height - 1]:
                self._violated("state", f"block {header.height} binds another state root of height {header.executed_height}")
        self.figures["state roots computed here"] = self._execute(chain, served)

    def _execute(self, chain, served):
        """The second implementation, as far as it knows the contracts: it executes `record`, which changes no provable entry. Of
        height 1 it takes what is behind the root, and every node's headers bind that root."""
        mountain = Mountain()
        rest = None
        for block in chain:
            height = block.header.height
            results = [RecordModel.receipt(transaction, height) for transaction in block.transactions]
            if None in results or height > len(served):
                return height - 1
            writes = {}
            for _, written in results:
                writes |= written
            receipts = merkle_root([tagged_hash("keten/receipt/1", receipt) for receipt, _ in results])
            if height == 1:
                mountain.add(0, block.header.parent, merkle_root([]))
                rest = self._first["rest"]
            else:
                rest = tagged_hash("keten/rest/1", rest, number(height), writes_digest(writes) if writes else bytes(32))
            mountain.add(height, block.header.id, receipts)
            root = tagged_hash("keten/state/2", number(height), mountain.root(), self._first["mapRoot"], rest)
            if root.hex() != served[height - 1]:
                self._violated("state", f"the state root of height {height} is {served[height - 1]}, the formats give {root.hex()}")
                return height - 1
        return len(chain)

    def _check_votes(self, journals):
        votes = Votes(self._validators)
        for name, journal in journals.items():
            for vote in journal.votes():
                votes.add(vote, f"journal of {name}")
        for file in self._journal_files:
            for vote in Journal(pathlib.Path(file).read_bytes()).votes():
                votes.add(vote, str(file))
        tapped = 0
        for file in self._taps:
            for line in pathlib.Path(file).read_text().splitlines(keepends=True):
                if line.endswith("\n"):
                    votes.add(Vote.read(bytes.fromhex(line.strip())), f"wire, {pathlib.Path(file).name}")
                    tapped += 1
        for text in votes.contradictions():
            self._violated("votes", text)
        self.figures |= {"signed votes": votes.count, "of the wire": tapped}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", required=True, help="devnet.json of a network whose validators run")
    parser.add_argument("--log", action="append", required=True, help="what a client wrote down")
    parser.add_argument("--journal", action="append", default=[], help="a vote journal copied earlier")
    parser.add_argument("--tap", action="append", default=[], help="votes seen on the wire, one in hexadecimal a line")
    options = parser.parse_args()
    report = Verification(json.loads(pathlib.Path(options.network).read_text()), options.log, options.journal, options.tap).run()
    print(report.text())
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
