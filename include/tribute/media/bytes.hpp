// Bounded reading of big-endian fields, as FLV and ISO base media files have them. A read past the end
// gives zero and marks the reader as failed, so a parser checks once, after the last field.
// Never reads outside the span, never throws, never allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tribute::media {

using Bytes = std::span<const std::byte>;

class ByteReader {
 public:
  explicit constexpr ByteReader(Bytes bytes) noexcept : bytes_(bytes) {}

  constexpr bool ok() const noexcept { return ok_; }
  constexpr std::size_t position() const noexcept { return at_; }
  constexpr std::size_t remaining() const noexcept { return bytes_.size() - at_; }

  constexpr std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(big_endian(1)); }
  constexpr std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(big_endian(2)); }
  constexpr std::uint32_t u24() noexcept { return static_cast<std::uint32_t>(big_endian(3)); }
  constexpr std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(big_endian(4)); }
  constexpr std::uint64_t u64() noexcept { return big_endian(8); }
  constexpr std::int32_t i32() noexcept { return static_cast<std::int32_t>(u32()); }
  constexpr std::int64_t i64() noexcept { return static_cast<std::int64_t>(u64()); }

  /// The next `count` bytes; an empty span when there are fewer.
  constexpr Bytes take(std::size_t count) noexcept {
    if (count > remaining()) {
      fail();
      return {};
    }
    const auto out = bytes_.subspan(at_, count);
    at_ += count;
    return out;
  }
  constexpr void skip(std::size_t count) noexcept { static_cast<void>(take(count)); }

 private:
  constexpr std::uint64_t big_endian(std::size_t count) noexcept {
    std::uint64_t value = 0;
    for (const auto byte : take(count)) value = value << 8 | std::to_integer<std::uint64_t>(byte);
    return value;
  }
  constexpr void fail() noexcept {
    ok_ = false;
    at_ = bytes_.size();
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace tribute::media
