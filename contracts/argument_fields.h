#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/encoding.h"
#include "core/result.h"

/// Arguments of methods: the members of a struct in their order, listed once and both written and read by that list.
///
///     constexpr auto kFields = std::tuple{&Sign::agreement, &Sign::version, Sized{&Sign::reason, kReasonBytesMax}};
///     Bytes Sign::encode() const { return encode_arguments(*this, kFields); }
///     Result<Sign> Sign::decode(ByteView bytes) { return decode_arguments<Sign>(bytes, "sign", kFields); }
///
/// A plain member is of fixed size, a Number of 64 bits, u32 or u64.
namespace keten::contracts {

/// Text or bytes behind their length, at most `most`.
template <typename Struct, typename Member>
struct Sized {
  Member Struct::*member;
  std::size_t most;
};
template <typename Struct, typename Member>
Sized(Member Struct::*, std::size_t) -> Sized<Struct, Member>;
/// An enumeration in one byte. Whoever reads it checks that it has such a value.
template <typename Struct, typename Member>
struct InByte {
  Member Struct::*member;
};
template <typename Struct, typename Member>
InByte(Member Struct::*) -> InByte<Struct, Member>;
/// A struct with a list of its own.
template <typename Struct, typename Member, typename Fields>
struct Within {
  Member Struct::*member;
  Fields fields;
};
template <typename Struct, typename Member, typename Fields>
Within(Member Struct::*, Fields) -> Within<Struct, Member, Fields>;

template <typename Struct, typename... Field>
void write_fields(Writer& writer, const Struct& value, const std::tuple<Field...>& fields);
template <typename Struct, typename... Field>
void read_fields(Reader& reader, Struct& value, const std::tuple<Field...>& fields);

template <std::size_t N, typename Tag>
void write_field(Writer& writer, const FixedBytes<N, Tag>& value) {
  writer.fixed(value);
}
template <typename Tag>
void write_field(Writer& writer, Number<Tag, std::uint64_t> value) {
  writer.number(value);
}
inline void write_field(Writer& writer, std::uint32_t value) { writer.u32(value); }
inline void write_field(Writer& writer, std::uint64_t value) { writer.u64(value); }

template <std::size_t N, typename Tag>
void read_field(Reader& reader, FixedBytes<N, Tag>& value) {
  value = reader.fixed<FixedBytes<N, Tag>>();
}
template <typename Tag>
void read_field(Reader& reader, Number<Tag, std::uint64_t>& value) {
  value = reader.number<Number<Tag, std::uint64_t>>();
}
inline void read_field(Reader& reader, std::uint32_t& value) { value = reader.u32(); }
inline void read_field(Reader& reader, std::uint64_t& value) { value = reader.u64(); }

template <typename Struct, typename Member>
void write_member(Writer& writer, const Struct& value, Member Struct::*member) {
  write_field(writer, value.*member);
}
template <typename Struct, typename Member>
void write_member(Writer& writer, const Struct& value, const Sized<Struct, Member>& field) {
  writer.sized(value.*field.member);
}
template <typename Struct, typename Member>
void write_member(Writer& writer, const Struct& value, const InByte<Struct, Member>& field) {
  writer.u8(static_cast<std::uint8_t>(value.*field.member));
}
template <typename Struct, typename Member, typename Fields>
void write_member(Writer& writer, const Struct& value, const Within<Struct, Member, Fields>& field) {
  write_fields(writer, value.*field.member, field.fields);
}

template <typename Struct, typename Member>
void read_member(Reader& reader, Struct& value, Member Struct::*member) {
  read_field(reader, value.*member);
}
template <typename Struct, typename Member>
void read_member(Reader& reader, Struct& value, const Sized<Struct, Member>& field) {
  const auto bytes = reader.sized(field.most);
  (value.*field.member).assign(bytes.begin(), bytes.end());
}
template <typename Struct, typename Member>
void read_member(Reader& reader, Struct& value, const InByte<Struct, Member>& field) {
  value.*field.member = static_cast<Member>(reader.u8());
}
template <typename Struct, typename Member, typename Fields>
void read_member(Reader& reader, Struct& value, const Within<Struct, Member, Fields>& field) {
  read_fields(reader, value.*field.member, field.fields);
}

template <typename Struct, typename... Field>
void write_fields(Writer& writer, const Struct& value, const std::tuple<Field...>& fields) {
  std::apply([&](const auto&... field) { (write_member(writer, value, field), ...); }, fields);
}
template <typename Struct, typename... Field>
void read_fields(Reader& reader, Struct& value, const std::tuple<Field...>& fields) {
  std::apply([&](const auto&... field) { (read_member(reader, value, field), ...); }, fields);
}

inline Error wrong_arguments(std::string message) { return invalid("ARGUMENTS_INVALID", std::move(message)); }

/// The end of what a method takes. Fails with ARGUMENTS_INVALID.
inline Status end_of_arguments(const Reader& reader, std::string_view method) {
  auto end = reader.finish(method);
  return end ? kDone : Status(wrong_arguments(end.error().message));
}

template <typename Struct, typename Fields>
[[nodiscard]] Bytes encode_arguments(const Struct& value, const Fields& fields) {
  Writer writer;
  write_fields(writer, value, fields);
  return writer.take();
}

/// Fails with ARGUMENTS_INVALID when these are not the bytes of exactly these members; `method` is named.
template <typename Struct, typename Fields>
[[nodiscard]] Result<Struct> decode_arguments(ByteView bytes, std::string_view method, const Fields& fields) {
  Reader reader(bytes);
  Struct value;
  read_fields(reader, value, fields);
  if (auto end = end_of_arguments(reader, method); !end) { return end.error(); }
  return value;
}

}  // namespace keten::contracts
