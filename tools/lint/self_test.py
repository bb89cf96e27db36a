#!/usr/bin/env python3
"""Every rule can fail: each test breaks one rule in a small tree and expects exactly that finding."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import bugs
import hardening
import layers
import purity
import tidy
import tree

HERE = os.path.dirname(os.path.abspath(__file__))


class SmallTree(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, name, text):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)

    def expect(self, findings, *words):
        """One finding for each word, in order."""
        self.assertEqual(len(findings), len(words), findings)
        for finding, word in zip(findings, words):
            self.assertIn(word, finding)


class Layers(SmallTree):
    def setUp(self):
        super().setUp()
        with open(os.path.join(HERE, "layers.txt"), encoding="utf-8") as file:
            self.table = layers.read_table(file.read())
        for name in ("core/bytes.h", "core/proof/proof.h", "consensus/engine.h", "contracts/execute.h", "contracts/contract.h",
                     "contracts/vm/vm.h", "node/mempool/mempool.h", "node/api/api.h"):
            self.write(name, "#pragma once\n")

    def check(self, name, text, *words):
        self.write(name, text)
        self.expect(layers.check(self.root, self.table), *words)

    def test_the_tree_as_designed_passes(self):
        self.check("contracts/vm/run.cpp", '#include "contracts/vm/vm.h"\n#include <map>\n#include "core/bytes.h"\n')

    def test_a_lower_layer_may_not_include_a_higher_one(self):
        self.check("core/x.cpp", '\n#include "node/mempool/mempool.h"\n', "core/x.cpp:2: ")

    def test_consensus_and_contracts_never_see_each_other(self):
        self.check("consensus/x.cpp", '#include "contracts/execute.h"\n', "is not for consensus")
        self.check("consensus/x.cpp", '#include "core/bytes.h"\n')
        self.check("contracts/x.cpp", '#include "consensus/engine.h"\n', "is not for contracts")

    def test_a_folder_is_not_its_sub_folder(self):
        self.check("core/x.cpp", '#include "core/proof/proof.h"\n', "is not for core")

    def test_one_header_may_be_opened(self):
        self.check("contracts/governance/x.h", '#include "contracts/contract.h"\n')
        self.check("contracts/governance/x.h", '#include "contracts/execute.h"\n', "is not for contracts/governance")

    def test_an_include_that_is_no_file_is_found(self):
        self.check("core/x.cpp", '#include "bytes.h"\n', "start at the repository root")

    def test_a_new_top_folder_needs_a_line(self):
        self.check("util/x.h", "#pragma once\n", "no line")

    def test_heavy_headers_stay_inside_their_folder(self):
        self.check("node/rocksdb/x.cpp", "#include <rocksdb/db.h>\n")
        for header in ("rocksdb/db.h", "grpcpp/grpcpp.h", "boost/asio.hpp", "boost/beast/http.hpp", "CLI/CLI.hpp", "spdlog/spdlog.h"):
            self.write("node/daemon/x.cpp", "")
            self.check("node/rocksdb/inside.h", f"#include <{header}>\n")
            self.write("node/daemon/x.cpp", '#include "node/rocksdb/inside.h"\n')
            self.check("node/rocksdb/inside.h", f"#include <{header}>\n", "other folders")
            self.write("node/daemon/x.cpp", '#include "node/rocksdb/outside.h"\n')
            self.check("node/rocksdb/outside.h", '#include "node/rocksdb/inside.h"\n', "node/rocksdb/inside.h:1")

    def test_rocksdb_has_one_home(self):
        self.check("node/api/x.cpp", "#include <rocksdb/db.h>\n", "only")

    def test_generated_code_goes_where_the_table_says(self):
        self.check("core/x.cpp", '#include "keten/v1/transaction.pb.h"\n')
        self.check("core/x.cpp", '#include "keten/v1/ledger.grpc.pb.h"\n', "service stubs")
        self.check("core/x.cpp", "")
        self.check("core/x.h", '#include "keten/v1/transaction.pb.h"\n', "in a header")
        self.check("core/x.h", "")
        self.check("consensus/x.cpp", '#include "keten/v1/transaction.pb.h"\n', "generated messages")

    def test_an_exception_with_a_reason_passes(self):
        self.check("core/x.cpp", '#include "node/api/api.h"  // lint: allow shows the rule\n')


class Purity(SmallTree):
    def symbols(self, text, *words, allowed=()):
        self.write("x.cpp", text)
        at = lambda name: os.path.join(self.root, name)
        subprocess.run(["c++", "-std=c++20", "-O1", "-c", at("x.cpp"), "-o", at("x.o")], check=True)
        if os.path.exists(at("x.a")):
            os.remove(at("x.a"))
        subprocess.run(["ar", "rcs", at("x.a"), at("x.o")], check=True)
        self.expect(purity.check_archive("x", at("x.a"), list(allowed)), *words)

    def test_computing_passes(self):
        self.symbols("#include <string>\nstd::string f(int n) { return std::string(n, 'x'); }\n")

    def test_each_kind_of_symbol_is_refused(self):
        for text, word in (
            ("#include <chrono>\nlong f() { return std::chrono::steady_clock::now().time_since_epoch().count(); }\n", "(clock)"),
            ("#include <unistd.h>\nvoid f() { usleep(1); }\n", "(sleep)"),
            ("#include <pthread.h>\nvoid f(pthread_mutex_t* m) { pthread_mutex_lock(m); }\n", "(thread)"),
            ("#include <sys/socket.h>\nint f() { return socket(1, 1, 0); }\n", "(socket)"),
            ("#include <fcntl.h>\nint f() { return open(\"x\", 0); }\n", "(file)"),
            ("#include <cstdio>\nvoid f() { puts(\"x\"); }\n", "(output)"),
            ("#include <cstdlib>\nint f() { return rand(); }\n", "(random source)"),
            ("extern \"C\" void randombytes_buf(void*, unsigned long);\nvoid f(void* p) { randombytes_buf(p, 1); }\n", "(random source)"),
            ("extern \"C\" int sodium_init();\nint f() { return sodium_init(); }\n", "(random source)"),
            ("#include <cstdlib>\nchar* f() { return getenv(\"X\"); }\n", "(environment)"),
        ):
            with self.subTest(word):
                self.symbols(text, word)

    def test_the_allow_list_opens_one_symbol_of_one_archive(self):
        text = "#include <cstdlib>\nint f() { return rand(); }\n"
        self.symbols(text, allowed=purity.read_allowed("x rand a reason\n"))
        self.symbols(text, "(random source)", allowed=purity.read_allowed("y rand a reason\n"))
        with self.assertRaises(ValueError):
            purity.read_allowed("x rand\n")

    def source(self, text, *words):
        self.write("core/x.cpp", text)
        self.write("node/x.cpp", text)
        self.expect(purity.check_sources(self.root, ["core"]), *words)

    def test_floating_point_threads_and_their_state_are_refused(self):
        self.source("int a;\ndouble b;\n", "core/x.cpp:2: 'double'")
        self.source("float b;\n", "'float'")
        self.source("#include <thread>\n", "<thread>")
        self.source("thread_local int x;\n", "'thread_local'")

    def test_an_unordered_container_may_be_asked_but_not_walked(self):
        self.write("core/x.h", "#include <unordered_map>\nstd::unordered_map<int, std::map<int, int>> m_;\n")
        self.source("int a = m_.at(1);\nfor (auto& x : ordered_) {}\n")
        self.source("for (auto& [k, v] : m_) {}\n", "the order of an unordered container")
        self.source("for (auto& [k, v] : state.m_) {}\n", "the order of an unordered container")
        self.source("f(m_.begin(), m_.end());\n", "the order of an unordered container")

    def test_words_in_comments_and_strings_are_not_code(self):
        self.source('// a double\n/* float\n float */ int a = 1\'000; // float\nauto s = "double"; auto r = R"(float)";\n')

    def test_an_exception_needs_a_reason(self):
        self.source("double b;  // lint: allow printed only\n")
        self.source("double b;  // lint: allow\n", "'double'")


class Tidy(SmallTree):
    def check(self, name, text, *words):
        self.write(name, text)
        self.expect(tidy.check_file(self.root, name), *words)

    def test_a_clean_file_passes(self):
        self.check("x.cpp", "int a;\n\nint b;  // TODO(core): say why\n")

    def test_each_rule_can_fail(self):
        self.check("x.cpp", "\tint a;\n", "x.cpp:1: a tab")
        self.check("x.cpp", "int a; \n", "space at the end")
        self.check("x.cpp", "int a;", "does not end with a newline")
        self.check("x.cpp", "int a;\n\n", "empty line at the end")
        self.check("x.cpp", "//" + "x" * 139 + "\n", "141 characters")
        self.check("x.cpp", 'auto a = "/ho' + 'me/someone/x";\n', "path of one machine")
        self.check("x.cpp", "// TO" + "DO\n", "to-do")
        self.check("x.cpp", "// TO" + "DO fix\n", "to-do")
        self.check("x", "#!/usr/bin/env bash\nif true\n", "bash -n")

    def test_scripts_without_an_ending_are_text_and_other_files_are_not(self):
        self.write("check", "#!/usr/bin/env bash\n")
        self.write("data.bin", "#!")
        self.assertTrue(tidy.is_text(self.root, "check"))
        self.assertFalse(tidy.is_text(self.root, "data.bin"))

    def test_a_built_folder_explains_itself_in_one_screen(self):
        self.write("core/CMakeLists.txt", "\n")
        self.expect(tidy.check_readmes(self.root, tree.files(self.root))[0], "core: no README.md")
        self.write("core/README.md", "x\n" * 31)
        missing, long = tidy.check_readmes(self.root, tree.files(self.root))
        self.expect(missing)
        self.expect(long, "31 lines")
        self.write("core/README.md", "x\n" * 30)
        self.assertEqual(tidy.check_readmes(self.root, tree.files(self.root)), ([], []))


class Format(SmallTree):
    def test_code_that_clang_format_would_change_is_refused(self):
        if not (shutil.which("clang-format-14") or shutil.which("clang-format")):
            self.skipTest("clang-format-14 is not installed")
        self.write(".clang-format", "BasedOnStyle: Google\n")
        run = lambda *how: subprocess.run([sys.executable, "-B", os.path.join(HERE, "format.py"), "--root", self.root, *how],
                                          capture_output=True, text=True)
        self.write("core/x.cpp", "int  a;\n")
        self.assertIn("core/x.cpp:1", run().stderr)
        self.assertEqual(run("node").returncode, 0)
        self.assertEqual(run("--fix", "core").returncode, 0)
        self.assertEqual(run().returncode, 0)


class Hardening(unittest.TestCase):
    GOOD = ("  Type:      DYN (Position-Independent Executable file)\n  GNU_RELRO 0x0 R 0x1\n  GNU_STACK 0x0 0x0 0x0 0x0 0x0 RW  0x1\n"
            " (FLAGS) BIND_NOW\n (FLAGS_1) Flags: NOW PIE\n")

    def test_each_protection_is_missed(self):
        self.assertEqual(hardening.check("p", self.GOOD), [])
        for old, new, word in (("Type:      DYN", "Type: EXEC", "not position independent"), ("GNU_RELRO", "", "read-only"),
                               ("BIND_NOW", "", "lazily"), ("NOW PIE", "NOW", "not a position-independent executable"),
                               ("RW  0x1", "RWE 0x1", "executable stack"), ("GNU_STACK", "", "executable stack")):
            findings = hardening.check("p", self.GOOD.replace(old, new))
            self.assertEqual(len(findings), 1, (word, findings))
            self.assertIn(word, findings[0])


class Bugs(SmallTree):
    def check(self, last_row, *words):
        rows = [f"| {number} | a | b | `scenario one` |\n" for number in range(1, bugs.COUNT)]
        mentions = ", ".join(str(number) for number in range(1, bugs.COUNT - 1)) + f" and {bugs.COUNT - 1}"
        self.write("tests/scenarios/one.txt", f"# (bugs {mentions})\n")
        self.write("tests/x_test.cpp", f"// Bug {bugs.COUNT}.\nBOOST_AUTO_TEST_CASE(it_holds) {{}}\nBOOST_AUTO_TEST_CASE(other) {{}}\n")
        self.write(bugs.PAGE, "".join(rows) + last_row + "\n")
        self.expect(bugs.check(self.root), *words)

    def test_every_bug_has_a_test_that_says_its_number_or_a_reason(self):
        self.check("| 48 | a | b | `test it_holds` |")
        self.check("| 48 | a | b | Cannot exist here: no locks. |")
        self.check("| 48 | a | b | soon |", "bug 48 names no test")
        self.check("| 48 | a | b | `test it_held` |", "there is no test it_held")
        self.check("| 48 | a | b | `test other` |", "test other does not say 'bug 48'")
        self.check("| 48 | a | b | `scenario one` |", "scenario one does not say 'bug 48'")
        self.check("| 48 | a | b | `tset it_holds` |", "'tset' is no kind of test")

    def test_numbers_are_complete_and_in_order(self):
        self.check("", "47 bugs, expected 48")
        self.check("| 49 | a | b | Cannot exist here: x |", "bug 49 stands where 48 is expected")


if __name__ == "__main__":
    unittest.main()
