"""The check of a whole run can fail: each of its points, on a real chain with one thing changed."""

import contextlib
import shutil
import struct
import unittest

import verify_run
from chaos import ChaosTest, Client
from client import Key
from ledger_files import NOTARIZE, Journal, Subject, ValidatorSet, crc32c


def vote_bytes(subject, signer, signature):
    return struct.pack("<BQQQ32sH64s", subject.kind, subject.epoch, subject.view, subject.parent_view, subject.block, signer, signature)


class VerifyRunTest(ChaosTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.chain.start_missing()

    def setUp(self):
        super().setUp()
        if not hasattr(type(self), "log"):
            with Client(self.chain, self.folder, rate=300) as client:
                client.wait_for_more(60)
            self.check_nothing_is_lost(client)
            type(self).log = client.log

    def lines(self, kind):
        return [line.split() for line in self.log.read_text().splitlines() if line.startswith(kind)]

    @contextlib.contextmanager
    def log_with(self, *words):
        file = self.folder / "changed.log"
        shutil.copyfile(self.log, file)
        with open(file, "a", encoding="ascii") as log:
            log.write(" ".join(map(str, words)) + "\n")
        yield file
        file.unlink()

    def violations(self, log=None, network=None, taps=()):
        return verify_run.Verification(network or self.chain.described(), [log or self.log], taps=taps).run().violations

    def check_found(self, point, violations):
        self.assertTrue(violations, f"{point}: nothing was found")
        self.assertIn(point, {one.split(":")[0] for one in violations})

    def test_an_acknowledged_transaction_that_is_not_in_the_chain_is_found(self):
        _, _, height, index, block, root, seconds = self.lines("A")[0]
        with self.log_with("A", "ab" * 32, height, index, block, root, seconds) as log:
            self.check_found("acknowledged", self.violations(log))

    def test_an_acknowledgement_of_another_place_or_result_is_found(self):
        _, transaction, height, index, block, root, seconds = self.lines("A")[-1]
        self.assertTrue(self.lines("S"))
        for changed in ((int(height) + 1, index, block, root), (height, int(index) + 1, block, root), (height, index, "ab" * 32, root)):
            with self.subTest(changed), self.log_with("A", transaction, *changed, seconds) as log:
                self.check_found("acknowledged", self.violations(log))
        fresh = self.folder / "fresh.log"
        fresh.write_text(f"S {transaction}\nA {transaction} {height} {index} {block} {'ab' * 32} {seconds}\n")
        self.check_found("state", self.violations(fresh))

    def test_a_refused_transaction_that_is_in_the_chain_is_found(self):
        with self.log_with("R", self.lines("A")[0][1], "EXPIRED") as log:
            self.check_found("refused", self.violations(log))

    def test_a_transaction_that_is_there_twice_is_found(self):
        report = verify_run.Verification(self.chain.described(), [self.log])
        report.run()
        block = next(block for block in report._chains[self.nodes[0].name] if len(block.transactions) > 1)
        for chain in report._chains.values():
            same = next(one for one in chain if one.header.id == block.header.id)
            same.transactions.append(same.transactions[0])
        report._check_transactions()
        self.check_found("once", report.violations)

    def test_a_byte_that_differs_in_one_home_is_found(self):
        network = self.chain.described()
        copy = self.folder / "home"
        shutil.copytree(network["nodes"][2]["home"], copy)
        network["nodes"][2]["home"] = str(copy)
        self.assertEqual(self.violations(network=network), [])
        segment = copy / "data" / "blocks" / "000001.seg"
        content = bytearray(segment.read_bytes())
        transaction = bytes.fromhex(self.chain.described()["chain_id"])
        place = content.rfind(transaction)
        content[place + 40] ^= 1
        segment.write_bytes(content)
        self.check_found("blocks", self.violations(network=network))
        shutil.rmtree(copy)

    def test_two_votes_of_one_key_are_found_and_forged_ones_are_not_believed(self):
        node = self.nodes[1]
        network = self.chain.described()
        validators = ValidatorSet(network["genesis"], bytes.fromhex(network["chain_id"]))
        key = Key.from_file(node.home / "keys" / "validator.key")
        signer = next(i for i, member in enumerate(validators.members) if member[2] == key.public)
        voted = next(vote.subject for vote in Journal.of(node.home).own if vote.subject.kind == NOTARIZE)
        other = Subject(NOTARIZE, voted.epoch, voted.view, voted.parent_view, b"\7" * 32)
        signature = key.sign(other.signed_hash(validators.chain_id, validators.id))
        tap = self.folder / "tap"
        tap.write_text(vote_bytes(other, signer, bytes(64)).hex() + "\n")
        self.assertEqual(self.violations(taps=[tap]), [])
        tap.write_text(vote_bytes(other, signer, signature).hex() + "\n")
        self.check_found("votes", self.violations(taps=[tap]))

    def test_a_validator_with_another_result_is_found(self):
        report = verify_run.Verification(self.chain.described(), [self.log])
        report.run()
        self.assertEqual(report.violations, [])
        report._served_roots[self.nodes[3].name][-1] = "ab" * 32
        report._check_state()
        self.check_found("state", report.violations)


class ChecksumTest(unittest.TestCase):
    def test_crc_32c_of_the_standard_check_value(self):
        self.assertEqual(crc32c(b"123456789"), 0xE3069283)


if __name__ == "__main__":
    unittest.main()
