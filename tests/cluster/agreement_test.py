"""Two companies agree on a rule: first it flags, then, amended, it refuses. Both read the same text; a third company is not concerned."""

import itertools
import json
import shutil
import subprocess
import unittest

from harness import CONTEXT, NetworkTest, keten, new_event, wait_for

CLANG = shutil.which("clang-14")
FLAGS = ("--target=wasm32", "-O2", "-nostdlib", "-Wl,--no-entry", "-Wl,--max-memory=131072", "-Wl,-z,stack-size=16384",
         "-Wl,--strip-all")
RULE = """
#define KETEN(name) __attribute__((import_module("keten"), import_name(#name)))
KETEN(event_get) int event_get(const char* path, int path_length, void* out, int capacity);
KETEN(parameter_get) int parameter_get(const char* path, int path_length, void* out, int capacity);
KETEN(block_time_ms) long long block_time_ms(void);
KETEN(finding) void finding(const char* code, int code_length, const char* message, int length, long long deadline);

static int whole(const char* text, int length) {
  int value = 0;
  for (int i = 0; i < length && text[i] >= '0' && text[i] <= '9'; ++i) { value = value * 10 + (text[i] - '0'); }
  return value;
}

// Warmer than the parameter max is a finding, to be dealt with within five seconds.
__attribute__((export_name("on_event"))) void on_event(void) {
  static const char kPath[] = "sensorElementList/0/sensorReport/0/value";
  static const char kMessage[] = "the milk was warmer than agreed";
  char text[32];
  int length = event_get(kPath, sizeof(kPath) - 1, text, sizeof(text));
  if (length < 0) { return; }
  const int measured = whole(text, length);
  length = parameter_get("max", 3, text, sizeof(text));
  if (measured > whole(text, length)) {
    finding("too_warm", 8, kMessage, sizeof(kMessage) - 1, block_time_ms() + 5000);
  }
}
"""


def event(number, celsius, buyer):
    return CONTEXT | new_event(
        bizStep="shipping", eventTime=f"2026-01-01T00:00:{number % 60:02d}Z", epcList=[f"https://id.gs1.org/01/09521003000428/21/{number}"],
        destinationList=[{"type": "possessing_party", "destination": f"urn:x:{buyer}"}],
        sensorElementList=[{"sensorReport": [{"type": "Temperature", "value": celsius, "uom": "CEL"}]}])


@unittest.skipUnless(CLANG and (shutil.which("wasm-ld-14") or shutil.which("wasm-ld")), "no clang-14 with a linker for WebAssembly")
class AgreementTest(NetworkTest):
    def keten(self, *arguments, **options):
        return keten(*arguments, "--state", self.network.state, **options)

    def said(self, *arguments):
        return json.loads(self.keten(*arguments, "-o", "json").stdout)

    def refused(self, reason, *arguments):
        result = self.keten(*arguments, expect=None)
        self.assertNotEqual(result.returncode, 0, result.stdout)
        self.assertIn(reason, result.stderr)
        return result.stderr

    def publish(self):
        text, module, file = (self.folder / f"warm.{end}" for end in ("c", "wasm", "ketenpkg"))
        text.write_text(RULE)
        subprocess.run([CLANG, *FLAGS, text, "-o", module], check=True, timeout=60)
        self.keten("keys", "add", "publisher", "--roles", "publisher", "--as", f"@{self.seller}")
        keten("contract", "package", module, "--name", "warm", "--version", "1.0.0", "--publisher", self.seller,
              "--rule", "on_event=100000", "--source", text, "--build", "clang-14", "--out", file)
        self.keten("contract", "sign", file)
        self.keten("contract", "publish", file)
        for company in self.companies[1:]:
            self.keten("contract", "approve", "warm", "--as", f"@{company}")
        return self.said("contract", "status", "warm")["packages"][0]["package"]

    def document(self, mode):
        file = self.folder / f"{mode}.json"
        file.write_text(json.dumps({
            "title": "Cold milk", "parties": [self.seller, self.buyer], "identifiers": {self.buyer: ["urn:x:ShopCo"]},
            "start": "2026-01-01T00:00:00Z", "noticeDays": 30, "scope": {"businessSteps": ["shipping"]},
            "rules": [{"package": "warm", "version": "1.0.0", "hash": self.hash, "mode": mode, "parameters": {"max": 8}}]}))
        return file

    def capture(self, company, number, celsius, buyer="ShopCo"):
        return self.nodes[self.companies.index(company)].ask("POST", "/epcis/v2/events", event(number, celsius, buyer))

    def recorded(self, *arguments, **changes):
        answer = self.capture(*arguments, **changes)
        self.assertEqual(answer.status, 201, answer)

    def test_two_companies_agree_on_a_rule_that_flags_and_then_refuses(self):
        self.companies = [node.organisation for node in self.nodes]
        self.seller, self.buyer, stranger = self.companies[:3]
        self.hash = self.publish()

        with self.subTest("signed by both, and only by keys that no node holds"):
            said = self.said("agreement", "new", self.document("flag"), "--as", f"@{self.seller}")
            agreement = said["id"]
            self.assertEqual((said["state"], said["current"]["missing"]), ("proposed", [self.buyer]))
            self.refused("ROLE_NOT_ALLOWED", "agreement", "sign", agreement, "--as", f"capture@{self.buyer}")
            self.refused("NOT_A_PARTY", "agreement", "sign", agreement, "--as", f"@{stranger}")
            self.keten("agreement", "sign", agreement[:10], "--as", f"@{self.buyer}")
            self.assertEqual(self.said("agreement", "show", agreement)["state"], "active")

        with self.subTest("an event that breaks it is recorded with a finding"):
            self.recorded(self.seller, 1, 7)
            self.recorded(self.seller, 2, 12)
            findings = self.said("findings", "list")["findings"]
            self.assertEqual([(one["code"], one["status"], one["organisation"]) for one in findings],
                             [("too_warm", "open", self.seller)])
            finding = findings[0]["id"]

        with self.subTest("the finding is dealt with, and its deadline passes"):
            numbers = itertools.count(100)

            def is_overdue():
                self.recorded(stranger, next(numbers), 1)  # blocks come with transactions
                return self.said("findings", "show", finding)["overdue"]
            wait_for("it is overdue", is_overdue)
            self.keten("findings", "answer", finding, "the sensor was in the sun", "--as", f"@{self.seller}")
            self.refused("OWN_FINDING", "findings", "close", finding, "fine", "--as", f"@{self.seller}")
            self.keten("findings", "close", finding, "seen", "--as", f"@{self.buyer}")
            self.assertEqual(self.said("findings", "show", finding)["status"], "closed")

        with self.subTest("amended to refuse: the text names agreement, rule and reason"):
            self.keten("agreement", "amend", agreement, self.document("reject"), "--as", f"@{self.buyer}")
            self.recorded(self.seller, 3, 12)
            self.keten("agreement", "sign", agreement, "--as", f"@{self.seller}")
            refused = self.capture(self.seller, 4, 12)
            self.assertEqual((refused.status, refused.reason), (409, "RULE_REJECTED"), refused)
            for part in ("Cold milk", "version 2", "warm 1.0.0", "too_warm: the milk was warmer than agreed"):
                self.assertIn(part, refused.json["detail"])
            self.recorded(self.seller, 5, 8)

        with self.subTest("any node tells it over HTTP"):
            answer = self.nodes[3].ask("GET", f"/v1/agreements/{agreement}")
            self.assertEqual((answer.json["state"], answer.json["current"]["version"]), ("active", 2), answer)
            listed = self.nodes[3].ask("GET", f"/v1/agreements?party={self.buyer}").json["agreements"]
            self.assertEqual([one["id"] for one in listed], [agreement])
            answer = self.nodes[3].ask("GET", f"/v1/agreements/{agreement}/findings?limit=1")
            self.assertEqual([one["id"] for one in answer.json["findings"]], [f"{agreement}/2"], answer)
            answer = self.nodes[3].ask("GET", f"/v1/agreements/{agreement}/findings?after={answer.json['next']}")
            self.assertEqual([one["status"] for one in answer.json["findings"]], ["closed"], answer)
            self.assertEqual(self.nodes[3].ask("GET", "/v1/agreements/00").reason, "AGREEMENT_ID_INVALID")
            answer = self.nodes[3].ask("GET", f"/v1/findings?party={self.buyer}&state=closed")
            self.assertEqual([one["id"] for one in answer.json["findings"]], [f"{agreement}/1"], answer)
            self.assertEqual(self.nodes[3].ask("GET", f"/v1/findings/{agreement}/1").json["status"], "closed")
            self.assertEqual(self.nodes[3].ask("GET", "/v1/findings?state=late").reason, "UNKNOWN_STATE")
            answer = self.nodes[3].ask("GET", "/v1/contracts")
            self.assertEqual([one["name"] for one in answer.json["contracts"]], ["warm"], answer)
            self.assertEqual(self.nodes[3].ask("GET", "/v1/contracts/warm").json["packages"][0]["version"], "1.0.0")

        with self.subTest("a stranger is not concerned"):
            self.recorded(stranger, 6, 12)
            self.recorded(self.seller, 7, 12, buyer="elsewhere")

        with self.subTest("ended with notice"):
            self.keten("agreement", "terminate", agreement, "--reason", "we move", "--as", f"@{self.buyer}")
            self.assertEqual(self.said("agreement", "show", agreement)["state"], "terminated")
            self.refused("AGREEMENT_TERMINATED", "agreement", "terminate", agreement, "--as", f"@{self.seller}")
        wait_for("all validators agree on height and state root", self.network.agrees)


if __name__ == "__main__":
    unittest.main()
