"""A client of the ledger written from docs/formats.md and RFC 8032 alone: it shares no code with the programs under test."""

import hashlib
import os
import pathlib

from protobuf import message

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def _recover_x(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return P - x if x & 1 != sign else x


_BASE_Y = 4 * pow(5, P - 2, P) % P
_BASE_X = _recover_x(_BASE_Y, 0)
BASE = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % P)


def _add(p, q):
    """RFC 8032, 5.1.4: extended homogeneous coordinates."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _compressed(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _point(data):
    """RFC 8032, 5.1.3; none when the bytes are no point in canonical form."""
    number = int.from_bytes(data, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    if y >= P:
        return None
    x = _recover_x(y, sign)
    is_on_curve = (x * x * (D * y * y + 1) - y * y + 1) % P == 0
    return (x, y, 1, x * y % P) if is_on_curve and x < P else None


def verify(public, message, signature):
    """RFC 8032, 5.1.7, without cofactor: docs/formats.md, "Signatures and keys"."""
    key, commitment = _point(public), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or commitment is None or scalar >= ORDER:
        return False
    challenge = _number(signature[:32], public, message) % ORDER
    return _compressed(_times(scalar, BASE)) == _compressed(_add(commitment, _times(challenge, key)))


def _number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


class Key:
    """Ed25519."""

    def __init__(self, seed):
        digest = hashlib.sha512(seed).digest()
        self._scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
        self._prefix = digest[32:]
        self.public = _compressed(_times(self._scalar, BASE))

    @classmethod
    def from_file(cls, path):
        return cls(bytes.fromhex(pathlib.Path(path).read_text().strip()))

    def sign(self, message):
        nonce = _number(self._prefix, message) % ORDER
        commitment = _compressed(_times(nonce, BASE))
        challenge = _number(commitment, self.public, message)
        return commitment + ((nonce + challenge * self._scalar) % ORDER).to_bytes(32, "little")


def tagged_hash(tag, *fields):
    """docs/formats.md, "Hashing"."""
    return hashlib.blake2b(tag.encode() + b"\0" + b"".join(fields), digest_size=32).digest()


def sized(value):
    return len(value).to_bytes(8, "little") + value


def transaction_id(body):
    return tagged_hash("keten/transaction/1", sized(body))


def transaction_body(key, organisation, chain_id, valid_until, **changes):
    """The body that puts one record under a random key."""
    name = os.urandom(8).hex().encode()
    fields = {
        "chain_id": chain_id, "organisation": organisation.encode(), "public_key": key.public, "valid_until": valid_until,
        "salt": os.urandom(16), "fuel_limit": 1_000_000, "contract": b"record", "method": b"put",
        "arguments": len(name).to_bytes(4, "little") + name + (5).to_bytes(4, "little") + b"hello", "commitment": b"",
    } | changes
    return message(*enumerate(fields.values(), start=1))


def signed(body, key, payloads=()):
    """The envelope. `payloads`: pairs of salt and content."""
    signature = key.sign(tagged_hash("keten/transaction-signature/1", transaction_id(body)))
    return message((1, body), (2, signature), *((3, message((1, salt), (2, content))) for salt, content in payloads))


def payload_commitment(salt, content):
    return tagged_hash("keten/payload/1", salt, sized(content))
