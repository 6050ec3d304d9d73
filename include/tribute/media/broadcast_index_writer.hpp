// The one writer of a broadcast's own index: target duration, sessions, and whether it has ended. Each is published with
// one release store; the target duration never changes once it is set.
#pragma once

#include <span>
#include <tribute/media/index.hpp>

namespace tribute::media {

/// Formats and fills the broadcast's own index.
class BroadcastIndexWriter {
 public:
  static Result<BroadcastIndexWriter> create(std::span<std::byte> bytes, const Id& stream, const Id& broadcast,
                                             std::uint32_t part_target_ms, std::uint32_t sessions = session_capacity) {
    if (bytes.size() < broadcast_index_size(sessions)) return make_error(Errc::too_large, "no room for the broadcast index");
    auto& header = *reinterpret_cast<BroadcastHeader*>(bytes.data());
    header.format = index_format;
    header.session_capacity = sessions;
    header.stream = stream.bytes();
    header.broadcast = broadcast.bytes();
    header.part_target_ms = part_target_ms;
    header.magic = broadcast_index_magic;
    return over(bytes);
  }

  static Result<BroadcastIndexWriter> over(std::span<std::byte> bytes) {
    auto view = BroadcastView::over(bytes);
    if (!view) return view.error();
    return BroadcastIndexWriter{bytes.data(), *view};
  }

  const BroadcastView& view() const noexcept { return view_; }

  /// Once decided it stays (rfc8216bis section 6.2.1); a second call changes nothing.
  void set_target_duration(std::uint32_t seconds) noexcept {
    if (view_.target_duration() != 0) return;
    header().target_duration.store(seconds, std::memory_order_release);
    touch();
  }

  void set_ended(bool ended) noexcept {
    header().ended.store(ended ? 1 : 0, std::memory_order_release);
    touch();
  }

  /// Returns its number; too_large when the table is full.
  Result<std::uint32_t> add_session(SessionEntry entry) {
    const auto number = view_.sessions();
    if (number >= header().session_capacity) return make_error(Errc::too_large, "the encoder reconnected too often in one broadcast");
    entry.check = entry_check(entry);
    std::memcpy(base_ + index_header_size + std::uint64_t{number} * sizeof entry, &entry, sizeof entry);
    header().sessions.store(number + 1, std::memory_order_release);
    touch();
    return number;
  }

 private:
  BroadcastIndexWriter(std::byte* base, const BroadcastView& view) : base_(base), view_(view) {}

  BroadcastHeader& header() noexcept { return *reinterpret_cast<BroadcastHeader*>(base_); }
  void touch() noexcept { header().version.fetch_add(1, std::memory_order_release); }

  std::byte* base_;
  BroadcastView view_;
};

}  // namespace tribute::media
