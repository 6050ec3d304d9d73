// The CMAF header (ISO/IEC 23000-19 section 7.3.1) of one track: ftyp and a moov without samples. Made
// from what the encoder's sequence header says; the same header always gives the same bytes.
#pragma once

#include <tribute/cmaf/chunk.hpp>
#include <tribute/flv/aac.hpp>
#include <tribute/flv/avc.hpp>

namespace tribute::cmaf {

inline constexpr std::uint32_t video_timescale = 90'000;

namespace detail {

inline void write_matrix(BoxWriter& out) {
  for (const std::uint32_t value : {0x10000u, 0u, 0u, 0u, 0x10000u, 0u, 0u, 0u, 0x40000000u}) out.u32(value);
}

inline void write_ftyp(BoxWriter& out) {
  out.box("ftyp", [&] {
    out.text("iso6");
    out.u32(0);
    out.text("iso6cmfcmp41");
  });
}

inline void write_mvhd(BoxWriter& out) {
  out.full_box("mvhd", 0, 0, [&] {
    out.zeros(8);
    out.u32(1000);
    out.u32(0);
    out.u32(0x10000);
    out.u16(0x100);
    out.zeros(10);
    write_matrix(out);
    out.zeros(24);
    out.u32(3);  // next_track_ID
  });
}

/// `width`, `height`: as shown, 16.16.
inline void write_tkhd(BoxWriter& out, TrackKind kind, std::uint32_t width, std::uint32_t height) {
  out.full_box("tkhd", 0, 3, [&] {
    out.zeros(8);
    out.u32(track_id(kind));
    out.zeros(4 + 4 + 8);
    out.u16(0);
    out.u16(kind == TrackKind::audio ? 1 : 0);  // audio and video are no alternatives to each other
    out.u16(kind == TrackKind::audio ? 0x100 : 0);
    out.u16(0);
    write_matrix(out);
    out.u32(width);
    out.u32(height);
  });
}

inline void write_mdia_head(BoxWriter& out, TrackKind kind, std::uint32_t timescale) {
  out.full_box("mdhd", 0, 0, [&] {
    out.zeros(8);
    out.u32(timescale);
    out.u32(0);
    out.u16(0x55c4);  // "und"
    out.u16(0);
  });
  out.full_box("hdlr", 0, 0, [&] {
    out.u32(0);
    out.text(kind == TrackKind::video ? "vide" : "soun");
    out.zeros(12);
    out.text(kind == TrackKind::video ? "video" : "audio");
    out.u8(0);
  });
}

inline void write_media_header(BoxWriter& out, TrackKind kind) {
  if (kind == TrackKind::video)
    out.full_box("vmhd", 0, 1, [&] { out.zeros(8); });
  else
    out.full_box("smhd", 0, 0, [&] { out.zeros(4); });
  out.box("dinf", [&] {
    out.full_box("dref", 0, 0, [&] {
      out.u32(1);
      out.full_box("url ", 0, 1, [] {});
    });
  });
}

/// `sample_entry` writes the one entry of stsd.
template <class F>
void write_moov(BoxWriter& out, TrackKind kind, std::uint32_t timescale, std::uint32_t width, std::uint32_t height, F&& sample_entry) {
  out.box("moov", [&] {
    write_mvhd(out);
    out.box("trak", [&] {
      write_tkhd(out, kind, width, height);
      out.box("mdia", [&] {
        write_mdia_head(out, kind, timescale);
        out.box("minf", [&] {
          write_media_header(out, kind);
          out.box("stbl", [&] {
            out.full_box("stsd", 0, 0, [&] {
              out.u32(1);
              sample_entry();
            });
            for (const auto* empty : {"stts", "stsc"}) out.full_box(empty, 0, 0, [&] { out.u32(0); });
            out.full_box("stsz", 0, 0, [&] { out.zeros(8); });
            out.full_box("stco", 0, 0, [&] { out.u32(0); });
          });
        });
      });
    });
    out.box("mvex", [&] {
      out.full_box("trex", 0, 0, [&] {
        out.u32(track_id(kind));
        out.u32(1);
        out.zeros(12);
      });
    });
  });
}

/// ISO/IEC 14496-12 section 12.1.3 and 14496-15 section 5.4.2.1.
inline void write_avc1(BoxWriter& out, const flv::AvcConfig& config, Bytes record) {
  out.box("avc1", [&] {
    out.zeros(6);
    out.u16(1);
    out.zeros(16);
    out.u16(config.sps.width);
    out.u16(config.sps.height);
    out.u32(0x480000);
    out.u32(0x480000);
    out.u32(0);
    out.u16(1);
    out.zeros(32);
    out.u16(0x18);
    out.u16(0xffff);
    out.box("avcC", [&] { out.bytes(record); });
    if (config.sps.pixel_width != config.sps.pixel_height)
      out.box("pasp", [&] {
        out.u32(config.sps.pixel_width);
        out.u32(config.sps.pixel_height);
      });
  });
}

/// ISO/IEC 14496-1 section 7.2.6.5; every length in one byte, so `config` is at most 90 bytes.
inline void write_esds(BoxWriter& out, Bytes config) {
  const auto size = config.size();
  out.full_box("esds", 0, 0, [&] {
    out.u8(3);
    out.u8(3 + 2 + 13 + 2 + size + 3);
    out.u16(track_id(TrackKind::audio));
    out.u8(0);
    out.u8(4);
    out.u8(13 + 2 + size);
    out.u8(0x40);  // MPEG-4 audio
    out.u8(0x15);  // audio stream
    out.zeros(3 + 4 + 4);
    out.u8(5);
    out.u8(size);
    out.bytes(config);
    out.u8(6);
    out.u8(1);
    out.u8(2);
  });
}

}  // namespace detail

/// From an AVCDecoderConfigurationRecord. Errors: as parse_avc_config.
inline Result<media::TrackConfig> make_avc_track(Bytes record) {
  auto parsed = flv::parse_avc_config(record);
  if (!parsed) return parsed.error();
  const auto& sps = parsed->sps;
  media::TrackConfig out;
  out.kind = TrackKind::video;
  out.timescale = video_timescale;
  out.codec = flv::avc_codec_string(parsed->profile, parsed->compatibility, parsed->level);
  out.width = sps.width;
  out.height = sps.height;
  const std::uint64_t shown = std::uint64_t{sps.width} * sps.pixel_width / sps.pixel_height;
  BoxWriter writer{out.init};
  detail::write_ftyp(writer);
  detail::write_moov(writer, TrackKind::video, video_timescale, static_cast<std::uint32_t>((shown > 0xffff ? 0xffff : shown) << 16),
                     std::uint32_t{sps.height} << 16, [&] { detail::write_avc1(writer, *parsed, record); });
  return out;
}

/// From an AudioSpecificConfig of at most 90 bytes. Errors: as parse_aac_config, too_large.
inline Result<media::TrackConfig> make_aac_track(Bytes config) {
  if (config.size() > 90) return make_error(Errc::too_large, "AAC header of more than 90 bytes", "audio");
  auto parsed = flv::parse_aac_config(config);
  if (!parsed) return parsed.error();
  media::TrackConfig out;
  out.kind = TrackKind::audio;
  out.timescale = out.sample_rate = parsed->sample_rate;
  out.codec = flv::aac_codec_string(parsed->object_type);
  out.channels = parsed->channels;
  BoxWriter writer{out.init};
  detail::write_ftyp(writer);
  detail::write_moov(writer, TrackKind::audio, out.timescale, 0, 0, [&] {
    writer.box("mp4a", [&] {
      writer.zeros(6);
      writer.u16(1);
      writer.zeros(8);
      writer.u16(out.channels);
      writer.u16(16);
      writer.u32(0);
      writer.u32(out.sample_rate < 0x10000 ? out.sample_rate << 16 : 0);  // 16.16 holds no more
      detail::write_esds(writer, config);
    });
  });
  return out;
}

}  // namespace tribute::cmaf
