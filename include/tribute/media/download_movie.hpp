// ftyp and moov of an ordinary, not fragmented MP4 (ISO/IEC 14496-12 section 8), from sample tables. Times are 1/90000 s in
// the movie, the track's own in its media; boxes get 64-bit times only where 32 bits do not hold them.
#pragma once

#include <algorithm>
#include <span>
#include <tribute/media/sample_tables.hpp>
#include <vector>

namespace tribute::media::detail {

inline constexpr std::uint32_t movie_timescale = 90'000;

/// One trak while it is made.
struct DownloadTrack {
  TrackKind kind = TrackKind::video;
  SampleTables tables{1};
  std::vector<std::vector<std::byte>> entries;  // of stsd
  std::vector<std::uint32_t> description;       // by init number; 0 = not looked at yet
  std::uint32_t width = 0, height = 0;          // as shown, 16.16

  std::uint64_t begin_90k() const noexcept { return rescaled(tables.begin()); }
  std::uint64_t duration_90k() const noexcept { return rescaled(tables.duration()); }

 private:
  std::uint64_t rescaled(std::uint64_t time) const noexcept {
    const std::uint64_t scale = tables.timescale();
    return time / scale * movie_timescale + (time % scale * movie_timescale + scale / 2) / scale;
  }
};

inline void put_time(cmaf::BoxWriter& out, std::uint64_t value, bool wide) {
  if (wide) {
    out.u64(value);
  } else {
    out.u32(value);
  }
}

// Where all of it begins, and what the longest track lasts from there.
struct MovieTimes {
  std::uint64_t begin_90k = UINT64_MAX;
  std::uint64_t duration_90k = 0;
  std::uint64_t creation = 0;  // seconds since 1904
};

inline void write_tkhd(cmaf::BoxWriter& out, const DownloadTrack& track, const MovieTimes& movie, std::uint64_t duration, bool wide) {
  const bool video = track.kind == TrackKind::video;
  out.full_box("tkhd", wide ? 1 : 0, 3, [&] {
    put_time(out, movie.creation, wide);
    put_time(out, movie.creation, wide);
    out.u32(cmaf::track_id(track.kind));
    out.u32(0);
    put_time(out, duration, wide);
    out.zeros(8);
    out.u16(0);
    out.u16(0);
    out.u16(video ? 0 : 0x100);
    out.u16(0);
    cmaf::detail::write_matrix(out);
    out.u32(video ? track.width : 0);
    out.u32(video ? track.height : 0);
  });
}

// A track that begins later than the other waits (ISO/IEC 14496-12 section 8.6.6): else picture and sound would drift apart.
inline void write_edits(cmaf::BoxWriter& out, std::uint64_t wait, std::uint64_t duration) {
  if (wait == 0) return;
  out.box("edts", [&] {
    out.full_box("elst", 1, 0, [&] {
      out.u32(2);
      out.u64(wait);
      out.i64(-1);
      out.u32(0x10000);
      out.u64(duration);
      out.i64(0);
      out.u32(0x10000);
    });
  });
}

inline void write_trak(cmaf::BoxWriter& out, const DownloadTrack& track, const MovieTimes& movie, std::uint64_t base) {
  const std::uint64_t wait = track.begin_90k() - movie.begin_90k;
  const bool wide = std::max({movie.duration_90k, track.tables.duration(), movie.creation}) > UINT32_MAX;
  const bool video = track.kind == TrackKind::video;
  out.box("trak", [&] {
    write_tkhd(out, track, movie, wait + track.duration_90k(), wide);
    write_edits(out, wait, track.duration_90k());
    out.box("mdia", [&] {
      out.full_box("mdhd", wide ? 1 : 0, 0, [&] {
        put_time(out, movie.creation, wide);
        put_time(out, movie.creation, wide);
        out.u32(track.tables.timescale());
        put_time(out, track.tables.duration(), wide);
        out.u16(0x55c4);  // "und"
        out.u16(0);
      });
      out.full_box("hdlr", 0, 0, [&] {
        out.u32(0);
        out.text(video ? "vide" : "soun");
        out.zeros(12);
        out.text(video ? "video" : "audio");
        out.u8(0);
      });
      out.box("minf", [&] {
        cmaf::detail::write_media_header(out, track.kind);
        out.box("stbl", [&] {
          out.full_box("stsd", 0, 0, [&] {
            out.u32(track.entries.size());
            for (const auto& entry : track.entries) out.bytes(entry);
          });
          track.tables.write(out, base);
        });
      });
    });
  });
}

inline void write_movie(cmaf::BoxWriter& out, std::span<const DownloadTrack* const> tracks, const MovieTimes& movie, std::uint64_t base) {
  const bool wide = std::max(movie.duration_90k, movie.creation) > UINT32_MAX;
  out.box("ftyp", [&] {
    out.text("isom");
    out.u32(0x200);
    out.text("isomiso2avc1mp41");
  });
  out.box("moov", [&] {
    out.full_box("mvhd", wide ? 1 : 0, 0, [&] {
      put_time(out, movie.creation, wide);
      put_time(out, movie.creation, wide);
      out.u32(movie_timescale);
      put_time(out, movie.duration_90k, wide);
      out.u32(0x10000);
      out.u16(0x100);
      out.zeros(10);
      cmaf::detail::write_matrix(out);
      out.zeros(24);
      out.u32(3);  // next_track_ID
    });
    for (const auto* track : tracks) write_trak(out, *track, movie, base);
  });
}

}  // namespace tribute::media::detail
