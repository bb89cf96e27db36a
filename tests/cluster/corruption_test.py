"""Files of one validator are damaged while it is down. It repairs them, is quarantined, or refuses with the reason; it never goes on
with less than it knew, and never serves other bytes than the rest."""

import itertools
import os
import random
import shutil
import signal
import unittest

from chaos import FULL, ChaosTest, Client, say, wait_for

REFUSED = {74, 78}
PAGE = 4096


def used(data):
    """Length without the zeros at the end, at least one byte."""
    return max(1, len(data.rstrip(b"\0")))


class Damage:
    """What happens to a file. `older`: the folder of data as it was some time before."""

    def __init__(self, chooses):
        self._chooses = chooses

    def place(self, data):
        """Of a byte that says something: most of a file may be reserved space."""
        for _ in range(100_000):
            place = self._chooses.randrange(used(data))
            if data[place]:
                return place
        return 0

    def flip(self, path, _older):
        data = bytearray(path.read_bytes())
        data[self.place(data)] ^= 1 << self._chooses.randrange(8)
        path.write_bytes(data)

    def zero(self, path, _older):
        data = bytearray(path.read_bytes())
        begin = self.place(data) // PAGE * PAGE
        data[begin:begin + PAGE] = bytes(len(data[begin:begin + PAGE]))
        path.write_bytes(data)

    def cut(self, path, _older):
        data = path.read_bytes()
        with open(path, "r+b") as file:
            file.truncate(used(data) // 2)

    def swap(self, path, _older):
        """With its neighbour of the same kind, else with any other file that says something."""
        others = sorted((one for one in path.parent.parent.rglob("*") if one.is_file() and one != path and one.stat().st_size),
                        key=lambda one: (one.parent != path.parent, one.suffix != path.suffix, one.name))
        middle = path.with_suffix(".swapped")
        path.rename(middle)
        others[0].rename(path)
        middle.rename(others[0])

    def delete(self, path, _older):
        path.unlink()

    def restore(self, path, older):
        """An older copy, of this file or of its kind."""
        folder = older / path.parent.name
        same = folder / path.name
        kind = sorted(folder.glob(f"{path.name.split('-')[0]}*")) or sorted(folder.glob(f"*{path.suffix}"))
        shutil.copyfile(same if same.exists() else kind[-1], path)


FILES = {
    "votes": ("journal", "votes.log"), "segment": ("blocks", "*.seg"), "wal": ("state", "*.log"), "sst": ("state", "*.sst"),
    "manifest": ("state", "MANIFEST-*"), "current": ("state", "CURRENT"),
}
DAMAGES = ["flip", "zero", "cut", "swap", "delete", "restore"]
FEW = [("flip", "votes"), ("zero", "votes"), ("cut", "votes"), ("restore", "votes"), ("flip", "segment"), ("flip", "wal"),
       ("flip", "sst"), ("swap", "manifest"), ("delete", "current")]


class CorruptionTest(ChaosTest):
    def setUp(self):
        super().setUp()
        self.chooses = random.Random(11)
        self.damage = Damage(self.chooses)

    def test_damage_is_repaired_or_named_and_never_served(self):
        cases = list(itertools.product(DAMAGES, FILES)) if FULL else FEW
        with Client(self.chain, self.folder) as client:
            client.wait_for_more(200)
            for node in self.nodes:
                self.stop_gently(node)  # writes tables
            for node in self.nodes:
                node.start()
            client.wait_for_more(100)
        outcomes = []
        for i, (damage, kind) in enumerate(cases):
            outcomes.append(self.check(self.nodes[i % 4], damage, kind))
            say(f"{damage} {kind}: {outcomes[-1]}")
        self.check_nothing_is_lost(client)

    def stop_gently(self, node):
        os.kill(node.pid(), signal.SIGTERM)
        wait_for(f"{node.name} stops", lambda: not node.runs())
        self.chain.reap()

    def check(self, victim, damage, kind):
        """The outcome; afterwards the validator is well again."""
        data, older, good = victim.home / "data", self.folder / "older", self.folder / "good"
        shutil.rmtree(older, ignore_errors=True)
        shutil.rmtree(good, ignore_errors=True)
        shutil.copytree(data, older)  # live: a copy of a moment, as a careless backup has it
        with Client(self.chain, self.folder) as client:
            client.wait_for_more(30)
            self.kill(victim)
        shutil.copytree(data, good)
        folder, pattern = FILES[kind]
        files = sorted((data / folder).glob(pattern), key=lambda one: (one.stat().st_size > 0, one.name))
        if not files:
            victim.start()
            wait_for(f"{victim.name} is ready", victim.is_ready)
            return "no such file"
        getattr(self.damage, damage)(files[-1], older)
        size = (victim.home / "ketend.log").stat().st_size
        victim.start()
        process = self.chain.process(victim.name)
        outcome = wait_for(f"{victim.name} is ready, quarantined or has ended after {damage} {kind}",
                           lambda: self.outcome(victim, process))
        said = (victim.home / "ketend.log").read_bytes()[size:].decode(errors="replace").splitlines()
        if outcome == "ended":
            self.assertIn(process.returncode, REFUSED, said[-3:])
            outcome = f"refused, exit {process.returncode}: {said[-1][:160]}"
        else:
            unread = self.compare_blocks(victim)
            if unread:
                outcome += f", refuses to serve {unread} blocks"
            if any("set aside" in line for line in said):
                outcome += ", database made anew"
            if any("restored" in line for line in said):
                outcome += ", votes restored from their copy"
            if kind == "sst" and self.finds_damage(victim):
                # Nothing read that table before. What cannot be read is not served, and the node ends.
                wait_for(f"{victim.name} ends", lambda: process.poll() is not None)
                outcome = f"refused, exit {process.returncode}: found by a later read"
        if outcome.startswith("refused, exit 74"):
            # docs/operations.md: the damage was found while it ran; the next start makes the database anew.
            self.chain.reap()
            victim.start()
        elif outcome.startswith("refused"):
            # As it was when it was killed: nothing was signed since.
            shutil.rmtree(data)
            shutil.copytree(good, data)
            self.chain.reap()
            victim.start()
        elif "serve" in outcome:
            # docs/operations.md: the others have the blocks.
            self.kill(victim)
            shutil.rmtree(data / "blocks")
            shutil.rmtree(data / "state")
            victim.start()
        wait_for(f"{victim.name} is ready with its own data", victim.is_ready)
        # The next case is another validator's; of two that may not vote four cannot spare one.
        with Client(self.chain, self.folder):
            wait_for(f"{victim.name} votes", lambda: self.votes(victim))
        return outcome

    def outcome(self, victim, process):
        if process.poll() is not None:
            return "ended"
        status = victim.ask("GET", "/v1/status", deadline_s=2)
        if status is not None and "quarantine" in status.text:
            return "quarantined"
        return victim.is_ready() and self.chain.agrees() and "ready"

    def votes(self, victim):
        """Neither in quarantine nor below the view from which it votes again; views pass while a client has work for them."""
        reason = victim.status()["reason"]
        return "in quarantine" not in reason and "votes again from" not in reason

    def finds_damage(self, victim):
        """Reads everything that was recorded."""
        for height in range(1, victim.height() + 1):
            block = victim.ask("GET", f"/v1/blocks/{height}")
            for one in block.json["transactions"] if block is not None and block.status == 200 else []:
                answer = victim.ask("GET", f"/v1/transactions/{one['transactionId']}")
                if answer is None or answer.status >= 500:
                    return True
        return False

    def compare_blocks(self, victim):
        """How many it cannot serve; a block that it serves is that of the others."""
        other = next(node for node in self.nodes if node is not victim)
        unread = 0
        for height in range(1, other.height() + 1):
            mine, theirs = (node.ask("GET", f"/v1/blocks/{height}") for node in (victim, other))
            if mine is None or mine.status >= 500 or mine.status == 404:
                unread += 1
            else:
                self.assertEqual(mine.json["transactions"], theirs.json["transactions"], f"height {height}")
                self.assertEqual((mine.json["blockId"], mine.json["stateRootAfter"]),
                                 (theirs.json["blockId"], theirs.json["stateRootAfter"]), f"height {height}")
        return unread


if __name__ == "__main__":
    unittest.main()
