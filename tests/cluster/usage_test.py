"""A farm shares data with a partner: registered, negotiated, used, refused, overdue, withdrawn; every step a command."""

import csv
import io
import json
import unittest

from harness import NetworkTest, keten

FAILED = 1
MILK = "urn:ds:milk-2026"


def terms(constraint, duty):
    """What both sides sign."""
    return {"@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Agreement", "uid": "urn:terms:milk", "permission": [{
        "uid": "urn:rule:use", "action": "use", "target": MILK, "assigner": "urn:keten:organisation:FarmCo",
        "assignee": "urn:keten:organisation:TruckCo", "constraint": constraint, "duty": duty}]}


class UsageTest(NetworkTest):
    def say(self, who, *arguments, expect=0):
        """What the command tells, as JSON; of a refusal the text."""
        user = "admin" if arguments[0] in ("accept", "withdraw") else "device"
        result = keten("usage", *arguments, "--state", self.network.state, "--as", f"{user}@{who}", "-o", "json", expect=expect)
        return json.loads(result.stdout) if expect == 0 else result.stderr

    def agree(self, name, constraint, duty):
        """From offer to agreement; its id."""
        policy = self.folder / f"{name}.json"
        policy.write_text(json.dumps(terms(constraint, duty)))
        offered = self.say("FarmCo", "offer", MILK, "--to", "TruckCo", "--policy", policy)["result"]
        self.assertEqual(offered["state"], "OFFERED")
        other = self.folder / f"{name}-other.json"
        other.write_text(json.dumps(terms(constraint + [{"leftOperand": "count", "operator": "lteq", "rightOperand": 9}], duty)))
        self.assertIn("TERMS_DIFFER", self.say("TruckCo", "accept", offered["negotiation"], "--policy", other, expect=FAILED))
        for who, state in (("TruckCo", "ACCEPTED"), ("FarmCo", "AGREED"), ("TruckCo", "VERIFIED"), ("FarmCo", "FINALIZED")):
            answer = self.say(who, "accept", offered["negotiation"], "--policy", policy)["result"]
            self.assertEqual(answer["state"], state)
        self.assertEqual(answer["agreement"], offered["terms"])  # the agreement's id is what both have signed
        return answer["agreement"]

    def use(self, agreement, use, purpose, how="request"):
        answer = self.say("TruckCo", how, agreement, "--id", use, "--action", "read", "--say", f"purpose={purpose}")
        return answer["result"][0]["decision"]

    def test_from_registration_to_withdrawal(self):
        data = self.folder / "milk.csv"
        data.write_text("litres\n31\n")
        self.say("FarmCo", "register", MILK, "--content", data, "--class", "sensor")
        self.assertIn("NOT_THE_OWNER", self.say("TruckCo", "register", MILK, "--content", data, expect=FAILED))
        agreement = self.agree("terms", [
            {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": ["quality", "maintenance"]},
            {"leftOperand": "count", "operator": "lteq", "rightOperand": 2}],
            [{"uid": "urn:duty:delete", "action": [{"rdf:value": {"@id": "delete"}, "refinement": [
                {"leftOperand": "delayPeriod", "operator": "lteq", "rightOperand": "P30D"}]}]}])
        self.assertEqual(self.use(agreement, "1", "quality"), "permitted")
        self.assertEqual(self.use(agreement, "2", "marketing"), "denied")
        self.assertEqual(self.use(agreement, "3", "quality", "log"), "permitted")
        self.assertEqual(self.use(agreement, "4", "quality", "log"), "denied")

        duties = self.say("FarmCo", "duties", agreement)
        self.assertEqual([(one["uid"], one["state"]) for one in duties], [("urn:duty:delete", "open")])
        answer = self.say("TruckCo", "fulfil", agreement, "urn:duty:delete", "--content", data)
        self.assertEqual(answer["result"]["state"], "fulfilled")

        self.say("FarmCo", "withdraw", agreement, "--reason", "SOLD_THE_COWS")
        refusal = keten("usage", "request", agreement, "--id", "5", "--action", "read", "--state", self.network.state,
                        "--as", "device@TruckCo", expect=FAILED)
        self.assertIn("AGREEMENT_ENDED", refusal.stderr)
        shown = keten("agreement", "show", agreement, "--state", self.network.state, "-o", "json").stdout
        shown = json.loads(shown)
        self.assertEqual((shown["state"], shown["terminated"]["by"]), ("ended", "FarmCo"))
        self.assertEqual({one["organisation"] for one in shown["current"]["signatures"]}, {"FarmCo", "TruckCo"})
        findings = keten("findings", "list", "--state", self.network.state, "-o", "json").stdout
        self.assertEqual([one["code"] for one in json.loads(findings)["findings"]], ["violation"])
        self.check_statement(agreement)
        self.check_what_follows(agreement)

    def check_what_follows(self, agreement):
        """Behind the end: corrections and payments are recorded, nothing new begins."""
        self.assertEqual(self.say("TruckCo", "correct", agreement, "4")["result"]["decision"], "void")
        self.say("TruckCo", "pay", agreement, "p1", "--amount", "12.50", "--unit", "urn:EUR")
        self.assertEqual(self.say("FarmCo", "receive", agreement, "p1")["result"]["state"], "received")
        self.assertIn("AGREEMENT_ENDED", self.say("TruckCo", "transfer-request", agreement, expect=FAILED))
        self.say("FarmCo", "claim", "TruckCo", "--say", "vcard:hasRole=ex:carrier")
        self.assertIn("OWN_CLAIM", self.say("FarmCo", "claim", "FarmCo", "--say", "vcard:hasRole=ex:x", expect=FAILED))
        found = json.loads(keten("findings", "list", "--state", self.network.state, "-o", "json").stdout)["findings"]
        self.assertEqual([one["status"] for one in found], ["corrected"])

    def check_statement(self, agreement):
        statement = self.say("FarmCo", "statement", agreement)
        counts = {(one["purpose"], one["kind"], one["decision"]): one["uses"] for one in statement["by_purpose"]}
        self.assertEqual(counts, {("marketing", "permit", "denied"): 1, ("quality", "permit", "permitted"): 1,
                                  ("quality", "log", "permitted"): 1, ("quality", "log", "denied"): 1})
        sheet = keten("usage", "statement", agreement, "--csv", "--state", self.network.state, "--as", "device@FarmCo").stdout
        rows = list(csv.DictReader(io.StringIO(sheet.removeprefix("sep=,\n"))))
        self.assertEqual([row["id"] for row in rows], ["1", "2", "3", "4"])
        later = self.say("FarmCo", "statement", agreement, "--from", "2100-01-01T00:00:00Z")
        self.assertEqual(later["uses"], [])


if __name__ == "__main__":
    unittest.main()
