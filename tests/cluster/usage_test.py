"""A farm shares data with a partner: registered, negotiated, used, refused, overdue, withdrawn; every step a command."""

import csv
import io
import json
import pathlib
import unittest
import urllib.parse

from harness import NetworkTest, keten
from protobuf import encoded, fields

FAILED = 1
UNVERIFIED = 4
NO_PERMISSION = 5
MILK = "urn:ds:milk-2026"


def terms(constraint, duty):
    """What both sides sign."""
    return {"@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Agreement", "uid": "urn:terms:milk", "permission": [{
        "uid": "urn:rule:use", "action": "use", "target": MILK, "assigner": "urn:keten:organisation:FarmCo",
        "assignee": "urn:keten:organisation:TruckCo", "constraint": constraint, "duty": duty}]}


HISTORY, ENTRY = 13, 5


def entries_of(proof):
    return sum(number == ENTRY for field, content in fields(proof) if field == HISTORY for number, _ in fields(content))


def without_entry(proof, which):
    """The file as somebody would write it who keeps silent about one entry."""
    result = []
    for field, content in fields(proof):
        if field == HISTORY:
            rest = fields(content)
            del rest[[i for i, (number, _) in enumerate(rest) if number == ENTRY][which]]
            content = encoded(rest)
        result.append((field, content))
    return encoded(result)


class UsageTest(NetworkTest):
    def say(self, who, *arguments, expect=0):
        """What the command tells, as JSON; of a refusal the text."""
        user = "admin" if arguments[0] in ("accept", "withdraw") else "device"
        result = keten("usage", *arguments, "--state", self.network.state, "--as", f"{user}@{who}", "-o", "json", expect=expect)
        return json.loads(result.stdout) if expect == 0 else result.stderr

    def agree(self, name, constraint, duty, **more):
        """From offer to agreement; its id. `more`: members of the policy."""
        policy = self.folder / f"{name}.json"
        policy.write_text(json.dumps({**terms(constraint, duty), **more}))
        offered = self.say("FarmCo", "offer", MILK, "--to", "TruckCo", "--policy", policy)["result"]
        self.assertEqual(offered["state"], "OFFERED")
        other = self.folder / f"{name}-other.json"
        count = {"leftOperand": "count", "operator": "lteq", "rightOperand": 9}
        other.write_text(json.dumps({**terms(constraint + [count], duty), **more}))
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
            {"leftOperand": "count", "operator": "lteq", "rightOperand": 3}],
            [{"uid": "urn:duty:delete", "action": [{"rdf:value": {"@id": "delete"}, "refinement": [
                {"leftOperand": "delayPeriod", "operator": "lteq", "rightOperand": "P30D"}]}]}])
        self.check_permit(agreement)
        self.check_explained(agreement)
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

    def test_time_that_is_measured_words_of_a_profile_and_the_word_of_the_other_side(self):
        data = self.folder / "milk.csv"
        data.write_text("litres\n31\n")
        self.say("FarmCo", "register", MILK, "--content", data)
        profile, definition = "urn:keten:profile:FarmCo:milk", self.folder / "milk.json"
        definition.write_text(json.dumps({"actions": {"urn:milk:train": "use"}, "operands": {
            "urn:milk:herd": {"type": "decimal", "operators": ["lteq"], "source": "request"}}}))
        self.assertIn("NAME_RESERVED", self.say("TruckCo", "profile", "register", profile, "--definition", definition, expect=FAILED))
        for version in (1, 2):
            answer = self.say("FarmCo", "profile", "register", profile, "--definition", definition)
            self.assertEqual(answer["result"]["version"], version)
        read = ("--state", self.network.state, "-o", "json")
        listed = json.loads(keten("usage", "profile", "list", *read).stdout)
        self.assertEqual([(one["profile"], one["owner"], one["version"]) for one in listed], [(profile, "FarmCo", 2)])
        shown = json.loads(keten("usage", "profile", "show", profile, "--version", "1", *read).stdout)
        self.assertEqual(shown["definition"], json.loads(definition.read_text()))
        definition.write_text('{"actions": {"odrl:read": "use"}}')
        self.assertIn("PROFILE_INVALID", self.say("FarmCo", "profile", "register", profile, "--definition", definition, expect=FAILED))

        agreement = self.agree("profiled", [
            {"leftOperand": "urn:milk:herd", "operator": "lteq", "rightOperand": 100},
            {"leftOperand": "meteredTime", "operator": "lteq", "rightOperand": "PT2H"}],
            [{"uid": "urn:duty:report", "action": "inform", "informedParty": "urn:keten:organisation:FarmCo"}], profile=profile)
        shown = json.loads(keten("agreement", "show", agreement, *read).stdout)
        self.assertEqual(shown["current"]["document"]["profiles"][profile]["version"], 2)

        def decided(how, use, herd, *more):
            said = ("--id", use, "--action", "urn:milk:train", "--say", f"urn:milk:herd={herd}", *more)
            return self.say("TruckCo", how, agreement, *said)["result"][0]["decision"]
        self.assertEqual(decided("request", "1", 101, "--duration", "PT1H"), "denied")
        self.assertEqual(decided("request", "2", 100, "--duration", "PT1H"), "permitted")
        self.assertEqual(decided("log", "2r", 100, "--permit", "2", "--duration", "PT90M"), "permitted")
        self.assertEqual(decided("request", "3", 100, "--duration", "PT31M"), "denied")
        self.assertEqual(decided("log", "4", 100, "--duration", "PT30M"), "permitted")

        answer = self.say("TruckCo", "fulfil", agreement, "urn:duty:report", "--content", data)
        self.assertEqual(answer["result"]["state"], "said")
        self.say("FarmCo", "dispute", agreement, "urn:duty:report", "--reason", "NOTHING_CAME")
        self.say("TruckCo", "fulfil", agreement, "urn:duty:report", "--content", data)
        self.assertEqual(self.say("FarmCo", "confirm", agreement, "urn:duty:report")["result"]["state"], "fulfilled")
        found = json.loads(keten("findings", "list", *read).stdout)["findings"]
        self.assertEqual([(one["code"], one["status"]) for one in found if one["agreement"] == agreement],
                         [("fulfilment_disputed", "corrected")])

        self.say("FarmCo", "withdraw", agreement, "--reason", "SOLD_THE_COWS")
        self.assertEqual(decided("log", "5", 100, "--duration", "PT0S"), "denied")

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

    def check_explained(self, agreement):
        """What the ledger would decide, and by which condition; nothing is recorded by asking."""
        ask = lambda purpose: self.say("FarmCo", "explain", agreement, "--action", "read", "--say", f"purpose={purpose}")
        self.assertEqual(ask("quality")["decision"], "permitted")
        told = ask("marketing")
        conditions = [(one["condition"], one["holds"], one.get("fact")) for one in told["rules"][0]["conditions"][:2]]
        self.assertEqual((told["decision"], conditions),
                         ("denied", [("it is for quality or maintenance", "no", "said: marketing"),
                                     ("at most 3 uses", "yes", "this is number 2")]))
        self.assertEqual(self.say("FarmCo", "explain", agreement, "--use", "0")["decision"], "permitted")
        self.assertEqual(self.say("FarmCo", "statement", agreement)["uses"]["total"], 1)
        words = keten("usage", "explain", self.folder / "terms.json", "--dutch").stdout
        self.assertIn("TruckCo mag ", words)
        self.assertEqual(self.refused("explain", "nowhere.json"), "FILE_UNREADABLE")

    def check_statement(self, agreement):
        statement = self.say("FarmCo", "statement", agreement)
        counts = {(one["purpose"], one["kind"], one["decision"]): one["uses"] for one in statement["uses"]["byPurpose"]}
        self.assertEqual(counts, {("marketing", "permit", "denied"): 1, ("quality", "permit", "permitted"): 2,
                                  ("quality", "log", "permitted"): 1, ("quality", "log", "denied"): 1})
        sheet = keten("usage", "statement", agreement, "--csv", "--state", self.network.state, "--as", "device@FarmCo").stdout
        rows = list(csv.DictReader(io.StringIO(sheet.removeprefix("sep=,\n"))))
        self.assertEqual([row["id"] for row in rows], ["0", "1", "2", "3", "4"])
        later = self.say("FarmCo", "statement", agreement, "--from", "2100-01-01T00:00:00Z")
        self.assertEqual((later["uses"], [one["state"] for one in later["duties"]]), ({"total": 0, "byPurpose": []}, ["fulfilled"]))
        self.check_http(agreement, statement, sheet)
        self.check_proof(agreement, statement, sheet)

    def check_proof(self, agreement, statement, sheet):
        """Without any node: all uses, none is missing, and no other agreement for the dataset."""
        uses, dataset = self.folder / "uses.ketenproof", self.folder / "dataset.ketenproof"
        self.say("FarmCo", "statement", agreement[:8], "--proof", uses, "--dataset-proof", dataset)
        check = ["verify-statement", uses, "--genesis", pathlib.Path(self.nodes[0].home) / "genesis.json"]
        told = json.loads(keten("usage", *check, "--dataset-proof", dataset, "-o", "json").stdout)
        self.assertEqual({name: told[name] for name in ("uses", "due", "duties")},
                         {name: statement[name] for name in ("uses", "due", "duties")})
        self.assertEqual((told["verified"], told["agreement"], told["otherAgreements"]), (True, agreement, []))
        self.assertEqual(keten("usage", *check, "--csv").stdout, sheet)
        self.assertIn("no other agreement was ever made", keten("usage", *check, "--dataset-proof", dataset).stdout)
        self.assertRegex(keten("verify", *check[1:]).stdout, r"TruckCo used urn:ds:milk-2026 of FarmCo: 5 uses")
        early = json.loads(keten("usage", *check, "--to", "2020-01-01T00:00:00Z", "-o", "json").stdout)
        self.assertEqual(early["uses"], {"total": 0, "byPurpose": []})
        whole = uses.read_bytes()
        for entry in range(entries_of(whole)):
            uses.write_bytes(without_entry(whole, entry))
            self.assertEqual(self.refused(*check, expect=UNVERIFIED), "PROOF_INVALID")
        uses.write_bytes(dataset.read_bytes())
        self.assertEqual(self.refused(*check, expect=UNVERIFIED), "PROOF_OTHER_SUBJECT")

    def keep(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def refused(self, *arguments, **options):
        """The reason in the first line of what a command says."""
        return keten("usage", *arguments, expect=options.get("expect", FAILED)).stderr.split()[1]

    def check_permit(self, agreement):
        """Before a use: the file is enough, without any node."""
        permit = self.folder / "u0.ketenproof"
        genesis = pathlib.Path(self.nodes[0].home) / "genesis.json"
        keten("usage", "request", agreement[:8], "--id", "0", "--action", "read", "--say", "purpose=quality", "--permit-file", permit,
              "--state", self.network.state, "--as", "device@TruckCo")
        ask = ["verify-permit", permit, "--genesis", genesis, "--agreement", agreement, "--dataset", MILK]
        shown = json.loads(keten("usage", *ask, "--consumer", "TruckCo", "--action", "read", "-o", "json").stdout)
        self.assertEqual((shown["permitted"], shown["use"], shown["dataset"]), (True, "0", MILK))
        for more, reason in ((("--consumer", "DairyCo"), "PERMIT_OTHER_PARTY"), (("--action", "distribute"), "PERMIT_OTHER_ACTION"),
                             (("--at", "2100-01-01T00:00:00Z"), "PERMIT_EXPIRED")):
            self.assertEqual(self.refused(*ask, *more, expect=UNVERIFIED), reason)
        ask[-1] = "urn:ds:other"
        self.assertEqual(self.refused(*ask, expect=UNVERIFIED), "PERMIT_OTHER_DATASET")
        damaged = self.folder / "damaged.ketenproof"
        content = bytearray(permit.read_bytes())
        content[len(content) // 2] ^= 1
        damaged.write_bytes(content)
        self.assertIn(self.refused("verify-permit", damaged, *ask[2:-1], MILK, expect=UNVERIFIED), ("PROOF_INVALID", "PROOF_MALFORMED"))

    def test_a_field_is_opened_to_one_party_and_no_other(self):
        subject = "urn:ds:visits"
        fields = self.keep("visit.json", json.dumps({"farmer": "Jan", "bsn": 123456782, "cows": [1042, 1017]}))
        private, opening = self.folder / "visit.private", self.folder / "farmer.opening"
        commitment = keten("usage", "seal", fields, "--about", subject, "-o", private).stdout.strip()
        self.assertRegex(commitment, r"\A[0-9a-f]{64}\Z")
        self.assertEqual(private.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.refused("seal", fields, "--about", subject, "-o", private), "FILE_EXISTS")
        self.say("FarmCo", "register", subject, "--commitment", commitment)
        keys = json.loads(keten("keys", "show", "--home", self.nodes[1].home, "-o", "json").stdout)
        card = next(one for one in keys if one["name"] == "device")
        keten("usage", "open", private, "--field", "farmer", "--for", card["public_key"], "-o", opening)
        self.assertNotIn("Jan", opening.read_text())
        ours, theirs = (pathlib.Path(self.nodes[i].home) / "keys" / "device.key" for i in (1, 2))
        check = ["check-opening", opening, "--dataset", subject, "--state", self.network.state]
        shown = json.loads(keten("usage", *check, "--key-file", ours, "-o", "json").stdout)
        self.assertEqual((shown["name"], shown["value"]), ("farmer", "Jan"))
        self.assertEqual(self.refused(*check, "--key-file", theirs, expect=NO_PERMISSION), "NOT_FOR_THIS_KEY")
        check = ["check-opening", opening, "--commitment", "0" * 64, "--key-file", ours]
        self.assertEqual(self.refused(*check, expect=UNVERIFIED), "OPENING_DIFFERS")
        again = ["open", private, "--for", card["public_key"], "-o", opening]
        self.assertEqual(self.refused(*again, "--field", "name"), "UNKNOWN_FIELD")
        private.write_text(private.read_text().replace("Jan", "Piet"))
        self.assertEqual(self.refused(*again, "--field", "farmer"), "FILE_MALFORMED")

    def check_http(self, agreement, statement, sheet):
        """The same over HTTP, in parts."""
        farm = self.nodes[0]
        get = lambda path: farm.ask("GET", path)
        base = f"/v1/usage/agreements/{agreement}"
        told = get(f"{base}/statement")
        self.assertEqual(told.json | {"asOf": ""}, statement | {"asOf": ""})
        self.assertGreater(int(told.headers["keten-height"]), 0)
        rows = get(f"{base}/statement?format=csv")
        self.assertEqual((rows.text, rows.headers["content-type"]), (sheet.replace("\n", "\r\n"), "text/csv; charset=utf-8"))
        ids, after = [], ""
        while after is not None:
            page = get(f"{base}/uses?limit=3&after={after}").json
            self.assertLessEqual(len(page["uses"]), 3)
            ids += [one["id"] for one in page["uses"]]
            after = page.get("next")
        self.assertEqual(ids, ["0", "1", "2", "3", "4"])
        self.assertEqual(get(f"{base}/uses/4").json["decision"], "denied")
        self.assertEqual([one["uid"] for one in get(f"{base}/duties").json["duties"]], ["urn:duty:delete"])
        self.assertEqual(get(base).json["counters"]["uses"], 5)
        self.assertEqual(get("/v1/datasets/" + urllib.parse.quote(MILK, safe="")).json["owner"], "FarmCo")
        self.assertEqual([one["dataset"] for one in get("/v1/datasets?limit=1").json["datasets"]], [MILK])
        for path, status, reason in ((f"{base}/uses?limit=0", 400, "PARAMETER_INVALID"), (f"{base}/uses?after=x", 400, "PAGE_TOKEN"),
                                     (f"{base}/statement?from=yesterday", 400, "TIME_INVALID"),
                                     (f"{base}/duties?from=x", 400, "PARAMETER_UNKNOWN"), (f"{base}/uses/9", 404, "UNKNOWN_USE"),
                                     ("/v1/usage/agreements/00/duties", 400, "AGREEMENT_ID_INVALID"),
                                     (f"/v1/usage/agreements/{'0' * 64}/statement", 404, "UNKNOWN_AGREEMENT"),
                                     ("/v1/datasets/urn:none", 404, "UNKNOWN_DATASET")):
            answer = get(path)
            self.assertEqual((answer.status, answer.reason), (status, reason), path)


if __name__ == "__main__":
    unittest.main()
