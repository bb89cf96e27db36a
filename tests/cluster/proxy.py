"""Our own relay between validators: delays, throttles, stalls, resets, flips bits, and writes down the votes that pass.

Every direction of every pair of validators has a listener. Two kinds:

    Relay(...)                    bytes as they are: TLS goes through, and a flipped bit is found by TLS
    Relay(..., taps=folder)       TLS ends here, with the keys of the test's own homes, and begins again towards the other validator: what
                                  is said can be read, and every signed vote goes to a file, one in hexadecimal a line"""

import asyncio
import contextlib
import dataclasses
import pathlib
import random
import socket
import ssl
import struct
import threading

from ledger_files import Certificate, Vote, proposal_votes
from protobuf import Malformed, fields

CHUNK = 64 * 1024
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@dataclasses.dataclass
class Fault:
    """What happens to the bytes of a link. One object can serve several links."""

    delay_s: float = 0
    bytes_per_s: float = 0      # 0: unlimited
    is_stalled: bool = False    # nothing is read any more, nothing is closed
    refuses: bool = False       # new connections are closed at once
    flips_one_in: int = 0       # bytes; 0: never


NONE = Fault()


class Tap:
    """Reads votes out of HTTP/2 frames with gRPC messages, of one direction of one connection."""

    def __init__(self, write):
        self._write = write
        self._bytes = b""
        self._message = {}
        self._is_first = True

    def feed(self, data):
        self._bytes += data
        if self._is_first:
            if len(self._bytes) < len(PREFACE):
                return
            self._bytes = self._bytes.removeprefix(PREFACE)
            self._is_first = False
        while len(self._bytes) >= 9:
            size = int.from_bytes(self._bytes[:3], "big")
            if len(self._bytes) < 9 + size:
                return
            kind, flags = self._bytes[3], self._bytes[4]
            stream = int.from_bytes(self._bytes[5:9], "big") & 0x7FFFFFFF
            content = self._bytes[9:9 + size]
            self._bytes = self._bytes[9 + size:]
            if kind == 0:  # DATA
                if flags & 8:
                    content = content[1:len(content) - content[0]]
                self._read(stream, content)

    def _read(self, stream, content):
        waiting = self._message.get(stream, b"") + content
        while len(waiting) >= 5:
            size = int.from_bytes(waiting[1:5], "big")
            if len(waiting) < 5 + size:
                break
            self._messages(waiting[5:5 + size])
            waiting = waiting[5 + size:]
        self._message[stream] = waiting

    def _messages(self, batch):
        for _, one in fields(batch):
            for number, value in fields(one):
                with contextlib.suppress(Malformed, struct.error, IndexError):
                    for vote in self._votes(number, value):
                        self._write(vote)

    @staticmethod
    def _votes(number, value):
        """proto/keten/v1/peer.proto, PeerMessage."""
        if number == 2:
            return [Vote.read(value)]
        if number == 3:
            return Certificate.read(value).votes()
        if number == 4:
            return proposal_votes(dict(fields(value))[1])
        certificates = []
        if number == 7:
            certificates = [one for field, one in fields(value) if field == 1]
        elif number == 11:
            certificates = [one for field, one in fields(value) if field == 3]
        return [vote for one in certificates for vote in Certificate.read(one).votes()]


class TapFile:
    """Each vote once."""

    def __init__(self, path):
        self.path = path
        self._file = open(path, "w", encoding="ascii", buffering=1)
        self._seen = set()

    def write(self, vote):
        if vote not in self._seen:
            self._seen.add(vote)
            subject = vote.subject
            self._file.write(struct.pack("<BQQQ32sH64s", subject.kind, subject.epoch, subject.view, subject.parent_view,
                                         subject.block, vote.signer, vote.signature).hex() + "\n")

    def close(self):
        self._file.close()


class Link:
    """From one validator that dials to the one that it means."""

    def __init__(self, relay, dialler, target, address):
        self.dialler = dialler
        self.target = target
        self.fault = NONE
        self.connections = 0  # made so far
        self._relay = relay
        self._address = address
        self._open = set()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._socket.getsockname()[1]
        self.tap = TapFile(relay.taps / f"{dialler}-{target}.votes") if relay.taps else None

    async def listen(self):
        secure = self._relay.server_tls(self.target) if self.tap else None
        self._server = await asyncio.start_server(self._accept, sock=self._socket, ssl=secure, limit=CHUNK)

    async def _accept(self, reader, writer):
        if self.fault.refuses:
            writer.transport.abort()
            return
        host, port = self._address.rsplit(":", 1)
        secure = self._relay.client_tls(self.dialler) if self.tap else None
        try:
            other_reader, other_writer = await asyncio.open_connection(host, int(port), ssl=secure, server_hostname="" if secure else None,
                                                                       limit=CHUNK)
        except OSError:
            writer.transport.abort()
            return
        self.connections += 1
        pair = (writer, other_writer)
        self._open.add(pair)
        pumps = [asyncio.create_task(self._pump(reader, other_writer, Tap(self.tap.write) if self.tap else None)),
                 asyncio.create_task(self._pump(other_reader, writer, None))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        self._open.discard(pair)
        for end in pair:
            end.transport.abort()

    async def _pump(self, reader, writer, tap):
        loop = asyncio.get_running_loop()
        late = asyncio.Queue(maxsize=256)

        async def write():
            while True:
                due, data = await late.get()
                await asyncio.sleep(max(0, due - loop.time()))
                if self.fault.bytes_per_s:
                    await asyncio.sleep(len(data) / self.fault.bytes_per_s)
                while self.fault.is_stalled:
                    await asyncio.sleep(0.02)
                writer.write(data)
                await writer.drain()

        writing = asyncio.create_task(write())
        try:
            while True:
                while self.fault.is_stalled:
                    await asyncio.sleep(0.02)
                data = await reader.read(4096 if self.fault.bytes_per_s else CHUNK)
                if not data or writing.done():
                    return
                if tap:
                    tap.feed(data)
                await late.put((loop.time() + self.fault.delay_s, self._flipped(data)))
        except OSError:
            return
        finally:
            writing.cancel()

    def _flipped(self, data):
        every = self.fault.flips_one_in
        if not every or random.random() > len(data) / every:
            return data
        changed = bytearray(data)
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
        self._relay.flipped += 1
        return bytes(changed)

    def reset(self):
        """Every connection ends with a TCP reset."""
        for pair in list(self._open):
            for end in pair:
                one = end.get_extra_info("socket")
                if one is not None:
                    with contextlib.suppress(OSError):
                        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.transport.abort()

    def close(self):
        self._server.close()
        self.reset()
        if self.tap:
            self.tap.close()


class Relay:
    """All links of a network, on a thread of its own. Methods may be called from any."""

    def __init__(self, taps=None, home=None):
        """`taps`: the folder for the files of votes. `home`: the home of a validator by its name, needed with `taps`."""
        self.taps = taps and pathlib.Path(taps)
        self.links = []
        self.flipped = 0
        self._home = home
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def link(self, dialler, target, address):
        """The address to dial instead."""
        made = Link(self, dialler, target, address)
        self._call(made.listen())
        self.links.append(made)
        return made.address

    def between(self, some):
        """The links from and to these validators, by name."""
        return [link for link in self.links if link.dialler in some or link.target in some]

    def across(self, some):
        """The links between these validators and the others."""
        return [link for link in self.links if (link.dialler in some) != (link.target in some)]

    def set(self, fault, links=None):
        for link in self.links if links is None else links:
            link.fault = fault

    def heal(self):
        self.set(NONE)

    def reset(self, links=None):
        async def all_of_them():
            for link in self.links if links is None else links:
                link.reset()

        self._call(all_of_them())

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=10)

    def server_tls(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._home(name) / "tls" / "node.crt", self._home(name) / "tls" / "node.key")
        context.set_alpn_protocols(["h2"])
        return context

    def client_tls(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.load_cert_chain(self._home(name) / "tls" / "node.crt", self._home(name) / "tls" / "node.key")
        context.set_alpn_protocols(["h2"])
        return context

    def close(self):
        async def all_of_them():
            for link in self.links:
                link.close()
            await asyncio.sleep(0.1)

        self._call(all_of_them())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
