"""What an EPCIS client sees of capturing: jobs, both error behaviours, profiles, hashes, and all of it after a restart."""

import json
import unittest
import urllib.parse

from harness import CONTEXT, NetworkTest, event_document, keten, new_event, wait_for

PROCEED = {"GS1-Capture-Error-Behaviour": "proceed"}


class CaptureTest(NetworkTest):
    def setUp(self):
        super().setUp()
        self.node = self.nodes[0]

    def job_of(self, answer, node=None):
        """The finished job of a capture."""
        self.assertEqual(answer.status, 202, answer)
        location = answer.headers["location"]

        def finished():
            job = (node or self.node).ask("GET", location)
            return job.json if job.status == 200 and not job.json["running"] else None
        return wait_for("the job has ended", finished)

    def recorded(self, **changes):
        event = new_event(**changes)
        job = self.job_of(self.node.capture(event_document(event)))
        self.assertTrue(job["success"], job)
        return event

    def test_rollback_stores_all_or_none(self):
        known = self.recorded()
        fresh = new_event()
        answer = self.node.capture(event_document(fresh, known | {"eventTime": "2026-01-03T00:00:00Z"}))
        job = self.job_of(answer)
        self.assertEqual((job["success"], job["captureErrorBehaviour"]), (False, "rollback"), job)
        self.assertEqual(job["errors"][0]["reason"], "EVENT_ID_CONFLICT")
        self.assertEqual([event["stored"] for event in job["events"]], [False, False])
        self.assertFalse(self.node.has_event(fresh["eventID"]))

    def test_proceed_stores_what_can_be_stored_and_points_to_the_rest(self):
        known = self.recorded()
        first, last = new_event(), new_event()
        other = known | {"eventTime": "2026-01-03T00:00:00Z"}
        job = self.job_of(self.node.capture(event_document(first, other, known, last), headers=PROCEED))
        self.assertEqual((job["success"], job["captureErrorBehaviour"]), (False, "proceed"), job)
        self.assertEqual([event["stored"] for event in job["events"]], [True, False, True, True])
        self.assertEqual([event.get("eventID") for event in job["events"]],
                         [first["eventID"], None, known["eventID"], last["eventID"]])
        self.assertEqual(len(job["errors"]), 1)
        self.assertEqual(job["errors"][0]["errors"][0]["pointer"], "/epcisBody/eventList/1")
        for event in (first, last):
            self.assertTrue(self.node.has_event(event["eventID"]))

    def test_a_query_document_is_captured(self):
        event = new_event()
        document = event_document(event)
        results = {"queryName": "SimpleEventQuery", "resultsBody": document["epcisBody"]}
        job = self.job_of(self.node.capture(document | {"type": "EPCISQueryDocument", "epcisBody": {"queryResults": results}}))
        self.assertTrue(job["success"], job)
        self.assertEqual(job["events"][0]["pointer"], "/epcisBody/queryResults/resultsBody/eventList/0")

    def test_an_event_is_created_once_and_another_under_its_id_refused(self):
        event = CONTEXT | new_event()
        created = self.node.ask("POST", "/epcis/v2/events", event)
        self.assertEqual(created.status, 201, created)
        self.assertEqual(created.json, event)
        self.assertEqual(created.headers["location"], "/epcis/v2/events/" + urllib.parse.quote(event["eventID"], safe=""))
        again = self.node.ask("POST", "/epcis/v2/events", event)
        self.assertEqual((again.status, again.reason), (409, "EVENT_EXISTS"), again)
        other = self.node.ask("POST", "/epcis/v2/events", event | {"eventTime": "2026-01-03T00:00:00Z"})
        self.assertEqual((other.status, other.reason), (409, "EVENT_ID_CONFLICT"), other)
        # Another company has ids of its own.
        theirs = self.nodes[1].ask("POST", "/epcis/v2/events", event | {"eventTime": "2026-01-03T00:00:00Z"})
        self.assertEqual(theirs.status, 201, theirs)

    def test_an_event_without_id_is_given_one(self):
        event = {name: value for name, value in (CONTEXT | new_event()).items() if name != "eventID"}
        created = self.node.ask("POST", "/epcis/v2/events", event)
        self.assertEqual(created.status, 201, created)
        self.assertTrue(created.json["eventID"].startswith("urn:uuid:"), created)
        self.assertTrue(self.node.has_event(created.json["eventID"]))

    def test_an_id_that_is_another_hash_is_a_fact_and_no_reason_to_refuse(self):
        wrong = "ni:///sha-256;" + "0" * 64 + "?ver=CBV2.0"
        event = new_event(eventID=wrong)
        job = self.job_of(self.node.capture(event_document(event)))
        self.assertTrue(job["success"], job)
        self.assertIs(job["events"][0]["hashMatchesEventID"], False)
        right = job["events"][0]["hash"]
        job = self.job_of(self.node.capture(event_document(event | {"eventID": right})))
        self.assertIs(job["events"][0]["hashMatchesEventID"], True)

    def test_documents_of_the_load_generator_are_recorded_by_all(self):
        run = keten("bench", "--state", self.network.state, "--events", 20, "--duration", "2s", "-o", "json")
        report = json.loads(run.stdout)
        self.assertEqual((report["failures"], report["events_per_transaction"]), (0, 20), report["failures_by_reason"])
        self.assertGreater(report["committed_events_per_s"], 100)
        self.assertGreater(report["stage_us_per_event"]["execute"], 0)
        wait_for("all have executed the same", self.network.agrees)
        latest = "/epcis/v2/events?perPage=1&EQ_bizStep=shipping&GE_eventTime=2026-01-02T03:04:05Z&LT_eventTime=2026-01-02T04:00:00Z"
        for node in self.nodes:
            found = node.ask("GET", latest)
            self.assertEqual(found.status, 200, found)
            self.assertEqual(len(found.json["epcisBody"]["queryResults"]["resultsBody"]["eventList"]), 1, node.name)

    def test_every_node_knows_the_job_and_the_list_survives_a_restart(self):
        answer = self.node.capture(event_document(new_event()), headers=PROCEED)
        job = self.job_of(answer)
        seen = self.job_of(answer, self.nodes[1])
        for name in ("captureErrorBehaviour", "captureProfile", "events", "height", "success"):
            self.assertEqual(seen[name], job[name])
        listed = self.node.ask("GET", "/epcis/v2/capture?perPage=1").json
        self.assertEqual(listed[0]["captureID"], job["captureID"])
        self.node.kill()
        self.node.start()
        wait_for("the node is ready", self.node.is_ready)
        listed = self.node.ask("GET", "/epcis/v2/capture?perPage=1").json
        self.assertEqual((listed[0]["captureID"], listed[0]["createdAt"], listed[0]["captureErrorBehaviour"]),
                         (job["captureID"], job["createdAt"], "proceed"))

    def test_the_profile_is_announced_and_the_operator_changes_it(self):
        urn = new_event(bizStep="urn:epcglobal:cbv:bizstep:shipping", colour="red")
        refused = self.node.capture(event_document(urn))
        self.assertEqual((refused.status, refused.headers["keten-capture-profile"]), (400, "strict"), refused)
        node = self.nodes[2]
        config = node.home / "ketend.toml"
        text = config.read_text()
        self.assertIn('capture_profile = "strict"', text)
        node.kill()
        config.write_text(text.replace('capture_profile = "strict"', 'capture_profile = "lenient"'))
        node.start()
        wait_for("the node is ready", node.is_ready)
        self.assertEqual(node.ask("GET", "/version").json["captureProfile"], "lenient")
        readpoint = {"id": "https://id.gs1.org/414/4012345000110"}
        urn = urn | {"readPoint": readpoint}
        answer = node.capture(event_document(urn))
        self.assertEqual(answer.headers["keten-capture-profile"], "lenient", answer)
        job = self.job_of(answer, node)
        self.assertTrue(job["success"], job)
        self.assertEqual(job["captureProfile"], "lenient")
        self.assertEqual(job["warnings"][0]["pointer"], "/epcisBody/eventList/0/readPoint/id")
        # All validators judged alike, and the event comes back as it was sent.
        target = "/epcis/v2/events/" + urllib.parse.quote(urn["eventID"], safe="")
        for reader in self.nodes:
            def read(reader=reader):
                found = reader.ask("GET", target, headers={"GS1-EPC-Format": "Never_Translates"})
                return found if found.status == 200 else None
            event = wait_for("the event is known", read).json["epcisBody"]["queryResults"]["resultsBody"]["eventList"][0]
            self.assertEqual({name: event[name] for name in urn}, urn, json.dumps(event))


if __name__ == "__main__":
    unittest.main()
