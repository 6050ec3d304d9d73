// Boxes of ISO/IEC 14496-12, written and walked. The writer appends to a vector and patches sizes when a
// box is closed; the walker gives one box after another and never looks outside its span.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tribute/media/bytes.hpp>
#include <tribute/result.hpp>
#include <vector>

namespace tribute::cmaf {

using media::Bytes;

/// A four character code as the number it is on disk: fourcc("moof").
constexpr std::uint32_t fourcc(std::string_view name) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | (i < name.size() ? static_cast<std::uint8_t>(name[i]) : 0u);
  return value;
}

class BoxWriter {
 public:
  explicit BoxWriter(std::vector<std::byte>& out) noexcept : out_(out) {}

  void u8(std::uint64_t value) { big_endian(value, 1); }
  void u16(std::uint64_t value) { big_endian(value, 2); }
  void u24(std::uint64_t value) { big_endian(value, 3); }
  void u32(std::uint64_t value) { big_endian(value, 4); }
  void u64(std::uint64_t value) { big_endian(value, 8); }
  void i32(std::int32_t value) { big_endian(static_cast<std::uint32_t>(value), 4); }
  void i64(std::int64_t value) { big_endian(static_cast<std::uint64_t>(value), 8); }
  void zeros(std::size_t count) { out_.insert(out_.end(), count, std::byte{0}); }
  void bytes(Bytes data) { out_.insert(out_.end(), data.begin(), data.end()); }
  void text(std::string_view s) {
    for (const char c : s) u8(static_cast<std::uint8_t>(c));
  }

  /// Writes a box whose payload is what `payload` writes.
  template <class F>
  void box(std::string_view type, F&& payload) {
    const std::size_t start = out_.size();
    u32(0);
    u32(fourcc(type));
    payload();
    const auto size = out_.size() - start;
    for (std::size_t i = 0; i < 4; ++i) out_[start + i] = static_cast<std::byte>(size >> (24 - 8 * i) & 0xff);
  }

  /// A FullBox: version and flags stand in front of the payload.
  template <class F>
  void full_box(std::string_view type, std::uint8_t version, std::uint32_t flags, F&& payload) {
    box(type, [&] {
      u8(version);
      u24(flags);
      payload();
    });
  }

 private:
  void big_endian(std::uint64_t value, unsigned count) {
    for (unsigned i = count; i-- > 0;) out_.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
  }

  std::vector<std::byte>& out_;
};

/// One box as it was found. `body` may be shorter than the box says, when the span ended inside it.
struct Box {
  std::uint32_t type = 0;
  std::uint64_t size = 0;       ///< of the whole box, header included
  std::size_t header_size = 0;  ///< 8, or 16 with a 64-bit size
  Bytes body;
  bool complete = false;  ///< the span holds all of the body

  constexpr bool is(std::string_view name) const noexcept { return type == fourcc(name); }
};

/// The box at the start of `bytes`. truncated: its header is not all there; corrupt: an impossible size.
/// A size of 0 ("to the end of the file") is refused: this house never writes it.
inline Result<Box> read_box(Bytes bytes) {
  media::ByteReader in{bytes};
  std::uint64_t size = in.u32();
  const auto type = in.u32();
  std::size_t header = 8;
  if (size == 1) {
    size = in.u64();
    header = 16;
  }
  if (!in.ok()) return make_error(Errc::truncated, "box header");
  if (size < header) return make_error(Errc::corrupt, "impossible box size");
  const std::uint64_t body = size - header;
  const bool complete = body <= in.remaining();
  return Box{type, size, header, in.take(complete ? static_cast<std::size_t>(body) : in.remaining()), complete};
}

/// The complete boxes inside a parent, in order. Stops at the end or at the first that does not fit.
class BoxWalker {
 public:
  explicit BoxWalker(Bytes parent) noexcept : rest_(parent) {}

  /// False at the end. A box that does not fit its parent ends the walk with damaged() set.
  bool next(Box& out) {
    if (rest_.empty()) return false;
    auto box = read_box(rest_);
    damaged_ = !box || !box->complete;
    if (damaged_) {
      rest_ = {};
      return false;
    }
    out = *box;
    rest_ = rest_.subspan(static_cast<std::size_t>(out.size));
    return true;
  }
  bool damaged() const noexcept { return damaged_; }

 private:
  Bytes rest_;
  bool damaged_ = false;
};

/// The first child of that type, or corrupt with its name.
inline Result<Box> find_box(Bytes parent, std::string_view type) {
  BoxWalker walk{parent};
  for (Box box; walk.next(box);)
    if (box.is(type)) return box;
  return make_error(Errc::corrupt, "no such box", std::string(type));
}

}  // namespace tribute::cmaf
