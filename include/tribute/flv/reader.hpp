// Reads the tags of a file that is still growing, through windows of its bytes: gives a tag, asks for more,
// or says that the bytes are no FLV. Remembers one offset only; never copies, never looks past the window.
#pragma once

#include <algorithm>
#include <string>
#include <tribute/flv/tag.hpp>
#include <tribute/result.hpp>

namespace tribute::flv {

inline constexpr std::uint32_t max_tag_size = 16u << 20;  ///< FLV's own 24-bit limit
inline constexpr std::uint64_t file_header_size = 13;     ///< with PreviousTagSize0 behind it

class Reader {
 public:
  /// `offset`: 0, or where a tag begins (Tag::next_offset, a part's resume_offset).
  explicit Reader(std::uint64_t offset = 0) noexcept : offset_(offset) {}

  /// Where the next tag begins; the window must reach from at most here.
  std::uint64_t offset() const noexcept { return offset_; }

  /// The bytes of the file from `start` on. They stay in use until the next window.
  void set_window(Bytes bytes, std::uint64_t start) noexcept {
    window_ = bytes;
    start_ = start;
  }

  /// A tag, or nullopt: more bytes are needed. corrupt: at offset() stands no tag; resync() may go on.
  Result<std::optional<Tag>> next() {
    if (offset_ == 0 && !skip_file_header()) return header_error();
    if (offset_ == 0) return std::optional<Tag>{};
    const auto bytes = from(offset_);
    if (bytes.size() < tag_header_size) return std::optional<Tag>{};
    const auto head = read_head(bytes);
    if (!head.sound) return make_error(Errc::corrupt, "no FLV tag here", std::to_string(offset_));
    if (bytes.size() < head.total()) return std::optional<Tag>{};
    if (!head.closed_in(bytes)) return make_error(Errc::corrupt, "an FLV tag of another size", std::to_string(offset_));
    const Tag tag{static_cast<TagKind>(head.type), head.timestamp, bytes.subspan(tag_header_size, head.size), offset_,
                  offset_ + head.total()};
    offset_ = tag.next_offset;
    return std::optional{tag};
  }

  /// After corrupt: goes on to the next place in the window where a whole tag stands whose size is repeated
  /// behind it. False: there is none yet; all of the window but what may become a tag was passed over.
  /// A recorder that met a full disk leaves half a tag behind; what it wrote later is still good.
  bool resync() noexcept {
    while (true) {
      const auto bytes = from(offset_ + 1);
      if (bytes.size() < tag_header_size) return false;
      ++offset_;
      const auto head = read_head(bytes);
      if (head.sound && head.size > 0 && bytes.size() >= head.total() && head.closed_in(bytes)) return true;
    }
  }

 private:
  static constexpr std::size_t tag_header_size = 11;
  static constexpr std::size_t trailer_size = 4;

  struct Head {
    bool sound;
    std::uint8_t type;
    std::uint32_t size, timestamp;

    std::size_t total() const noexcept { return tag_header_size + size + trailer_size; }
    bool closed_in(Bytes bytes) const noexcept {
      media::ByteReader in{bytes.subspan(tag_header_size + size)};
      return in.u32() == tag_header_size + size;
    }
  };

  Bytes from(std::uint64_t offset) const noexcept {
    if (offset < start_ || offset - start_ > window_.size()) return {};
    return window_.subspan(static_cast<std::size_t>(offset - start_));
  }

  static Head read_head(Bytes bytes) noexcept {
    media::ByteReader in{bytes};
    Head head{};
    head.type = in.u8();
    head.size = in.u24();
    const auto low = in.u24();
    head.timestamp = std::uint32_t{in.u8()} << 24 | low;
    const auto stream = in.u24();
    head.sound = stream == 0 && (head.type == 8 || head.type == 9 || head.type == 18);
    return head;
  }

  // False: what stands at 0 is neither a file header nor the beginning of one.
  bool skip_file_header() noexcept {
    const auto bytes = from(0);
    constexpr std::uint8_t magic[] = {'F', 'L', 'V', 1};
    for (std::size_t i = 0; i < std::min(bytes.size(), std::size(magic)); ++i)
      if (std::to_integer<std::uint8_t>(bytes[i]) != magic[i]) return false;
    if (bytes.size() < file_header_size) return true;
    media::ByteReader in{bytes.subspan(5)};
    if (in.u32() != 9 || in.u32() != 0) return false;
    offset_ = file_header_size;
    return true;
  }

  static Error header_error() { return make_error(Errc::corrupt, "not an FLV file", "0"); }

  std::uint64_t offset_;
  Bytes window_;
  std::uint64_t start_ = 0;
};

}  // namespace tribute::flv
