"""What is wrong is refused with its documented status and stable reason, changes nothing, and costs no memory."""

import base64
import json
import unittest

from client import Key, message, payload_commitment, signed, transaction_body, transaction_id
from harness import CONTEXT, NetworkTest, event_document, keten, new_event, wait_for

MEMORY_MB_MAX = 200


class BadInputTest(NetworkTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.node = cls.nodes[0]
        cls.chain_id = bytes.fromhex(cls.network.described()["chain_id"])
        cls.key = Key.from_file(cls.node.user("device")["key_file"])

    @classmethod
    def tearDownClass(cls):
        """The chain holds what was admitted and nothing else."""
        status = wait_for("all validators agree", cls.network.agrees)
        recorded = 0
        for height in range(1, status["nodes"][0]["height"] + 1):
            block = keten("block", "get", height, "--trust-node", "--state", cls.network.state, "-o", "json")
            recorded += len(json.loads(block.stdout)["transactions"])
        admitted = sum(node.status()["counters"]["keten_transactions_admitted_total"] for node in cls.nodes)
        if recorded != admitted:
            raise AssertionError(f"{recorded} transactions are on the chain, {admitted} were admitted")
        super().tearDownClass()

    def setUp(self):
        super().setUp()
        # What the test before had recorded may still wait for the block that binds its result.
        wait_for("all have executed the same", self.network.agrees)
        self.admitted = self.counter("keten_transactions_admitted_total")

    def counter(self, name):
        return self.node.status()["counters"][name]

    def tearDown(self):
        for node in self.nodes:
            self.assertTrue(node.runs(), f"{node.name} has ended")
            self.assertLess(node.memory_mb(), MEMORY_MB_MAX, node.name)

    def check_refused(self, answer, status, reason):
        self.assertIsNotNone(answer, "no answer")
        self.assertEqual((answer.status, answer.reason), (status, reason), answer)
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        self.assertNotEqual(answer.json["detail"], "")
        self.assertEqual(self.counter("keten_transactions_admitted_total"), self.admitted, "it had an effect")
        return answer

    def check_place(self, answer, pointer):
        self.assertIn(pointer, [error["pointer"] for error in answer.json["errors"]])

    # ---- documents ----

    def test_json_that_is_none(self):
        for body in ("{", "", "nonsense", '{"a": 1} trailing', "[1,]", '{"a": NaN}', '"\\ud800"', b'"\xff"', "\0"):
            with self.subTest(body=body):
                self.check_refused(self.node.capture(body), 400, "JSON_MALFORMED" if body else "BODY_EMPTY")

    def test_duplicate_keys(self):
        body = json.dumps(event_document(new_event()))
        twice = body.replace('"schemaVersion": "2.0"', '"schemaVersion": "2.0", "schemaVersion": "2.0"')
        self.assertNotEqual(twice, body)
        self.check_refused(self.node.capture(twice), 400, "JSON_DUPLICATE_KEY")

    def test_nested_brackets(self):
        for body in ("[" * 100_000, "[" * 100_000 + "]" * 100_000, '{"a":' * 100_000):
            self.check_refused(self.node.capture(body), 400, "JSON_TOO_DEEP")

    def test_other_json_than_a_document(self):
        for body in ("[]", "{}", "null", "1", '"EPCISDocument"', CONTEXT | new_event()):
            with self.subTest(body=body):
                self.check_refused(self.node.capture(body), 400, "EPCIS_INVALID")

    def test_wrong_types_and_values_point_into_the_document(self):
        for member, value in (("type", "UnknownEvent"), ("type", 7), ("action", "MOVE"), ("action", None), ("eventTime", 5),
                              ("eventTime", "yesterday"), ("eventTimeZoneOffset", "CET"), ("epcList", "urn:epc:id:sgtin:1.2.3"),
                              ("epcList", [1]), ("epcList", {}), ("bizStep", []), ("eventID", 1), ("readPoint", "here")):
            with self.subTest(member=member, value=value):
                document = event_document(new_event(), new_event(**{member: value}))
                answer = self.check_refused(self.node.capture(document), 400, "EPCIS_INVALID")
                self.assertTrue(any(error["pointer"].startswith(f"/epcisBody/eventList/1/{member}")
                                    for error in answer.json["errors"]), answer)
                event = self.node.ask("POST", "/epcis/v2/events", CONTEXT | new_event(**{member: value}))
                self.check_refused(event, 400, "EPCIS_INVALID")

    def test_missing_members(self):
        for member in ("type", "eventTime", "eventTimeZoneOffset", "action"):
            with self.subTest(member):
                event = new_event()
                del event[member]
                answer = self.check_refused(self.node.capture(event_document(event)), 400, "EPCIS_INVALID")
                self.check_place(answer, f"/epcisBody/eventList/0/{member}")

    def test_a_document_of_the_announced_size_is_taken_and_one_byte_more_is_not(self):
        options = self.node.ask("OPTIONS", "/epcis/v2/capture", headers={"Authorization": None})
        self.assertEqual(options.status, 204)
        limit = int(options.headers["gs1-epcis-capture-file-size-limit"])
        text = json.dumps(event_document(new_event()))
        answer = self.check_refused(self.node.capture(text.ljust(limit + 1)), 413, "BODY_TOO_LARGE")
        self.assertIn(str(limit), answer.json["detail"])
        answer = self.node.capture(text.ljust(limit))
        self.assertEqual(answer.status, 202, answer)

    def test_more_events_than_announced(self):
        options = self.node.ask("OPTIONS", "/epcis/v2/capture", headers={"Authorization": None})
        limit = int(options.headers["gs1-epcis-capture-limit"])
        event = {name: value for name, value in new_event().items() if name != "eventID"}
        answer = self.node.capture(event_document(*[event] * (limit + 1)))
        self.assertEqual(answer.status, 413, answer)
        self.check_refused(answer, 413, answer.reason)

    def test_headers(self):
        document = event_document(new_event())
        self.check_refused(self.node.capture(document, headers={"Content-Type": "text/xml"}), 415, "MEDIA_TYPE_UNSUPPORTED")
        self.check_refused(self.node.capture(document, headers={"GS1-Capture-Error-Behaviour": "perhaps"}), 400, "HEADER_INVALID")
        self.check_refused(self.node.ask("GET", "/epcis/v2/events?a=" + "b" * 9000), 414, "TARGET_TOO_LONG")
        self.check_refused(self.node.ask("GET", "/epcis/v2/events", headers={"X": "b" * 17000}), 431, "HEADER_TOO_LARGE")
        self.check_refused(self.node.ask("DELETE", "/epcis/v2/capture"), 405, "METHOD_NOT_ALLOWED")
        self.check_refused(self.node.ask("GET", "/nowhere"), 404, "PATH_UNKNOWN")

    # ---- tokens ----

    def test_tokens(self):
        document = event_document(new_event())
        for header, reason in ((None, "TOKEN_MISSING"), ("Basic YTpi", "TOKEN_MISSING"), ("Bearer keten_" + "0" * 64, "TOKEN_UNKNOWN"),
                               ("Bearer " + self.nodes[1].token, "TOKEN_UNKNOWN")):
            with self.subTest(header=header):
                answer = self.check_refused(self.node.capture(document, headers={"Authorization": header}), 401, reason)
                self.assertIn("Bearer", answer.headers["www-authenticate"])
        auditor = {"Authorization": "Bearer " + self.node.user("auditor")["token"]}
        self.check_refused(self.node.capture(document, headers=auditor), 403, "ROLE_NOT_ALLOWED")

    def test_a_revoked_token(self):
        made = keten("token", "new", "temp", "--role", "capture", "--key", "capture", "--home", self.node.home, "-o", "json")
        bearer = {"Authorization": "Bearer " + json.loads(made.stdout)["token"]}
        # The node notices by itself.
        wait_for("the new token is known", lambda: self.node.ask("GET", "/v1/status", headers=bearer).status == 200)
        keten("token", "revoke", "temp", "--home", self.node.home)
        wait_for("the token is revoked", lambda: self.node.ask("GET", "/v1/status", headers=bearer).status == 401)
        self.check_refused(self.node.capture(event_document(new_event()), headers=bearer), 401, "TOKEN_REVOKED")

    # ---- transactions ----

    def post(self, envelope, wait="executed"):
        return self.node.ask("POST", f"/v1/transactions?wait={wait}", envelope,
                             headers={"Content-Type": "application/octet-stream"})

    def body(self, key=None, **changes):
        key = key or self.key
        changes = {"organisation": self.node.organisation, "chain_id": self.chain_id,
                   "valid_until": self.node.status()["height"] + 100} | changes
        if isinstance(changes["organisation"], bytes):
            changes["organisation"] = changes["organisation"].decode()
        return transaction_body(key, changes.pop("organisation"), changes.pop("chain_id"), changes.pop("valid_until"), **changes)

    def test_a_client_written_from_the_documentation_is_understood_and_cannot_replay(self):
        body = self.body()
        envelope = signed(body, self.key)
        answer = self.post(envelope)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json["transactionId"], transaction_id(body).hex())
        self.assertTrue(answer.json["receipt"]["succeeded"], answer)
        self.admitted += 1
        again = self.post(envelope)
        self.check_refused(again, 409, "DUPLICATE")
        # Another node knows it as well, and another encoding of the request does not help.
        other = self.nodes[1].ask("POST", "/v1/transactions", {"transaction": base64.b64encode(envelope).decode()})
        self.assertEqual((other.status, other.reason), (409, "DUPLICATE"), other)

    def test_transactions_that_are_not_for_this_chain_or_time(self):
        self.assertEqual(self.post(signed(self.body(), self.key)).status, 200)
        self.admitted += 1
        height = self.node.status()["height"]
        for changes, status, reason in (({"chain_id": bytes(31) + b"\1"}, 409, "WRONG_CHAIN"),
                                        ({"valid_until": 0}, 409, "EXPIRED"),
                                        ({"valid_until": height}, 409, "EXPIRED"),
                                        ({"valid_until": height + 1_000_000}, 409, "VALID_UNTIL_TOO_FAR"),
                                        ({"valid_until": 2**64 - 1}, 409, "VALID_UNTIL_TOO_FAR"),
                                        ({"fuel_limit": 2**63}, 413, "FUEL_LIMIT_TOO_HIGH")):
            with self.subTest(**changes):
                self.check_refused(self.post(signed(self.body(**changes), self.key)), status, reason)

    def test_senders_that_may_not(self):
        stranger = Key(bytes(range(32)))
        self.check_refused(self.post(signed(self.body(stranger), stranger)), 403, "UNKNOWN_SENDER")
        other = Key.from_file(self.nodes[1].user("device")["key_file"])
        self.check_refused(self.post(signed(self.body(other), other)), 403, "UNKNOWN_SENDER")
        captures_only = Key.from_file(self.node.user("capture")["key_file"])
        self.check_refused(self.post(signed(self.body(captures_only), captures_only)), 403, "ROLE_NOT_ALLOWED")

    def test_signatures_that_do_not_hold(self):
        body, other = self.body(), Key(bytes(range(32)))
        self.check_refused(self.post(signed(body, other)), 400, "SIGNATURE_INVALID")
        changed = bytearray(signed(body, self.key))
        changed[-1] ^= 1
        self.check_refused(self.post(bytes(changed)), 400, "SIGNATURE_INVALID")
        self.check_refused(self.post(message((1, body), (2, bytes(64)))), 400, "SIGNATURE_INVALID")

    def test_unknown_contracts_and_methods(self):
        self.check_refused(self.post(signed(self.body(contract=b"magic"), self.key)), 404, "UNKNOWN_CONTRACT")
        self.check_refused(self.post(signed(self.body(method=b"magic"), self.key)), 404, "UNKNOWN_METHOD")

    def test_a_transaction_cut_off_anywhere(self):
        envelope = signed(self.body(), self.key)
        for length in range(1, len(envelope)):
            answer = self.post(envelope[:length])
            self.assertEqual(answer.status, 400, f"{length} of {len(envelope)} bytes: {answer}")
            self.assertRegex(answer.reason, "TRANSACTION_MALFORMED|TRANSACTION_NOT_CANONICAL")
        self.check_refused(self.post(envelope + b"\0"), 400, "TRANSACTION_MALFORMED")
        self.check_refused(self.post(envelope + envelope), 400, "TRANSACTION_NOT_CANONICAL")
        self.check_refused(self.post(b""), 400, "TRANSACTION_MALFORMED")

    def test_messages_that_say_the_same_in_another_way(self):
        body = self.body()
        envelope = signed(body, self.key)
        for other in (envelope + b"\x20\x00", envelope + b"\x28\x01", message((2, envelope[-64:])) + message((1, body))):
            self.check_refused(self.post(other), 400, "TRANSACTION_NOT_CANONICAL")
        self.check_refused(self.post(signed(body + b"\x58\x01", self.key)), 400, "TRANSACTION_NOT_CANONICAL")

    def test_a_missing_field_in_every_place(self):
        for name in ("organisation", "public_key", "salt", "contract", "method", "chain_id"):
            with self.subTest(name):
                answer = self.post(signed(self.body(**{name: "" if name == "organisation" else b""}), self.key))
                self.check_refused(answer, 400, "NAME_INVALID" if name in ("organisation", "contract", "method")
                                   else "TRANSACTION_MALFORMED")
        body = self.body()
        self.check_refused(self.post(message((1, body))), 400, "TRANSACTION_MALFORMED")
        self.check_refused(self.post(message((2, bytes(range(64))))), 400, "TRANSACTION_MALFORMED")

    def test_payloads_that_are_not_what_was_signed(self):
        salt, content = bytes(range(32)), b"content"
        body = self.body(commitment=payload_commitment(salt, content))
        for payloads in ([], [(salt, b"other")], [(bytes(32), content)], [(salt, content)] * 2):
            self.check_refused(self.post(signed(body, self.key, payloads)), 400, "PAYLOAD_MISMATCH")
        self.check_refused(self.post(signed(self.body(), self.key, [(salt, content)])), 400, "PAYLOAD_MISMATCH")
        self.check_refused(self.post(signed(body, self.key, [(b"short", content)])), 400, "TRANSACTION_MALFORMED")

    def test_a_transaction_of_more_than_a_mebibyte(self):
        self.check_refused(self.post(bytes(2**20 + 1)), 413, "TRANSACTION_TOO_LARGE")
        self.check_refused(self.post(bytes(2**21)), 413, "BODY_TOO_LARGE")

    def test_requests_about_transactions(self):
        self.check_refused(self.node.ask("GET", "/v1/transactions/xyz"), 400, "TRANSACTION_ID_INVALID")
        unknown = self.node.ask("GET", "/v1/transactions/" + "0" * 64)
        self.check_refused(unknown, 404, unknown.reason)
        self.check_refused(self.post(signed(self.body(), self.key), wait="soon"), 400, "PARAMETER_INVALID")
        self.check_refused(self.node.ask("POST", "/v1/transactions", {"transaction": "%"}), 400, "TRANSACTION_MALFORMED")
        self.check_refused(self.node.ask("POST", "/v1/transactions", {"transactions": ""}), 400, "TRANSACTION_MALFORMED")


if __name__ == "__main__":
    unittest.main()
