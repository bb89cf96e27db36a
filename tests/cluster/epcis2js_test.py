"""An EPCIS client that knows nothing of ledgers: the npm library epcis2.js captures at a node and follows its jobs. Skipped, saying so,
where there is no node or npm, or the packages cannot be had."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest
import urllib.parse

from harness import BIN, NetworkTest, keten, wait_for

CLIENT = pathlib.Path(__file__).resolve().parent / "epcis2js"
INSTALL_S = 300


def installed():
    """The folder with the client and its packages, beside the build; a reason when there is none."""
    if not shutil.which("node") or not shutil.which("npm"):
        return None, "node or npm is not installed"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    if int(version.lstrip("v").split(".")[0] or 0) < 18:
        return None, f"node {version.strip()} has no fetch; 18 or newer is needed"
    folder = BIN.parent / "epcis2js"
    lock = (CLIENT / "package-lock.json").read_bytes()
    mark = folder / "installed"
    if not mark.exists() or mark.read_bytes() != lock:
        folder.mkdir(parents=True, exist_ok=True)
        mark.unlink(missing_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(CLIENT / name, folder / name)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S, check=False)
        except subprocess.TimeoutExpired:
            return None, f"npm ci did not end within {INSTALL_S} s"
        if result.returncode != 0:
            return None, "npm ci failed: " + (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        mark.write_bytes(lock)
    shutil.copy(CLIENT / "drive.cjs", folder / "drive.cjs")
    return folder, None


class Epcis2JsTest(NetworkTest):
    @classmethod
    def setUpClass(cls):
        cls.client, reason = installed()
        if cls.client is None:
            raise unittest.SkipTest("epcis2.js: " + reason)
        super().setUpClass()

    def drive(self, node):
        run = str(int.from_bytes(os.urandom(3), "big"))
        result = subprocess.run(["node", "drive.cjs", f"http://{node.http}/epcis/v2/", node.token, run], cwd=self.client,
                                capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def stored(self, node, event_id):
        answer = node.ask("GET", "/epcis/v2/events/" + urllib.parse.quote(event_id, safe=""),
                          headers={"GS1-EPC-Format": "Never_Translates"})
        self.assertEqual(answer.status, 200, answer)
        return answer.json["epcisBody"]["queryResults"]["resultsBody"]["eventList"][0]

    def test_it_captures_all_kinds_of_events_and_they_come_back_as_they_were(self):
        node = self.nodes[0]
        seen = self.drive(node)
        whole = seen["whole"]
        self.assertEqual((whole["status"], whole["running"], whole["success"], whole["errors"]), (202, False, True, []), whole)
        self.assertTrue(whole["location"].startswith("/epcis/v2/capture/"), whole["location"])
        self.assertEqual({event["type"] for event in whole["events"]},
                         {f"{kind}Event" for kind in ("Object", "Transformation", "Aggregation", "Transaction", "Association")})
        for other in (node, self.nodes[2]):
            for event in whole["events"]:
                wait_for("the event is known", lambda event=event, other=other: other.has_event(event["eventID"]))
                found = self.stored(other, event["eventID"])
                self.assertEqual({name: found.get(name) for name in event}, event)
        bag = next(event for event in whole["events"] if event["type"] == "TransformationEvent")["outputEPCList"][0]
        traced = keten("trace", bag, "--up", "--state", self.network.state).stdout
        self.assertIn("creating_class_instance", traced)

        again = seen["again"]
        self.assertEqual((again["status"], again["success"], again["errors"]), (202, True, []), "the same again changes nothing")
        other = seen["other"]
        self.assertEqual((other["status"], other["running"], other["success"]), (202, False, False), other)
        self.assertEqual(other["errors"][0]["reason"], "EVENT_ID_CONFLICT", other)
        self.assertEqual(seen["invalid"]["status"], 400)
        self.assertEqual(seen["invalid"]["body"]["type"], "epcisException:ValidationException")
        self.assertEqual(seen["invalid"]["body"]["errors"][0]["pointer"], "/epcisBody/eventList/0/action")
        self.assertEqual((seen["nobody"]["status"], seen["nobody"]["body"]["type"]), (401, "epcisException:SecurityException"))


if __name__ == "__main__":
    unittest.main()
