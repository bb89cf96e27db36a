#include "contracts/packages/package_file.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "contracts/packages/limits.h"
#include "contracts/vm/reader.h"
#include "core/check.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/names.h"

namespace keten::packages {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::string_view kSignatures = "signatures/";
constexpr std::size_t kSignatureBytes = Signature::size * 2 + 1;  // hexadecimal and a line end

Error malformed(std::string message) { return invalid("PACKAGE_MALFORMED", "the package " + std::move(message)); }

void put(Bytes& out, std::size_t at, std::string_view text) {
  std::copy(text.begin(), text.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
}

std::string octal(std::size_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (auto at = digits; at > 0 && value > 0; value /= 8) { text[--at] = static_cast<char>('0' + value % 8); }
  return text;
}

/// POSIX.1-1988 ustar header of a plain file, mode 0644, of nobody, from the beginning of time.
Bytes header_of(std::string_view name, std::size_t size) {
  Bytes header(kBlock, 0);
  const auto slash = name.rfind('/');  // a folder always goes into the prefix
  const auto folder = slash == std::string_view::npos ? std::string_view() : name.substr(0, slash);
  const auto file = slash == std::string_view::npos ? name : name.substr(slash + 1);
  CHECK(file.size() <= 100 && folder.size() <= 155);
  put(header, 0, file);
  put(header, 345, folder);
  put(header, 100, "0000644");
  put(header, 108, "0000000");
  put(header, 116, "0000000");
  put(header, 124, octal(size, 11));
  put(header, 136, "00000000000");
  put(header, 148, "        ");
  header[156] = '0';
  put(header, 257, "ustar");
  put(header, 263, "00");
  std::size_t sum = 0;
  for (const auto byte : header) { sum += byte; }
  put(header, 148, octal(sum, 6));
  header[154] = 0;
  header[155] = ' ';
  return header;
}

void append(Bytes& out, std::string_view name, ByteView content) {
  const auto header = header_of(name, content.size());
  out.insert(out.end(), header.begin(), header.end());
  out.insert(out.end(), content.begin(), content.end());
  out.resize((out.size() + kBlock - 1) / kBlock * kBlock);
}

std::string signature_file(const PackageSignature& signature) {
  return std::string(kSignatures) + signature.organisation + "/" + signature.key.hex();
}

struct File {
  std::string name;
  ByteView content;
};

bool is_zero(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

std::string text_field(ByteView header, std::size_t at, std::size_t most) {
  const auto field = as_text(header.subspan(at, most));
  return std::string(field.substr(0, field.find('\0')));
}

std::size_t most_bytes(std::string_view name) {
  if (name == "README.md") { return limits::kReadmeBytesMax; }
  if (name == "contract.wasm") { return limits::kModuleBytesMax; }
  if (name == "manifest.json") { return limits::kManifestBytesMax; }
  if (name == "schema.json") { return limits::kSchemaBytesMax; }
  return name.starts_with(kSignatures) ? kSignatureBytes : 0;
}

std::string shown(std::string_view name) {
  std::string result;
  for (const char one : name.substr(0, 200)) { result += one >= ' ' && one <= '~' ? one : '?'; }
  return "'" + result + "'";
}

/// The next file at `at`, which moves behind it.
Result<File> next_file(ByteView file, std::size_t& at) {
  const auto place = "at byte " + std::to_string(at);
  if (file.size() - at < kBlock) { return malformed("ends " + place + ", within a header"); }
  const auto header = file.subspan(at, kBlock);
  const auto prefix = text_field(header, 345, 155);
  const auto base = text_field(header, 0, 100);
  const auto name = prefix.empty() ? base : prefix + "/" + base;
  std::size_t size = 0;
  for (std::size_t i = 124; i < 135; ++i) {
    const auto digit = header[i];
    if (digit < '0' || digit > '7') {
      return malformed(place + " has no header of a file: its size is no octal number");
    }
    size = size * 8 + (digit - std::size_t{'0'});
  }
  if (base.find('/') != std::string::npos || !std::ranges::equal(header, header_of(name, size))) {
    return malformed(place + ", file " + shown(name) +
                     ": the header is not that of a plain file of nobody with mode 0644 and time 0");
  }
  const auto most = most_bytes(name);
  if (most == 0) {
    return malformed("holds " + shown(name) +
                     "; expected README.md, contract.wasm, manifest.json, schema.json and signatures/ORGANISATION/KEY");
  }
  if (size > most) {
    return failure(ErrorKind::too_large, "PACKAGE_TOO_LARGE",
                   "the package's file " + shown(name) + " has " + std::to_string(size) + " bytes, at most " +
                       std::to_string(most) + " are allowed");
  }
  const auto padded = (size + kBlock - 1) / kBlock * kBlock;
  if (file.size() - at - kBlock < padded) { return malformed("ends within file " + shown(name)); }
  const auto content = file.subspan(at + kBlock, size);
  if (!is_zero(file.subspan(at + kBlock + size, padded - size))) {
    return malformed("has something other than zeros behind file " + shown(name));
  }
  at += kBlock + padded;
  return File{name, content};
}

Result<std::vector<File>> read_files(ByteView file) {
  if (file.size() > limits::kPackageBytesMax) {
    return failure(ErrorKind::too_large, "PACKAGE_TOO_LARGE",
                   "the package has " + std::to_string(file.size()) + " bytes, at most " +
                       std::to_string(limits::kPackageBytesMax) + " are allowed");
  }
  std::vector<File> files;
  std::size_t at = 0;
  while (file.size() - at < kBlock || !is_zero(file.subspan(at, kBlock))) {
    auto next = next_file(file, at);
    if (!next) { return next.error(); }
    if (!files.empty() && next->name <= files.back().name) {
      return malformed("has " + shown(next->name) + " behind " + shown(files.back().name) +
                       "; files come once, in the order of their names");
    }
    if (files.size() == limits::kSignaturesMax + 4) {
      return malformed("has more than " + std::to_string(limits::kSignaturesMax) + " signatures");
    }
    files.push_back(std::move(*next));
  }
  if (file.size() - at != 2 * kBlock || !is_zero(file.subspan(at))) {
    return malformed("ends with two blocks of 512 zero bytes behind its last file, and nothing else; found " +
                     std::to_string(file.size() - at) + " bytes at byte " + std::to_string(at));
  }
  return files;
}

Error wrong_signature(std::string_view file, std::string_view message) {
  return invalid("PACKAGE_SIGNATURE", "file " + shown(file) + ": " + std::string(message));
}

Result<PackageSignature> read_signature(const File& file) {
  const auto wrong = [&](std::string_view message) { return wrong_signature(file.name, message); };
  PackageSignature result;
  const auto name = std::string_view(file.name).substr(kSignatures.size());
  const auto slash = name.find('/');
  const auto key = slash == std::string_view::npos ? Result<PublicKey>(invalid("", ""))
                                                   : PublicKey::from_hex(name.substr(slash + 1));
  if (!key || !is_name(name.substr(0, slash))) {
    return wrong("expected signatures/ORGANISATION/KEY, the key in hexadecimal");
  }
  result.organisation = name.substr(0, slash);
  result.key = *key;
  const auto text = as_text(file.content);
  const auto signature =
      text.ends_with('\n') ? Signature::from_hex(text.substr(0, text.size() - 1)) : Result<Signature>(invalid("", ""));
  if (!signature || signature->hex() != text.substr(0, text.size() - 1) || signature_file(result) != file.name) {
    return wrong("expected 128 hexadecimal digits in lower case and a line end");
  }
  result.signature = *signature;
  return result;
}

Status check_hash(std::string_view name, ByteView content, const Hash& expected) {
  const auto found = file_hash(content);
  if (found == expected) { return kDone; }
  return invalid("PACKAGE_HASH_MISMATCH", "the package's file " + std::string(name) + " has hash " + found.hex() +
                                              ", its manifest says " + expected.hex() + ": one of them was changed");
}

}  // namespace

void Package::sign(std::string organisation, const KeyPair& key) {
  PackageSignature signature{std::move(organisation), key.public_key(), key.sign(package_signing_hash(hash()).view())};
  std::erase_if(signatures, [&](const PackageSignature& other) {
    return other.organisation == signature.organisation && other.key == signature.key;
  });
  signatures.push_back(std::move(signature));
  std::ranges::sort(signatures, {}, signature_file);
}

Bytes Package::encode() const {
  Bytes out;
  append(out, "README.md", readme);
  append(out, "contract.wasm", module);
  append(out, "manifest.json", as_bytes(manifest.encode()));
  append(out, "schema.json", schema);
  for (const auto& signature : signatures) {
    append(out, signature_file(signature), as_bytes(signature.signature.hex() + "\n"));
  }
  out.resize(out.size() + 2 * kBlock);
  return out;
}

Status Package::check_signatures() const {
  const auto signed_hash = package_signing_hash(hash());
  for (const auto& each : signatures) {
    if (!verify(each.key, signed_hash.view(), each.signature)) {
      return wrong_signature(signature_file(each), "is not a signature of this package by that key");
    }
  }
  return kDone;
}

Result<Package> Package::decode(ByteView file) {
  auto package = read(file);
  if (!package) { return package; }
  if (auto verified = package->check_signatures(); !verified) { return verified.error(); }
  return package;
}

Result<Package> Package::read(ByteView file) {
  const auto files = read_files(file);
  if (!files) { return files.error(); }
  constexpr std::array<std::string_view, 4> kExpected{"README.md", "contract.wasm", "manifest.json", "schema.json"};
  for (std::size_t i = 0; i < kExpected.size(); ++i) {
    if (files->size() <= i || (*files)[i].name != kExpected[i]) {
      return malformed("has no file " + std::string(kExpected[i]));
    }
  }
  auto manifest = Manifest::decode(as_text((*files)[2].content));
  if (!manifest) { return manifest.error(); }
  Package result;
  result.manifest = std::move(*manifest);
  for (const auto& [index, hash, place] :
       {std::tuple<std::size_t, const Hash*, Bytes*>{0, &result.manifest.readme, &result.readme},
        {1, &result.manifest.module, &result.module},
        {3, &result.manifest.schema, &result.schema}}) {
    const auto& [name, content] = (*files)[index];
    if (auto checked = check_hash(name, content, *hash); !checked) { return checked.error(); }
    *place = to_bytes(content);
  }
  if (!vm::is_utf8(result.readme)) { return malformed("has a README.md that is not UTF-8"); }
  const auto schema = json::parse(as_text(result.schema));
  if (!schema || !schema->is(json::Kind::object)) {
    return malformed("has a schema.json that is no JSON object" + (schema ? "" : ": " + schema.error().message));
  }
  for (auto each = files->begin() + kExpected.size(); each != files->end(); ++each) {
    auto signature = read_signature(*each);
    if (!signature) { return signature.error(); }
    result.signatures.push_back(std::move(*signature));
  }
  return result;
}

std::string package_file_name(const Manifest& manifest) {
  return manifest.name + "-" + manifest.version.text() + ".ketenpkg";
}

}  // namespace keten::packages
