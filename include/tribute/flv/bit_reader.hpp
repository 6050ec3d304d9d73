// Bits from the most significant one on, with the Exp-Golomb codes of ITU-T H.264 section 9.1. A read past
// the end gives zero and marks the reader as failed; nothing is read outside the span.
#pragma once

#include <cstddef>
#include <cstdint>
#include <tribute/media/bytes.hpp>

namespace tribute::flv {

using media::Bytes;

class BitReader {
 public:
  explicit constexpr BitReader(Bytes bytes) noexcept : bytes_(bytes) {}

  constexpr bool ok() const noexcept { return ok_; }
  constexpr std::size_t remaining() const noexcept { return bytes_.size() * 8 - at_; }

  /// Up to 32 bits.
  constexpr std::uint32_t bits(unsigned count) noexcept {
    if (count > remaining()) {
      ok_ = false;
      at_ = bytes_.size() * 8;
      return 0;
    }
    std::uint32_t value = 0;
    for (unsigned i = 0; i < count; ++i, ++at_)
      value = value << 1 | (std::to_integer<std::uint32_t>(bytes_[at_ / 8]) >> (7 - at_ % 8) & 1u);
    return value;
  }
  constexpr bool flag() noexcept { return bits(1) != 0; }

  /// ue(v); a code of more than 32 bits marks the reader as failed.
  constexpr std::uint32_t ue() noexcept {
    unsigned zeros = 0;
    while (ok_ && !flag())
      if (++zeros > 31) ok_ = false;
    return ok_ ? (1u << zeros) - 1 + bits(zeros) : 0;
  }

  /// se(v)
  constexpr std::int32_t se() noexcept {
    const auto code = static_cast<std::int64_t>(ue());
    return static_cast<std::int32_t>((code & 1) != 0 ? (code + 1) / 2 : -(code / 2));
  }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace tribute::flv
