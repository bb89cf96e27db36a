"""From nothing to a tested rule and contract, as a developer goes, and what each mistake is told."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

KETEN = os.path.abspath(os.path.join(os.environ.get("KETEN_BIN", "build/release/bin"), "keten"))

RULE = """#include <keten/contract.hpp>
%s
void on_event(const keten::Rule& rule) { %s }
KETEN_RULES("mistake", "1.0.0", on_event)
"""
TEST = """#include <keten/testkit.hpp>
KETEN_TEST(it_runs) {
  keten::testkit::Chain chain;
  for (int i = 0; i < 2; ++i) {
    chain.judge("dairy", R"({"type":"ObjectEvent","eventTime":"2026-01-02T08:00:00Z","eventTimeZoneOffset":"+00:00",
      "action":"OBSERVE","epcList":["https://id.gs1.org/01/09521001000017/21/1"]})");
  }
}
"""


def keten(*arguments, seconds="60"):
    done = subprocess.run([KETEN, "contract", *arguments], capture_output=True, text=True, timeout=300,
                          env={**os.environ, "KETEN_TEST_SECONDS": seconds})
    return done.returncode, done.stdout, done.stderr


def engine(module, *requests):
    """What the ledger's side of the test kit answers: only the virtual machine runs the module. contracts/sdk/engine.h"""
    def number(value):
        return len(value).to_bytes(4, "little")

    def frame(values):
        inside = number(values) + b"".join(number(value.encode()) + value.encode() for value in values)
        return number(inside) + inside
    done = subprocess.run([KETEN, "contract", "engine", module], input=b"".join(map(frame, requests)), capture_output=True,
                          timeout=60, check=True)
    answers, place = [], 0

    def take():
        nonlocal place
        place += 4
        return int.from_bytes(done.stdout[place - 4:place], "little")
    while place < len(done.stdout):
        take()
        values = []
        for _ in range(take()):
            size = take()
            values.append(done.stdout[place:place + size].decode())
            place += size
        answers.append(values)
    return answers


def content_of(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


class Develop(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = os.path.join(self.scratch.name, "mine")

    def tearDown(self):
        self.scratch.cleanup()

    def write(self, content, name="rule.cpp"):
        os.makedirs(self.folder, exist_ok=True)
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(content)

    def refused(self, content):
        self.write(content)
        code, _, error = keten("build", self.folder)
        self.assertEqual(code, 1, error)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "build", "contract.wasm")))
        return error

    def test_both_templates_build_and_pass_their_own_tests(self):
        for kind in ("--rule", "--contract"):
            folder = self.folder + kind
            self.assertEqual(keten("new", "mine", "--folder", folder, kind)[0], 0)
            code, out, error = keten("test", folder, "--update")
            self.assertEqual(code, 0, out + error)
            self.assertRegex(out, r"(\d) of \1 tests passed")
            self.assertRegex(content_of(folder, "fuel.txt"), r"calls \d+ min \d+ mean \d+ max \d+")
            code, out, _ = keten("check", os.path.join(folder, "build", "contract.wasm"))
            self.assertEqual(code, 0)
            self.assertIn("below all data", out)
            self.assertNotIn("wasi", out)
            schema = json.loads(content_of(folder, "build", "schema.json"))
            self.assertEqual((schema["name"], schema["version"], schema["abi"]), ("mine", "0.1.0", "keten_abi_1"))
            self.assertEqual(schema["rules"], ["on_event"] if kind == "--rule" else [])
            package = os.path.join(folder, "mine.ketenpkg")
            code, out, error = keten("package", os.path.join(folder, "build", "contract.wasm"), "--name", "mine", "--version",
                                     "0.1.0", "--publisher", "dairy", "--schema", os.path.join(folder, "build", "schema.json"),
                                     "--out", package)
            self.assertEqual(code, 0, out + error)
            self.assertIn("on_event" if kind == "--rule" else "add", keten("show", package)[1])

    def test_the_same_source_gives_the_same_module_in_another_folder(self):
        modules = []
        for place in ("one", "another-one"):
            folder = os.path.join(self.scratch.name, place)
            keten("new", "mine", "--folder", folder)
            self.assertEqual(keten("build", folder)[0], 0)
            with open(os.path.join(folder, "build", "contract.wasm"), "rb") as file:
                modules.append(file.read())
        self.assertEqual(modules[0], modules[1])

    def test_an_existing_folder_and_a_wrong_name_are_refused(self):
        self.assertEqual(keten("new", "mine", "--folder", self.folder)[0], 0)
        self.assertIn("FOLDER_EXISTS", keten("new", "mine", "--folder", self.folder)[2])
        self.assertIn("NAME_INVALID", keten("new", "My Rule", "--folder", self.folder + "2")[2])

    def test_a_file_of_the_library_is_traced_to_what_brought_it(self):
        error = self.refused(RULE % ("#include <cstdio>", 'std::printf("%d", (int)rule.time_ms());'))
        self.assertIn("fd_write", error)
        self.assertIn("keten::require", error)

    def test_a_clock_and_chance_are_refused_with_what_to_use(self):
        error = self.refused(RULE % ("#include <ctime>", 'if (std::time(nullptr) > 5) { rule.finding("late", "late"); }'))
        self.assertIn("clock_time_get", error)
        self.assertIn("rule.time_ms()", error)

    def test_floats_are_named_with_their_function(self):
        body = 'std::unordered_map<int, int> all; all[(int)rule.time_ms()] = 1; if (all.size() > 5) { rule.finding("x", "y"); }'
        error = self.refused(RULE % ("#include <unordered_map>", body))
        self.assertIn("MODULE_OUTSIDE_SUBSET", error)
        self.assertIn("keten::Map or std::map", error)
        self.assertIn("unordered_map", error)

    def test_a_double_in_a_message_does_not_compile_and_says_why(self):
        source = """#include <keten/contract.hpp>
struct Set { double celsius; KETEN_MESSAGE(Set, celsius) };
struct C { void set(keten::Tx&, const Set&) {} };
KETEN_CONTRACT(C, "c", "1.0.0", set)
"""
        self.assertIn("a message holds texts, bool, integers, keten::Decimal", self.refused(source))

    def test_more_members_than_can_be_read_do_not_compile_and_say_why(self):
        source = """#include <keten/contract.hpp>
struct Many { %s KETEN_MESSAGE(Many, %s) };
struct C { void set(keten::Tx&, const Many&) {} };
KETEN_CONTRACT(C, "c", "1.0.0", set)
"""
        def many(count):
            names = [f"m{number}" for number in range(count)]
            return source % (" ".join(f"bool {name} = false;" for name in names), ", ".join(names))
        for count in (65, 100):
            self.assertIn("members of a message: at most 64", self.refused(many(count)))
        self.write(many(64))
        self.assertEqual(keten("build", self.folder)[0], 0)

    def test_code_that_differs_between_native_and_wasm_fails_its_test(self):
        body = 'if (sizeof(long) == 8) { rule.finding("wide", "long has eight bytes"); }'
        self.write(RULE % ("", body))
        self.write(TEST, "test.cpp")
        code, out, _ = keten("test", self.folder)
        self.assertEqual(code, 1)
        self.assertIn("native code and WebAssembly do not agree", out)

    def test_a_global_that_keeps_a_value_fails_its_test(self):
        self.write(RULE % ("static int calls = 0;", 'if (++calls > 1) { rule.finding("again", "again"); }'))
        self.write(TEST, "test.cpp")
        code, out, _ = keten("test", self.folder)
        self.assertEqual(code, 1)
        self.assertIn("a global that keeps a value", out)

    def test_reading_beyond_the_end_fails_natively_where_the_module_would_read_on(self):
        body = 'std::vector<int> three(3); volatile int at = 3; if (three.data()[at] == 7) { rule.finding("x", "y"); }'
        self.write(RULE % ("", body))
        self.write(TEST, "test.cpp")
        code, out, error = keten("test", self.folder)
        self.assertEqual(code, 1)
        self.assertIn("heap-buffer-overflow", out + error)

    def test_a_stack_that_runs_over_ends_the_call_in_the_virtual_machine(self):
        # 8 KiB a level: the 64 KiB of the module end within ten levels, below all data; a native stack holds all forty.
        deep = """static int deep(int level) {
  volatile char room[8192];
  room[level] = 1;
  return level == 0 ? 0 : deep(level - 1) + room[level];
}"""
        self.write(RULE % (deep, 'if (deep(40) != 40) { rule.finding("wrong", "wrong"); }'))
        self.write(TEST, "test.cpp")
        code, out, error = keten("test", self.folder)
        self.assertEqual(code, 1)
        self.assertIn("native code and WebAssembly do not agree", out + error)
        self.assertIn("out of bounds memory access", out + error)

    def test_recursion_without_end_is_a_deterministic_trap(self):
        event = """{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",
          "schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z","epcisBody":{"eventList":[{"type":"ObjectEvent",
          "eventTime":"2026-01-02T08:00:00Z","eventTimeZoneOffset":"+00:00","action":"OBSERVE",
          "epcList":["https://id.gs1.org/01/09521001000017/21/1"]}]}}"""
        # Small frames use up the calls, large ones the stack in memory, which lies below all data and so overwrites none.
        for bytes_of_frame, trap in ((4, "call stack exhausted"), (8192, "out of bounds memory access")):
            deep = """__attribute__((noinline)) int deep(const keten::Rule& rule, int left) {
              volatile char frame[%d];
              frame[left %% %d] = static_cast<char>(left);
              const int below = left == 0 ? 0 : deep(rule, left - 1);
              return below + frame[left %% %d];
            }""" % ((bytes_of_frame,) * 3)
            self.write(RULE % (deep, 'if (deep(rule, 1000000 + (int)rule.event().count("epcList")) == 7) { rule.finding("x", "y"); }'))
            code, _, error = keten("build", self.folder)
            self.assertEqual(code, 0, error)
            module = os.path.join(self.folder, "build", "contract.wasm")
            asked = ["begin", "judge", "dairy", "on_event", event]
            answers = engine(module, asked, ["end"], asked, ["end"])
            for end in (answers[1], answers[3]):
                self.assertEqual(end[2], "CONTRACT_TRAP", end)
                self.assertIn(trap, end[3])
            self.assertEqual(answers[1], answers[3])

    def test_a_loop_without_end_ends_the_test_that_called_it(self):
        self.write(RULE % ("", "volatile int turning = 1; while (turning != 0) {} (void)rule;"))
        self.write(TEST, "test.cpp")
        code, out, error = keten("test", self.folder, seconds="1")
        self.assertEqual(code, 1, out + error)
        self.assertIn("FAILED it_runs", out + error)
        self.assertIn("has computed for 1 s (KETEN_TEST_SECONDS) and not ended", out + error)

    def test_a_failing_expectation_fails(self):
        self.write(RULE % ("", 'rule.finding("always", "always");'))
        self.write(TEST.replace("  }\n}", '  }\n  KETEN_EQUAL(1 + 1, 3);\n}'), "test.cpp")
        code, out, _ = keten("test", self.folder)
        self.assertEqual(code, 1)
        self.assertIn("expected 3", out)

    def test_an_empty_folder_and_no_tests_say_what_to_do(self):
        os.makedirs(self.folder)
        self.assertIn("keten contract new", keten("build", self.folder)[2])
        self.write(RULE % ("", ""))
        self.assertIn("NO_TESTS", keten("test", self.folder)[2])
        self.assertIn("FOLDER_MISSING", keten("build", self.folder + "-not-there")[2])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as probe:
        keten("new", "probe", "--folder", probe + "/probe")
        if "TOOLCHAIN_MISSING" in keten("build", probe + "/probe")[2]:
            print("skipped: TOOLCHAIN_MISSING; tools/setup.sh tests")
            sys.exit(0)
    unittest.main(verbosity=2)
