#include "contracts/packages/package_file.h"

#include <boost/test/unit_test.hpp>

#include "contracts/packages/limits.h"
#include "tests/unit/packages/sample_package.h"

namespace keten::packages {
namespace {

std::string reason(ByteView file) {
  const auto package = Package::decode(file);
  return package ? "ok" : package.error().reason;
}
std::string message(ByteView file) {
  const auto package = Package::decode(file);
  return package ? "ok" : package.error().message;
}
bool says(ByteView file, std::string_view part) { return message(file).find(part) != std::string::npos; }

/// Where a file's header begins.
std::size_t place_of(const Bytes& file, std::string_view name) { return std::string_view(as_text(file)).find(name); }

BOOST_AUTO_TEST_SUITE(package_file)

BOOST_AUTO_TEST_CASE(a_package_reads_back_as_it_was_written) {
  auto package = test::make({.rules = {{"on_event", 5000}}, .migration = Entry{"migrate", 7}});
  package.sign("company1", sample::key_pair("company1/admin"));
  const auto file = package.encode();
  const auto read = Package::decode(file);
  BOOST_REQUIRE_MESSAGE(read.ok(), message(file));
  BOOST_TEST((read->manifest == package.manifest));
  BOOST_TEST((read->module == package.module));
  BOOST_TEST((read->signatures == package.signatures));
  BOOST_TEST(read->signatures.size() == 2U);
  BOOST_TEST((read->encode() == file));
  BOOST_TEST(package_file_name(read->manifest) == "counter-1.0.0.ketenpkg");
}

BOOST_AUTO_TEST_CASE(no_byte_of_a_package_can_be_changed) {
  const auto file = test::make().encode();
  for (std::size_t at = 0; at < file.size(); ++at) {
    auto changed = file;
    changed[at] ^= 0x01;
    if (Package::decode(changed)) { BOOST_TEST_ERROR("byte " + std::to_string(at) + " can be changed"); }
  }
}

BOOST_AUTO_TEST_CASE(no_package_can_be_cut_or_made_longer) {
  const auto file = test::make().encode();
  for (std::size_t length = 0; length < file.size(); length += 64) {
    if (Package::decode(ByteView(file).first(length))) {
      BOOST_TEST_ERROR("cut to " + std::to_string(length) + " bytes it is a package");
    }
  }
  auto longer = file;
  longer.push_back(0);
  BOOST_TEST(reason(longer) == "PACKAGE_MALFORMED");
  BOOST_TEST(says(longer, "two blocks of 512 zero bytes behind its last file, and nothing else"));
}

BOOST_AUTO_TEST_CASE(a_changed_module_is_named_with_both_hashes) {
  auto package = test::make();
  package.module.back() ^= 1;
  BOOST_TEST(reason(package.encode()) == "PACKAGE_HASH_MISMATCH");
  BOOST_TEST(says(package.encode(), "contract.wasm"));
  BOOST_TEST(says(package.encode(), package.manifest.module.hex()));
}

BOOST_AUTO_TEST_CASE(files_come_in_the_order_of_their_names) {
  const auto file = test::make().encode();
  const auto module = place_of(file, "contract.wasm");
  Bytes swapped(file.begin() + static_cast<std::ptrdiff_t>(module), file.end() - 1024);
  swapped.insert(swapped.end(), file.begin(), file.begin() + static_cast<std::ptrdiff_t>(module));
  swapped.resize(swapped.size() + 1024);
  BOOST_TEST(reason(swapped) == "PACKAGE_MALFORMED");
  BOOST_TEST(says(swapped, "files come once, in the order of their names"));
}

BOOST_AUTO_TEST_CASE(a_package_holds_no_other_files) {
  const auto file = test::make().encode();
  const auto first = Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(place_of(file, "contract.wasm")));
  Bytes without(file.begin() + static_cast<std::ptrdiff_t>(first.size()), file.end());
  BOOST_TEST(says(without, "has no file README.md"));
}

BOOST_AUTO_TEST_CASE(a_signature_of_another_package_is_none) {
  auto package = test::make();
  auto other = test::make({.version = {1, 0, 1}});
  package.signatures = other.signatures;
  BOOST_TEST(reason(package.encode()) == "PACKAGE_SIGNATURE");
}

BOOST_AUTO_TEST_CASE(a_part_over_its_limit_is_named) {
  auto package = test::make();
  package.readme.resize(limits::kReadmeBytesMax + 1, 'a');
  package.manifest.readme = file_hash(package.readme);
  BOOST_TEST(reason(package.encode()) == "PACKAGE_TOO_LARGE");
  package.readme.pop_back();
  package.manifest.readme = file_hash(package.readme);
  package.signatures.clear();
  package.sign("company0", sample::key_pair("company0/publisher"));
  BOOST_TEST(reason(package.encode()) == "ok");
}

BOOST_AUTO_TEST_CASE(a_signature_of_an_organisation_with_the_longest_name_fits_the_header) {
  auto package = test::make();
  package.sign(std::string(64, 'o'), sample::key_pair("someone"));
  BOOST_TEST(reason(package.encode()) == "ok");
}

BOOST_AUTO_TEST_CASE(versions_have_one_spelling_and_one_order) {
  BOOST_TEST((Version::parse("1.10.0").value() > Version::parse("1.9.999999").value()));
  for (const auto* text : {"", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.0-rc1", "1..0", "1.0.", " 1.0.0", "1.0.1000000",
                           "-1.0.0", "99999999999.0.0"}) {
    BOOST_TEST(!Version::parse(text).ok(), text);
  }
}

BOOST_AUTO_TEST_CASE(a_manifest_takes_no_unknown_member_and_no_other_spelling) {
  const auto text = test::make().manifest.encode();
  BOOST_TEST(Manifest::decode(text).ok());
  const auto refused = [](std::string changed, std::string_view part) {
    const auto manifest = Manifest::decode(changed);
    BOOST_REQUIRE(!manifest.ok());
    BOOST_TEST(manifest.error().reason == "MANIFEST_INVALID");
    BOOST_TEST((manifest.error().message.find(part) != std::string::npos), manifest.error().message);
  };
  const auto replaced = [&](std::string_view from, std::string_view to) {
    auto changed = text;
    changed.replace(changed.find(from), from.size(), to);
    return changed;
  };
  refused(replaced("\"abi\"", "\"abii\""), "has no member abi");
  refused(replaced("{\"abi\"", "{\"aaa\":1,\"abi\""), "unknown member 'aaa'");
  refused(replaced("keten_abi_1", "keten_abi_2"), "expected keten_abi_1");
  refused(replaced("{\"abi\"", "{ \"abi\""), "canonical");
  refused(replaced("\"counter\"", "\"Counter\""), "lower-case");
  refused(replaced("{\"count\":{\"fuel\":100000}}", "{}"), "at least one method or rule");
  refused(replaced("100000", "150000001"), "fuel from 1 to");
  refused(replaced("1.0.0", "1.0"), "MAJOR.MINOR.PATCH");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::packages
