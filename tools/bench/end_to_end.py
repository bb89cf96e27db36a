#!/usr/bin/env python3
"""What agreements cost end to end, on four validators of this machine: `keten bench` in turns, with and without.

  tools/bench/end_to_end.py use [BUILD_FOLDER]    a permitted use of data against a plain transaction of 512 bytes; goal: at most 1.3 times
  tools/bench/end_to_end.py rules [BUILD_FOLDER]  events that three rules of the library judge against the same without; goal: 30 % at most

Each figure is of both: how many became final a second, and processor time of all validators, which says more when the machine has other
work. The plain runs come before and after."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = os.environ.get("KETEN_BENCH_SECONDS", "12")
DATASET = "urn:ds:bench"
PROVIDER, CONSUMER = "FarmCo", "TruckCo"
ODRL = "urn:keten:organisation:"
BETWEEN = {"target": DATASET, "assigner": ODRL + PROVIDER, "assignee": ODRL + CONSUMER}
# As tools/bench/micro/usage_use.cpp.
TERMS = {"@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Agreement", "uid": "urn:terms", "permission": [{
    "uid": "urn:rule:1", "action": "use", **BETWEEN,
    "constraint": [{"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": ["maintenance", "quality"]},
                   {"leftOperand": "dateTime", "operator": "lt", "rightOperand": "2130-01-01T00:00:00Z"}],
    "duty": [{"uid": "urn:duty:1", "action": "delete",
              "constraint": [{"leftOperand": "delayPeriod", "operator": "lteq", "rightOperand": "P1Y"}]}]}],
    "prohibition": [{"uid": "urn:rule:2", "action": "sell", **BETWEEN}]}
# As tools/bench/micro/rules.cpp.
RULES = {
    "condition-limits": {"limits": [{"type": "Temperature", "unit": "CEL", "min": 2, "max": 7}]},
    "required-fields": {"profiles": [{"name": "place", "steps": ["shipping"], "fields": ["readPoint/id"]}]},
    "time-order": {"skewSeconds": 300},
}


class Ledger:
    def __init__(self, build, folder):
        self.program = build / "bin/keten"
        self.folder = pathlib.Path(folder)
        self.state = self.folder / "net"

    def keten(self, *arguments, state=True):
        command = [self.program, *map(str, arguments), *(["--state", str(self.state)] if state else [])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"keten {' '.join(map(str, arguments))} ended with {done.returncode}: {done.stderr or done.stdout}")
        return done.stdout

    def said(self, *arguments):
        return json.loads(self.keten(*arguments, "-o", "json"))

    def bench(self, *arguments):
        return json.loads(self.keten("bench", "--duration", f"{SECONDS}s", *arguments, "-o", "json"))

    def agree_on_a_use(self):
        data, policy = self.folder / "data", self.folder / "policy.json"
        data.write_text("x")
        policy.write_text(json.dumps(TERMS))
        self.keten("usage", "register", DATASET, "--content", data, "--as", f"device@{PROVIDER}")
        offered = self.said("usage", "offer", DATASET, "--to", CONSUMER, "--policy", policy, "--as", f"device@{PROVIDER}")["result"]
        for who in (CONSUMER, PROVIDER, CONSUMER, PROVIDER):
            answer = self.said("usage", "accept", offered["negotiation"], "--policy", policy, "--as", f"admin@{who}")["result"]
        return answer["agreement"]

    def agree_on_rules(self):
        self.keten("keys", "add", "publisher", "--roles", "publisher", "--as", f"@{PROVIDER}")
        rules = []
        companies = [node["organisation"] for node in json.loads((self.state / "devnet.json").read_text())["nodes"]]
        for name, parameters in RULES.items():
            built, file = self.folder / name, self.folder / f"{name}.ketenpkg"
            self.keten("contract", "build", ROOT / "contracts/library" / name, "--build", built, state=False)
            self.keten("contract", "package", built / "contract.wasm", "--name", name, "--version", "1.0.0", "--publisher", PROVIDER,
                       "--rule", "on_event=10000000", "--source", ROOT / f"contracts/library/{name}/{name}.cpp", "--build", "clang",
                       "--out", file, state=False)
            self.keten("contract", "sign", file)
            self.keten("contract", "publish", file)
            for company in companies:
                if company != PROVIDER:
                    self.keten("contract", "approve", name, "--as", f"@{company}")
            package = self.said("contract", "status", name)["packages"][0]["package"]
            rules.append({"package": name, "version": "1.0.0", "hash": package, "mode": "flag", "parameters": parameters})
        document = self.folder / "agreement.json"
        document.write_text(json.dumps({
            "title": "Bench", "parties": companies, "start": "2026-01-01T00:00:00Z", "noticeDays": 0,
            "scope": {"ownEvents": True}, "rules": rules}))
        agreement = self.said("agreement", "new", document, "--as", f"@{companies[0]}")["id"]
        for company in companies[1:]:
            self.keten("agreement", "sign", agreement, "--as", f"@{company}")
        return agreement


def told(what, report, plain=None):
    committed = report["committed_tx_per_s"]
    processor = report["cpu_s_per_1000_tx"]
    line = f"{what:28} {committed:>9.1f} a second {processor:>9.3f} s of processor for 1,000"
    if plain is not None:
        rate = sum(one["committed_tx_per_s"] for one in plain) / len(plain)
        time = sum(one["cpu_s_per_1000_tx"] for one in plain) / len(plain)
        line += f"   {rate / committed:.2f} times as slow, {processor / time:.2f} times the processor"
    print(line, flush=True)


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what not in ("use", "rules"):
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the network must not stay
    build = pathlib.Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else ROOT / "build/release"
    with tempfile.TemporaryDirectory(prefix="keten-end-to-end-") as folder:
        ledger = Ledger(build, folder)
        ledger.keten("devnet", "up", "--detach", "--validators", 4)
        try:
            if what == "use":
                agreement = ledger.agree_on_a_use()
                plain = [ledger.bench("--company", CONSUMER)]
                use = ledger.bench("--company", CONSUMER, "--uses", agreement)
                plain.append(ledger.bench("--company", CONSUMER))
                names = ("plain, 512 bytes", "a use")
            else:
                plain = [ledger.bench("--events", 100)]
                agreement = ledger.agree_on_rules()
                use = ledger.bench("--events", 100)
                ledger.keten("agreement", "terminate", agreement, "--as", f"@{PROVIDER}")
                plain.append(ledger.bench("--events", 100))
                names = ("100 events", "100 events under three rules")
        finally:
            ledger.keten("devnet", "down")
    for one in plain:
        told(names[0], one)
    told(names[1], use, plain)


if __name__ == "__main__":
    main()
