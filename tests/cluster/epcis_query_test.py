"""The EPCIS 2.0 query interface of running nodes, as a client sees it that knows nothing of ledgers."""

import unittest
import urllib.parse

from harness import NetworkTest, event_document, new_event, wait_for

AS_CAPTURED = {"GS1-EPC-Format": "Never_Translates"}
NAMESPACE = "https://example.com/query-test/"


def encoded(value):
    return urllib.parse.quote(value, safe="")


def target(path, **parameters):
    query = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in parameters.items())
    return "/epcis/v2" + path + ("?" + query if query else "")


def events_of(answer):
    return answer.json["epcisBody"]["queryResults"]["resultsBody"]["eventList"]


def next_of(answer):
    link = answer.headers.get("link", "")
    return link[1:link.index(">")] if link else None


class EpcisQueryTest(NetworkTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.events = [
            new_event(eventTime=f"2026-03-{day:02}T08:00:00.000Z", bizStep="storing", disposition="active",
                      epcList=[f"urn:epc:id:sgtin:9521001.000001.Q{day}"],
                      readPoint={"id": "urn:epc:id:sgln:9521001.00000.0"}, **{"ext:day": day})
            for day in range(1, 13)]
        document = event_document(*cls.events)
        document["@context"] = document["@context"] + [{"ext": NAMESPACE}]
        node = cls.nodes[0]
        answer = node.capture(document)
        assert answer.status == 202, str(answer)
        wait_for("the events are executed", lambda: node.has_event(cls.events[-1]["eventID"]))

    def ask(self, path, headers=None, **parameters):
        answer = self.nodes[0].ask("GET", target(path, **parameters), headers=headers)
        self.assertEqual(answer.status, 200, str(answer))
        return answer

    def ids(self, path, **parameters):
        return [event["eventID"] for event in events_of(self.ask(path, **parameters))]

    def days(self, *days):
        return [self.events[day - 1]["eventID"] for day in days]

    def test_events_come_back_as_captured_or_in_the_wanted_spelling(self):
        epc = self.events[2]["epcList"][0]
        plain = events_of(self.ask("/events", AS_CAPTURED, MATCH_epc=epc))[0]
        record_time = plain.pop("recordTime")
        self.assertEqual(plain, self.events[2])
        self.assertTrue(record_time.endswith("Z"))
        link = "https://id.gs1.org/01/09521001000017/21/Q3"
        self.assertEqual(events_of(self.ask("/events", MATCH_epc=link))[0]["epcList"], [link])
        urns = self.ask("/events", {"GS1-EPC-Format": "Always_EPC_URN"}, MATCH_epc=link)
        self.assertEqual(events_of(urns)[0]["epcList"], [epc])
        self.assertEqual(urns.headers["gs1-epc-format"], "Always_EPC_URN")

    def test_pages_lead_to_each_other_in_both_orders(self):
        for direction, days in (("ASC", range(1, 13)), ("DESC", range(12, 0, -1))):
            seen = []
            answer = self.ask("/events", EQ_bizStep="storing", orderBy="eventTime", orderDirection=direction, perPage="5")
            while True:
                seen += [event["eventID"] for event in events_of(answer)]
                following = next_of(answer)
                if not following:
                    break
                self.assertIn("gs1-next-page-token-expires", answer.headers)
                forged = following[:-1] + ("0" if following[-1] != "0" else "1")
                self.assertEqual(self.nodes[0].ask("GET", forged).reason, "PAGE_TOKEN")
                self.assertEqual(self.nodes[1].ask("GET", following).status, 400, "a token holds on its own node")
                answer = self.nodes[0].ask("GET", following)
            self.assertEqual(seen, self.days(*days))

    def test_extensions_are_asked_for_by_prefix_namespace_or_name(self):
        self.assertEqual(self.ids("/events", **{"GE_ext:day": "11"}), self.days(12, 11))
        self.assertEqual(self.ids("/events", **{"EQ_" + NAMESPACE + "day": "4"}), self.days(4))
        declared = self.ask("/events", {"GS1-Extensions": f"mine={NAMESPACE}"}, **{"EQ_mine:day": "4"})
        self.assertEqual([event["eventID"] for event in events_of(declared)], self.days(4))

    def test_resources_list_their_values_and_lead_to_events(self):
        root = self.ask("").json["member"]
        for name, value, spelling in (("bizSteps", "storing", "https://ref.gs1.org/cbv/BizStep-storing"),
                                      ("dispositions", "active", "urn:epcglobal:cbv:disp:active"),
                                      ("readPoints", "https://id.gs1.org/414/9521001000000", "urn:epc:id:sgln:9521001.00000.0"),
                                      ("eventTypes", "ObjectEvent", "ObjectEvent")):
            self.assertIn(name, root)
            self.assertIn(value, self.ask("/" + name, perPage="1000").json["member"])
            self.assertEqual(self.ask(f"/{name}/{encoded(spelling)}").json["member"], ["events"])
            found = self.ids(f"/{name}/{encoded(spelling)}/events", **{"EQ_ext:day": "7"})
            self.assertEqual(found, self.days(7), name)
            self.assertEqual(self.nodes[0].ask("GET", f"/epcis/v2/{name}/nowhere/events").json["type"],
                             "epcisException:NoSuchNameException")
        epc = encoded("https://id.gs1.org/01/09521001000017/21/Q5")
        self.assertEqual(self.ids(f"/epcs/{epc}/events"), self.days(5))

    def test_a_named_query_outlives_its_node(self):
        node = self.nodes[0]
        query = {"name": "late storage", "query": {"EQ_bizStep": ["storing"], "GE_eventTime": "2026-03-11T00:00:00Z"}}
        created = node.ask("POST", "/epcis/v2/queries", query)
        self.assertEqual(created.status, 201, str(created))
        path = created.headers["location"]
        self.assertEqual(node.ask("POST", "/epcis/v2/queries", query).status, 409)
        node.kill()
        node.start()
        wait_for("the node answers", lambda: node.has_event(self.events[-1]["eventID"]))
        self.assertEqual(node.ask("GET", path).json, query)
        self.assertEqual([event["eventID"] for event in events_of(node.ask("GET", path + "/events"))], self.days(12, 11))
        self.assertEqual(node.ask("DELETE", path).status, 204)
        self.assertEqual(node.ask("GET", path).status, 404)
        wrong = node.ask("POST", "/epcis/v2/queries", {"name": "x", "query": {"EQ_colour": ["red"]}})
        self.assertEqual(wrong.json["type"], "epcisException:QueryValidationException")

    def test_what_is_not_there_is_refused_by_its_name(self):
        for path, exception in (("?EQ_colour=red", "QueryParameterException"), ("?maxEventCount=1", "QueryTooLargeException"),
                                ("?eventCountLimit=1", "QueryParameterException")):
            answer = self.nodes[0].ask("GET", "/epcis/v2/events" + path)
            self.assertEqual(answer.json["type"], "epcisException:" + exception, str(answer))
        xml = self.nodes[0].ask("GET", "/epcis/v2/events", headers={"Accept": "application/xml"})
        self.assertEqual((xml.status, xml.json["type"]), (406, "epcisException:NotAcceptableException"))


if __name__ == "__main__":
    unittest.main()
