"""Protobuf without generated code: messages as pairs of field number and value, a number or bytes."""


class Malformed(Exception):
    """Bytes that no format describes."""


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def encoded(members):
    """Every member as it stands, also those with the value of a default."""
    out = b""
    for number, value in members:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def message(*members):
    """In ascending order of numbers; defaults are left out, as the canonical form wants it."""
    return encoded((number, value) for number, value in members if value)


def fields(data):
    """Pairs of number and value."""
    place = 0

    def read():
        nonlocal place
        number = shift = 0
        while True:
            byte = data[place]
            place += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    found = []
    while place < len(data):
        tag = read()
        if tag & 7 == 0:
            found.append((tag >> 3, read()))
        elif tag & 7 == 2:
            size = read()
            if place + size > len(data):
                raise Malformed("a field ends early")
            found.append((tag >> 3, data[place:place + size]))
            place += size
        else:
            raise Malformed(f"wire type {tag & 7}")
    return found
