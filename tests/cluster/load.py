"""A client that offers transactions at a steady rate and writes down what it is told: the evidence for verify_run.py.

    load.py --network devnet.json --log FILE [--rate N]      until its standard input closes, or SIGTERM

Every line is on the disk before the next step is taken:

    S id                                          before it is sent for the first time
    A id height index block state_root seconds    a node says: it is final and executed, there
    R id reason                                   a node refuses it for good: it must never be in the chain
    X id                                          a node says: it has expired without being recorded; likewise

Whatever has only an S may be in the chain or not. What gets no answer is sent again, the same bytes, to whoever takes it: it may be
recorded once only. Seconds are those of the monotonic clock, the same for all processes of a machine."""

import argparse
import asyncio
import collections
import ctypes
import enum
import json
import os
import pathlib
import random
import signal
import sys
import time

import namespaces
from client import Key, signed, transaction_body, transaction_id

WORKERS_PER_NODE = 48
WAIT_S = 10
DRAIN_S = 5
ATTEMPTS = 4
SHORT_LIVED = 0.03
# A refusal that another attempt, or another node, may turn around.
UNDECIDED = {"DUPLICATE", "MEMPOOL_FULL", "ORGANISATION_QUOTA", "NO_QUORUM", "BUSY", "TIMEOUT"}
WAITS = {"MEMPOOL_FULL", "ORGANISATION_QUOTA", "NO_QUORUM", "BUSY"}


class Outcome(enum.Enum):
    decided = 1
    waits = 2
    unknown = 3


class FastKey(Key):
    """Signs with libsodium where it is installed: pure Python would take a core."""

    def __init__(self, seed):
        super().__init__(seed)
        try:
            self._sodium = ctypes.CDLL("libsodium.so.23")
        except OSError:
            self._sodium = None
        self._secret = seed + self.public

    def sign(self, message):
        if self._sodium is None:
            return super().sign(message)
        signature = ctypes.create_string_buffer(64)
        self._sodium.crypto_sign_detached(signature, None, message, ctypes.c_ulonglong(len(message)), self._secret)
        return signature.raw


class Record:
    """The client's own log: appended in groups, each synced."""

    def __init__(self, path):
        self._file = open(path, "ab", buffering=0)
        self._waiting = []
        self._lines = []
        self._woken = asyncio.Event()

    async def write(self, *words):
        """Returns when the line is on the disk."""
        done = asyncio.get_running_loop().create_future()
        self._lines.append(" ".join(map(str, words)) + "\n")
        self._waiting.append(done)
        self._woken.set()
        await done

    async def run(self):
        while True:
            await self._woken.wait()
            self._woken.clear()
            lines, waiting = self._lines, self._waiting
            self._lines, self._waiting = [], []
            await asyncio.to_thread(self._append, "".join(lines).encode())
            for done in waiting:
                if not done.done():
                    done.set_result(None)

    def _append(self, data):
        self._file.write(data)
        os.fdatasync(self._file.fileno())


class Connection:
    """Requests to one node, one after the other, on one connection."""

    def __init__(self, node, token):
        self._node = node
        self._token = token
        self._writer = None

    async def open(self):
        if self._writer is not None:
            return
        host, port = self._node["http"].rsplit(":", 1)
        with namespaces.inside(self._node.get("namespace")):
            socket = namespaces.connect(host, int(port), deadline_s=2)
        self._reader, self._writer = await asyncio.open_connection(sock=socket)

    def close(self):
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None

    async def ask(self, method, target, body=b""):
        """Status and document. An OSError or EOFError: nobody knows what became of it."""
        try:
            await self.open()
            head = (f"{method} {target} HTTP/1.1\r\nHost: {self._node['http']}\r\nAuthorization: Bearer {self._token}\r\n"
                    f"Content-Type: application/octet-stream\r\nContent-Length: {len(body)}\r\n\r\n")
            self._writer.write(head.encode() + body)
            async with asyncio.timeout(WAIT_S + 5):
                head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
                status = int(head.split(" ", 2)[1])
                size = next(int(line.split(":")[1]) for line in head.split("\r\n") if line.startswith("content-length:"))
                answer = await self._reader.readexactly(size)
            if "connection: close" in head:
                self.close()
            return status, json.loads(answer)
        except (OSError, EOFError, asyncio.TimeoutError, ValueError, StopIteration, asyncio.LimitOverrunError) as error:
            self.close()
            raise EOFError(str(error)) from error


Offer = collections.namedtuple("Offer", "id envelope attempts organisation")


class Load:
    def __init__(self, network, record, rate):
        self.network = network
        self.record = record
        self.rate = rate
        self.counts = collections.Counter()
        self.head = 0
        self.offers = asyncio.Queue(maxsize=2 * WORKERS_PER_NODE)
        self.again = collections.deque()
        self.chain_id = bytes.fromhex(network["chain_id"])
        self.keys = {node["organisation"]: FastKey(bytes.fromhex((pathlib.Path(node["home"]) / "keys/device.key").read_text().strip()))
                     for node in network["nodes"]}
        self.blocks = {}
        self.busy = 0

    def token(self, node):
        return next(user["token"] for user in self.network["users"]
                    if user["organisation"] == node["organisation"] and user["name"] == "capture")

    async def watch(self):
        """Keeps an eye on the height, for how long transactions are valid."""
        connections = [Connection(node, self.token(node)) for node in self.network["nodes"]]
        while True:
            for connection in connections:
                try:
                    _, status = await connection.ask("GET", "/v1/status")
                    self.head = max(self.head, status["executedHeight"])
                except EOFError:
                    continue
            await asyncio.sleep(0.5)

    async def offer(self):
        """At the rate, as long as somebody takes them."""
        organisations = list(self.keys)
        begin = time.monotonic()
        count = 0
        while True:
            due = begin + count / self.rate
            now = time.monotonic()
            if now < due:
                await asyncio.sleep(due - now)
            elif now > due + 1:
                begin, count = now, 0  # what could not be offered in time is not made up for
            organisation = organisations[count % len(organisations)]
            valid = 3 if random.random() < SHORT_LIVED else 1000
            body = transaction_body(self.keys[organisation], organisation, self.chain_id, self.head + valid)
            envelope = signed(body, self.keys[organisation])
            await self.offers.put(Offer(transaction_id(body).hex(), envelope, 0, organisation))
            count += 1

    async def work(self, node):
        connection = Connection(node, self.token(node))
        while True:
            try:
                await connection.open()
            except OSError:
                await asyncio.sleep(0.2)
                continue
            offer = self.again.popleft() if self.again else await self.offers.get()
            self.busy += 1
            if offer.attempts == 0:
                await self.record.write("S", offer.id)
                self.counts["offered"] += 1
            try:
                outcome = await self.submit(connection, node, offer)
            except EOFError:
                outcome = Outcome.unknown
            self.busy -= 1
            if outcome is Outcome.decided:
                continue
            # Nobody could do anything with it: that is no attempt.
            attempts = max(1, offer.attempts) if outcome is Outcome.waits else offer.attempts + 1
            if attempts < ATTEMPTS:
                self.counts["sent again"] += 1
                self.again.append(offer._replace(attempts=attempts))
            await asyncio.sleep(0.2)

    async def submit(self, connection, node, offer):
        status, answer = await connection.ask("POST", f"/v1/transactions?wait=executed&timeout_ms={1000 * WAIT_S}", offer.envelope)
        reason = answer.get("reason", "")
        if reason == "DUPLICATE":
            status, answer = await connection.ask("GET", f"/v1/transactions/{offer.id}")
        if status == 200 and answer["state"] == "expired":
            await self.record.write("X", offer.id)
            self.counts["expired"] += 1
            return Outcome.decided
        if status == 200 and answer["state"] == "executed":
            seconds = time.monotonic()
            block, root = await self.block(connection, node, answer["height"])
            await self.record.write("A", offer.id, answer["height"], answer["index"], block, root, f"{seconds:.3f}")
            self.counts["acknowledged"] += 1
            return Outcome.decided
        if reason != "DUPLICATE":
            self.counts[f"{status} {reason}"] += 1
        if reason in WAITS:
            return Outcome.waits
        if 400 <= status < 500 and reason not in UNDECIDED:
            # About a transaction that was sent before, a refusal says only that it is not taken once more.
            if offer.attempts == 0:
                await self.record.write("R", offer.id, reason)
            return Outcome.decided
        return Outcome.unknown

    async def block(self, connection, node, height):
        """What the node that acknowledged says about the block."""
        key = (node["name"], height)
        if key not in self.blocks:
            status, answer = await connection.ask("GET", f"/v1/blocks/{height}")
            if status != 200:
                raise EOFError(f"block {height}: {status}")
            self.blocks[key] = answer["blockId"], answer["stateRootAfter"]
            while len(self.blocks) > 1000:
                del self.blocks[next(iter(self.blocks))]
        return self.blocks[key]

    async def run(self, ended):
        offering = asyncio.create_task(self.offer())
        tasks = [offering, *(asyncio.create_task(one) for one in (
            self.record.run(), self.watch(),
            *(self.work(node) for node in self.network["nodes"] for _ in range(WORKERS_PER_NODE))))]
        waiting = asyncio.create_task(ended.wait())
        done, _ = await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {waiting}:
            task.result()  # none of them ends but with a mistake of ours
        offering.cancel()
        begin = time.monotonic()
        while (self.busy or self.again or not self.offers.empty()) and time.monotonic() < begin + DRAIN_S:
            await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", required=True, help="devnet.json")
    parser.add_argument("--log", required=True)
    parser.add_argument("--rate", type=float, default=220)
    options = parser.parse_args()
    network = json.loads(pathlib.Path(options.network).read_text())
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    loop.add_reader(sys.stdin.fileno(), lambda: sys.stdin.buffer.read1(4096) or ended.set())
    begin = time.monotonic()
    load = Load(network, Record(options.log), options.rate)
    await load.run(ended)
    print(json.dumps({"seconds": round(time.monotonic() - begin, 1), **load.counts}))


if __name__ == "__main__":
    asyncio.run(main())
