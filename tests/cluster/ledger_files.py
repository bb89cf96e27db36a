"""The files of a node, read from docs/formats.md and docs/formats/storage.md alone: blocks, certificates, votes."""

import dataclasses
import hashlib
import json
import pathlib
import struct

from client import tagged_hash, verify
from protobuf import Malformed, fields

NOTARIZE, NULLIFY, FINALIZE = 1, 2, 3
KINDS = {NOTARIZE: "notarize", NULLIFY: "nullify", FINALIZE: "finalize"}
HEADER_BYTES = 244
PAYLOAD_BYTES_MAX = 8 * 1024 * 1024
_CASTAGNOLI = []
for _byte in range(256):
    for _ in range(8):
        _byte = _byte >> 1 ^ (0x82F63B78 if _byte & 1 else 0)
    _CASTAGNOLI.append(_byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CASTAGNOLI[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def records(data, is_checked):
    """Pairs of type and payload. Ends at the first record that is not whole: the end, or a torn tail. `is_checked`: by checksum,
    which takes long; what carries a hash of its own needs none."""
    place = 0
    while place + 9 <= len(data):
        length, kind, crc = struct.unpack_from("<IBI", data, place)
        body = data[place + 9:place + 9 + length]
        if kind == 0 or length > PAYLOAD_BYTES_MAX or len(body) < length:
            return
        if is_checked and crc32c(struct.pack("<QIB", place, length, kind) + body) != crc:
            return
        yield kind & 0x7F, body
        place += 9 + length


@dataclasses.dataclass(frozen=True)
class Subject:
    """What votes are about."""

    kind: int
    epoch: int
    view: int
    parent_view: int
    block: bytes

    BYTES = 57

    @classmethod
    def read(cls, data):
        if len(data) < cls.BYTES or data[0] not in KINDS:
            raise Malformed("not a subject")
        return cls(*struct.unpack_from("<BQQQ32s", data))

    def signed_hash(self, chain_id, set_id):
        numbers = [number.to_bytes(8, "little") for number in (self.epoch, self.view, self.parent_view)]
        epoch, view, parent_view = numbers
        about = () if self.kind == NULLIFY else (
            tagged_hash("keten/proposal/1", chain_id, epoch, set_id, view, parent_view, self.block),)
        return tagged_hash(f"keten/vote/{KINDS[self.kind]}/1", chain_id, set_id, epoch, view, *about)


@dataclasses.dataclass(frozen=True)
class Vote:
    subject: Subject
    signer: int
    signature: bytes

    BYTES = Subject.BYTES + 2 + 64

    @classmethod
    def read(cls, data):
        if len(data) != cls.BYTES:
            raise Malformed("not a vote")
        return cls(Subject.read(data), *struct.unpack_from("<H64s", data, Subject.BYTES))


@dataclasses.dataclass(frozen=True)
class Certificate:
    """A notarization, nullification or finalization."""

    subject: Subject
    signers: tuple
    signatures: tuple

    @classmethod
    def read_front(cls, data):
        """The certificate and how many bytes it takes."""
        subject = Subject.read(data)
        place = Subject.BYTES
        (size,) = struct.unpack_from("<I", data, place)
        bitmap = data[place + 4:place + 4 + size]
        place += 4 + size
        signers = tuple(8 * i + bit for i, byte in enumerate(bitmap) for bit in range(8) if byte >> bit & 1)
        signatures = tuple(data[place + 64 * i:place + 64 * (i + 1)] for i in range(len(signers)))
        place += 64 * len(signers)
        if place > len(data):
            raise Malformed("a certificate ends early")
        return cls(subject, signers, signatures), place

    @classmethod
    def read(cls, data):
        certificate, size = cls.read_front(data)
        if size != len(data):
            raise Malformed("bytes behind a certificate")
        return certificate

    def votes(self):
        return [Vote(self.subject, *one) for one in zip(self.signers, self.signatures)]


def proposal_votes(data):
    """What a proposal carries: the leader's notarize and the certificates that justify it."""
    epoch, view, parent_view = struct.unpack_from("<QQQ", data)
    header = Header.read(data[24:24 + HEADER_BYTES])
    place = 24 + HEADER_BYTES
    found = [Vote(Subject(NOTARIZE, epoch, view, parent_view, header.id), header.proposer, data[place:place + 64])]
    (count,) = struct.unpack_from("<I", data, place + 64)
    place += 68
    for _ in range(count):
        certificate, size = Certificate.read_front(data[place:])
        found += certificate.votes()
        place += size
    return found


@dataclasses.dataclass(frozen=True)
class Header:
    id: bytes
    chain_id: bytes
    epoch: int
    view: int
    height: int
    parent: bytes
    proposer: int
    payload_root: bytes
    transactions: int
    executed_height: int
    state_root: bytes

    @classmethod
    def read(cls, data):
        if len(data) != HEADER_BYTES:
            raise Malformed("not a header")
        (version, chain_id, epoch, view, height, parent, proposer, _, payload_root, _, transactions, executed, state_root,
         _, _) = struct.unpack("<H32sQQQ32sHQ32sIIQ32s32s32s", data)
        if version != 1:
            raise Malformed(f"header version {version}")
        return cls(tagged_hash("keten/header/1", data), chain_id, epoch, view, height, parent, proposer, payload_root,
                   transactions, executed, state_root)


def subtree(leaves):
    if len(leaves) == 1:
        return tagged_hash("keten/merkle/leaf/1", leaves[0])
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return tagged_hash("keten/merkle/node/1", subtree(leaves[:half]), subtree(leaves[half:]))


def merkle_root(leaves):
    count = len(leaves).to_bytes(8, "little")
    return tagged_hash("keten/merkle/root/1", count, *([subtree(leaves)] if leaves else []))


class Transaction:
    """An envelope."""

    def __init__(self, envelope):
        content = dict(fields(envelope))
        self.envelope_bytes = len(envelope)
        self.body = content[1]
        self.id = tagged_hash("keten/transaction/1", len(self.body).to_bytes(8, "little"), self.body)
        self.leaf = tagged_hash("keten/payload-leaf/1", self.id, tagged_hash("keten/signature/1", content[2]))

    def described(self):
        """The fields of the body by number; what is missing is a default."""
        return dict(fields(self.body))


class Block:
    def __init__(self, data):
        self.header = Header.read(data[:HEADER_BYTES])
        self.digest = hashlib.sha256(data).hexdigest()
        (count,) = struct.unpack_from("<I", data, HEADER_BYTES)
        sizes = struct.unpack_from(f"<{count}I", data, HEADER_BYTES + 4)
        place = HEADER_BYTES + 4 + 4 * count
        self.transactions = []
        for size in sizes:
            self.transactions.append(Transaction(data[place:place + size]))
            place += size
        if place != len(data) or count != self.header.transactions:
            raise Malformed("a block of another length than its header says")
        if merkle_root([one.leaf for one in self.transactions]) != self.header.payload_root:
            raise Malformed(f"block {self.header.height}: the payload root is not that of its transactions")


def blocks_in(home):
    """Every block of the segments by id, those of abandoned forks among them."""
    found = {}
    for segment in sorted((pathlib.Path(home) / "data" / "blocks").glob("*.seg")):
        for kind, data in records(segment.read_bytes(), is_checked=False):
            if kind == 2:
                block = Block(data)
                found[block.header.id] = block
    return found


@dataclasses.dataclass(frozen=True)
class Floor:
    """A finalized block as the journal keeps it."""

    certificate: Certificate
    block: bytes
    height: int


class Journal:
    """What one key has voted, and on what grounds. The file holds it twice; a copy that is damaged ends early."""

    def __init__(self, data):
        self.own = []
        self.certificates = []
        self.floors = []
        copies = [list(records(half, is_checked=True)) for half in (data[:len(data) // 2], data[len(data) // 2:])]
        for kind, record in max(copies, key=len):
            if kind == 1:
                self.key = record[34:66]
            elif record[0] == 1:
                self.own.append(Vote.read(record[1:]))
            elif record[0] == 2:
                self.certificates.append(Certificate.read(record[1:]))
            elif record[0] == 3:
                certificate, size = Certificate.read_front(record[1:])
                block, height, _ = struct.unpack_from("<32sQQ", record, 1 + size)
                self.floors.append(Floor(certificate, block, height))

    @classmethod
    def of(cls, home):
        return cls((pathlib.Path(home) / "data" / "journal" / "votes.log").read_bytes())

    def votes(self):
        """Own ones, and those of others inside certificates."""
        known = self.certificates + [floor.certificate for floor in self.floors]
        return self.own + [vote for certificate in known for vote in certificate.votes()]


class ValidatorSet:
    """The founding validators; each weighs 1."""

    def __init__(self, genesis_file, chain_id):
        document = json.loads(pathlib.Path(genesis_file).read_text())
        self.chain_id = chain_id
        self.members = [(organisation["name"], validator["node"], bytes.fromhex(validator["key"].removeprefix("ed25519:")))
                        for organisation in document["organisations"] for validator in organisation.get("validators", [])]
        count = len(self.members).to_bytes(8, "little")
        each = []
        for organisation, node, key in self.members:
            for name in (organisation, node):
                each.append(len(name.encode()).to_bytes(8, "little") + name.encode())
            each += [key, (1).to_bytes(8, "little")]
        self.id = tagged_hash("keten/validator-set/1", count, *each)
        self.quorum = 2 * len(self.members) // 3 + 1
        self._good = {}

    def holds(self, vote):
        """Whether the signature is its signer's. Pure Python needs milliseconds, so each is checked once."""
        if vote not in self._good:
            self._good[vote] = vote.signer < len(self.members) and verify(
                self.members[vote.signer][2], vote.subject.signed_hash(self.chain_id, self.id), vote.signature)
        return self._good[vote]

    def why_not(self, certificate):
        """What is wrong with a certificate; none when it holds."""
        if certificate.subject.epoch != 0:
            return f"it is of epoch {certificate.subject.epoch}, and this check knows the founding validators only"
        if len(set(certificate.signers)) < self.quorum:
            return f"{len(certificate.signers)} signers, a quorum is {self.quorum}"
        bad = [vote.signer for vote in certificate.votes() if not self.holds(vote)]
        return f"the signatures of validators {bad} do not hold" if bad else None
