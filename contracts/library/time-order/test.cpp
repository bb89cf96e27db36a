#include "../samples.hpp"  // lint: allow guests are compiled by keten, outside the tree
using namespace samples;

namespace {
std::string at(const std::string& time, const std::string& rest = "") {
  return object("OBSERVE", "storing", epcs(kWheel) + rest, time);
}
}  // namespace

KETEN_TEST(an_event_of_the_future_is_found_beyond_the_skew) {
  Chain chain;
  chain.time("2026-03-01T08:00:00Z");
  KETEN_EXPECT(chain.judge("dairy", at("2026-03-01T10:05:00+02:00")).accepted());
  const auto judged = chain.judge("dairy", at("2026-03-01T10:05:01+02:00"));
  KETEN_EQUAL(judged.codes(), "in_the_future");
  KETEN_EXPECT(judged.findings[0].message.find("301 seconds") != std::string::npos);
  chain.parameters(R"({"skewSeconds": 3600})");
  KETEN_EXPECT(chain.judge("dairy", at("2026-03-01T09:00:00Z")).accepted());
}

KETEN_TEST(a_late_record_is_found_when_that_is_agreed) {
  Chain chain;
  chain.time("2026-03-01T08:00:00Z");
  KETEN_EXPECT(chain.judge("dairy", at("1999-12-31T23:59:59Z")).accepted());
  chain.parameters(R"({"lateHours": 24})");
  KETEN_EXPECT(chain.judge("dairy", at("2026-02-28T08:00:00Z")).accepted());
  KETEN_EQUAL(chain.judge("dairy", at("2026-02-28T07:59:59Z")).codes(), "recorded_late");
}

KETEN_TEST(a_sensor_measures_before_the_event_and_forward) {
  Chain chain;
  chain.time("2026-03-01T12:00:00Z");
  const auto with = [&](const std::string& metadata) {
    return chain
        .judge("dairy",
               at("2026-03-01T08:00:00Z", R"(,"sensorElementList":[{"sensorMetadata":{)" + metadata +
                                              R"(},"sensorReport":[{"type":"Temperature","value":4,"uom":"CEL"}]}])"))
        .codes();
  };
  KETEN_EQUAL(with(R"("time":"2026-03-01T08:00:00Z")"), "");
  KETEN_EQUAL(with(R"("time":"2026-03-01T09:00:00Z")"), "sensor_after_event");
  KETEN_EQUAL(with(R"("startTime":"2026-03-01T07:00:00Z","endTime":"2026-03-01T06:00:00Z")"), "sensor_times_reversed");
}

KETEN_TEST(no_time_of_a_sensor_lies_behind_the_event) {
  Chain chain;
  chain.time("2026-03-01T12:00:00Z");
  const auto with = [&](const std::string& element) {
    return chain.judge("dairy", at("2026-03-01T08:00:00Z", ",\"sensorElementList\":[" + element + "]")).codes();
  };
  const std::string report = R"("type":"Temperature","value":4,"uom":"CEL")";
  KETEN_EQUAL(with(R"({"sensorReport":[{)" + report + R"(,"time":"2026-03-01T08:05:00Z"}]})"), "");
  KETEN_EQUAL(with(R"({"sensorReport":[{)" + report + R"(,"time":"2030-01-01T00:00:00Z"}]})"), "sensor_after_event");
  KETEN_EQUAL(with(R"({"sensorMetadata":{"startTime":"2030-01-01T00:00:00Z"},"sensorReport":[{)" + report + "}]}"),
              "sensor_after_event");
}

KETEN_TEST(parameters_that_cannot_be_read_are_found) {
  Chain chain;
  chain.time("2026-03-01T08:00:00Z");
  for (const char* parameters : {R"({"lateHours":0.5})", R"({"lateHours":2562047788015})", R"({"lateHours":"a day"})",
                                 R"({"skewSeconds":-1})", R"({"skewSeconds":922337203685477})"}) {
    chain.parameters(parameters);
    KETEN_EQUAL(chain.judge("dairy", at("1999-12-31T23:59:59Z")).codes(), "parameter_unreadable");
  }
  chain.parameters(R"({"latehours":24})");
  KETEN_EQUAL(chain.judge("dairy", at("1999-12-31T23:59:59Z")).codes(), "parameter_unknown");
}

KETEN_TEST(the_cold_chain_is_in_order) {
  Chain chain;
  KETEN_EQUAL(joined(cold_chain(chain)), "");
}

KETEN_TEST(the_longest_events_are_within_the_fuel_of_the_package) { expect_the_longest_events_within_fuel("{}"); }

KETEN_TEST(what_the_public_sample_data_shows) {
  expect_on_public_samples("{}", "events with a finding 2, sensor_after_event 3");
}
