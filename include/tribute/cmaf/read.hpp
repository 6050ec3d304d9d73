// Reads back what this house wrote: init sections and parts, as a scan of a track file finds them. Every
// length is checked against its parent and the span; nothing is believed because we once wrote it.
#pragma once

#include <optional>
#include <tribute/cmaf/init.hpp>

namespace tribute::cmaf {

/// One part (chunk). Offsets count from the start of the span that was read.
struct ChunkInfo {
  SessionBox session;
  TrackKind kind = TrackKind::video;
  std::uint32_t sequence = 0;
  std::uint64_t decode_time = 0;    ///< timescale units (session.timescale)
  std::uint64_t duration = 0;       ///< sum of the frames
  bool independent = false;         ///< its first frame decodes by itself
  std::vector<SampleInfo> samples;  ///< in file order; their bytes stand one behind the other in mdat
  std::uint64_t mdat_offset = 0;    ///< first byte of the first frame
  std::uint64_t mdat_size = 0;      ///< bytes of all frames
  std::uint64_t size = 0;           ///< of the whole chunk: the next one begins here
};

/// One init section.
struct InitInfo {
  media::TrackConfig config;  ///< init holds the bytes that were read
  std::uint32_t track_id = 0;
  std::vector<std::byte> sample_entry;  ///< the whole avc1 or mp4a box (with avcC, pasp, esds), as stsd has it
  std::uint64_t size = 0;               ///< of ftyp and moov: the first part begins here
};

inline constexpr std::size_t max_chunk_samples = 65'536;

/// What stands at the start of the span: true for an init section, false for a part (or anything else).
inline bool starts_with_init(Bytes bytes) {
  auto box = read_box(bytes);
  return box && box->is("ftyp");
}

namespace detail {

inline Error damaged(const char* what) { return make_error(Errc::corrupt, "damaged media file", what); }

struct Defaults {
  std::uint32_t duration = 0, size = 0, flags = 0;
};

// ISO/IEC 14496-12 section 8.8.7.
inline bool read_tfhd(const Box& box, ChunkInfo& out, Defaults& defaults) {
  media::ByteReader in{box.body};
  const auto flags = in.u32() & 0xffffff;
  const auto id = in.u32();
  out.kind = id == track_id(TrackKind::audio) ? TrackKind::audio : TrackKind::video;
  if ((flags & 0x01) != 0) return false;  // an absolute base would break when parts are joined
  if ((flags & 0x02) != 0) in.skip(4);
  if ((flags & 0x08) != 0) defaults.duration = in.u32();
  if ((flags & 0x10) != 0) defaults.size = in.u32();
  if ((flags & 0x20) != 0) defaults.flags = in.u32();
  return in.ok() && (id == 1 || id == 2);
}

inline bool read_tfdt(const Box& box, ChunkInfo& out) {
  media::ByteReader in{box.body};
  out.decode_time = in.u32() >> 24 == 1 ? in.u64() : in.u32();
  return in.ok();
}

// Section 8.8.8.
inline bool read_trun(const Box& box, const Defaults& defaults, ChunkInfo& out, std::uint64_t& data_offset) {
  media::ByteReader in{box.body};
  const auto flags = in.u32() & 0xffffff;
  const auto count = in.u32();
  if ((flags & 0x01) == 0) return false;
  data_offset = in.u32();
  if ((flags & 0x04) != 0) return false;  // first-sample-flags: never written here
  std::size_t width = 0;
  for (const auto bit : {0x100u, 0x200u, 0x400u, 0x800u}) width += (flags & bit) != 0 ? 4 : 0;
  if (!in.ok() || count > max_chunk_samples || count * width != in.remaining()) return false;
  out.samples.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    SampleInfo sample;
    sample.duration = (flags & 0x100) != 0 ? in.u32() : defaults.duration;
    sample.size = (flags & 0x200) != 0 ? in.u32() : defaults.size;
    sample.key = (((flags & 0x400) != 0 ? in.u32() : defaults.flags) & 0x10000) == 0;
    if ((flags & 0x800) != 0) sample.composition_offset = in.i32();
    out.duration += sample.duration;
    out.mdat_size += sample.size;
    out.samples.push_back(sample);
  }
  out.independent = !out.samples.empty() && out.samples.front().key;
  return true;
}

inline Result<Done> read_moof(const Box& moof, ChunkInfo& out, std::uint64_t& data_offset) {
  auto mfhd = find_box(moof.body, "mfhd");
  auto traf = find_box(moof.body, "traf");
  if (!mfhd || !traf) return damaged("moof");
  media::ByteReader sequence{mfhd->body};
  sequence.skip(4);
  out.sequence = sequence.u32();
  auto tfhd = find_box(traf->body, "tfhd");
  auto tfdt = find_box(traf->body, "tfdt");
  auto trun = find_box(traf->body, "trun");
  Defaults defaults;
  if (!sequence.ok() || !tfhd || !tfdt || !trun) return damaged("traf");
  if (!read_tfhd(*tfhd, out, defaults) || !read_tfdt(*tfdt, out) || !read_trun(*trun, defaults, out, data_offset)) return damaged("traf");
  return Done{};
}

}  // namespace detail

/// The part at the start of `bytes`, whose frames may lie beyond the span (so a scan for tables need not
/// read them). truncated: the span ends before mdat; corrupt: not a part of ours.
inline Result<ChunkInfo> read_chunk_head(Bytes bytes) {
  ChunkInfo out;
  bool have_session = false, have_moof = false;
  std::uint64_t at = 0, moof_at = 0, data_offset = 0;
  while (true) {
    auto box = read_box(bytes.subspan(static_cast<std::size_t>(at)));
    if (!box) return box.error();
    if (box->is("mdat")) {
      if (!have_moof || !have_session) return detail::damaged("mdat");
      out.mdat_offset = at + box->header_size;
      out.size = at + box->size;
      if (out.size < at || moof_at + data_offset != out.mdat_offset || out.mdat_size != box->size - box->header_size)
        return detail::damaged("mdat");
      return out;
    }
    if (have_moof) return detail::damaged("moof");
    if (box->is("uuid") ? have_session : !box->is("moof") && !box->is("prft")) return detail::damaged("part");
    if (box->size > 0x1000000) return detail::damaged("part");
    if (!box->complete) return make_error(Errc::truncated, "part");
    if (is_session_box(*box)) {
      auto session = read_session_box(*box);
      if (!session) return session.error();
      out.session = *session;
      have_session = true;
    } else if (box->is("moof")) {
      auto moof = detail::read_moof(*box, out, data_offset);
      if (!moof) return moof.error();
      have_moof = true;
      moof_at = at;
    }
    at += box->size;
  }
}

/// As read_chunk_head, and all of the frames must be in the span too (otherwise truncated).
inline Result<ChunkInfo> read_chunk(Bytes bytes) {
  auto out = read_chunk_head(bytes);
  if (out && out->size > bytes.size()) return make_error(Errc::truncated, "part");
  return out;
}

namespace detail {

/// The AudioSpecificConfig inside esds (14496-1 section 7.2.6.5), lengths in one byte or more.
inline std::optional<Bytes> find_audio_config(Bytes esds) {
  media::ByteReader in{esds};
  in.skip(4);
  const auto descriptor = [&](std::uint8_t tag) {
    if (in.u8() != tag) return false;
    for (int i = 0; i < 4 && (in.u8() & 0x80) != 0; ++i) {
    }
    return in.ok();
  };
  if (!descriptor(3)) return std::nullopt;
  in.skip(3);
  if (!descriptor(4)) return std::nullopt;
  in.skip(13);
  if (in.u8() != 5) return std::nullopt;
  const auto config = in.take(in.u8());
  return in.ok() && !config.empty() ? std::optional{config} : std::nullopt;
}

inline Result<Done> read_sample_entry(const Box& entry, media::TrackConfig& out) {
  const bool video = entry.is("avc1");
  const std::size_t fixed = video ? 78 : 28;
  if ((!video && !entry.is("mp4a")) || entry.body.size() < fixed) return damaged("stsd");
  out.kind = video ? TrackKind::video : TrackKind::audio;
  auto config = find_box(entry.body.subspan(fixed), video ? "avcC" : "esds");
  if (!config) return damaged("stsd");
  if (video) {
    auto avc = flv::parse_avc_config(config->body);
    if (!avc) return avc.error();
    out.codec = flv::avc_codec_string(avc->profile, avc->compatibility, avc->level);
    out.width = avc->sps.width;
    out.height = avc->sps.height;
    return Done{};
  }
  const auto bytes = find_audio_config(config->body);
  if (!bytes) return damaged("esds");
  auto aac = flv::parse_aac_config(*bytes);
  if (!aac) return aac.error();
  out.codec = flv::aac_codec_string(aac->object_type);
  out.sample_rate = aac->sample_rate;
  out.channels = aac->channels;
  return Done{};
}

inline Result<Box> descend(Bytes from, std::initializer_list<const char*> path) {
  Box box;
  for (const auto* name : path) {
    auto found = find_box(from, name);
    if (!found) return found.error();
    box = *found;
    from = box.body;
  }
  return box;
}

}  // namespace detail

/// The init section at the start of `bytes`. truncated: not all there; corrupt: not one of ours.
inline Result<InitInfo> read_init(Bytes bytes) {
  auto ftyp = read_box(bytes);
  if (!ftyp) return ftyp.error();
  if (!ftyp->is("ftyp") || ftyp->size > 0x1000) return detail::damaged("ftyp");
  if (!ftyp->complete) return make_error(Errc::truncated, "ftyp");
  auto moov = read_box(bytes.subspan(static_cast<std::size_t>(ftyp->size)));
  if (!moov) return moov.error();
  if (!moov->is("moov") || moov->size > 0x100000) return detail::damaged("moov");
  if (!moov->complete) return make_error(Errc::truncated, "moov");
  auto tkhd = detail::descend(moov->body, {"trak", "tkhd"});
  auto mdhd = detail::descend(moov->body, {"trak", "mdia", "mdhd"});
  auto stsd = detail::descend(moov->body, {"trak", "mdia", "minf", "stbl", "stsd"});
  if (!tkhd || !mdhd || !stsd || stsd->body.size() < 8) return detail::damaged("trak");
  InitInfo out;
  media::ByteReader track{tkhd->body}, header{mdhd->body};
  track.skip(12);
  out.track_id = track.u32();
  header.skip(12);
  out.config.timescale = header.u32();
  auto entry = read_box(stsd->body.subspan(8));
  if (!track.ok() || !header.ok() || out.config.timescale == 0 || !entry || !entry->complete) return detail::damaged("stsd");
  auto read = detail::read_sample_entry(*entry, out.config);
  if (!read) return read.error();
  const auto entry_bytes = stsd->body.subspan(8, static_cast<std::size_t>(entry->size));
  out.sample_entry.assign(entry_bytes.begin(), entry_bytes.end());
  out.size = ftyp->size + moov->size;
  const auto all = bytes.first(static_cast<std::size_t>(out.size));
  out.config.init.assign(all.begin(), all.end());
  return out;
}

}  // namespace tribute::cmaf
