#include "scenario.hpp"

#include <sstream>
#include <stdexcept>

namespace tribute::proof {
namespace {

constexpr Timestamp epoch{1'700'000'000'000};  // 0s of every scenario

[[noreturn]] void fail(const std::string& why) { throw std::runtime_error(why); }

/// "12s", "1h", "90m", "1500ms"
std::int64_t milliseconds(const std::string& text) {
  std::size_t used = 0;
  const long long value = std::stoll(text, &used);
  const std::string unit = text.substr(used);
  if (unit == "ms") return value;
  if (unit == "s") return value * 1000;
  if (unit == "m") return value * 60'000;
  if (unit == "h") return value * 3'600'000;
  fail("a time like 12s was expected, not " + text);
}

bool boolean(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  fail("true or false was expected, not " + text);
}

std::vector<std::string> list(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string item; std::getline(in, item, ',');) out.push_back(item);
  return out;
}

void set(StreamPatch& patch, const std::string& key, const std::string& value) {
  if (key == "title") patch.title = value;
  else if (key == "autoStart") patch.auto_start = boolean(value);
  else if (key == "takeover") patch.takeover = boolean(value);
  else if (key == "window") patch.reconnect_window_s = milliseconds(value) / 1000;
  else if (key == "recording") patch.recording_enabled = boolean(value);
  else if (key == "isVisible") patch.is_visible = boolean(value);
  else if (key == "isPublic") patch.is_public = boolean(value);
  else if (key == "allowedUsers") patch.allowed_users = list(value);
  else if (key == "scheduled") patch.scheduled_start = value == "never" ? Timestamp{} : epoch + milliseconds(value);
  else if (key == "visibility") {
    patch.visibility = from_word<Visibility>(value);
    if (!patch.visibility) fail("no such visibility: " + value);
  } else fail("no such setting: " + key);
}

StreamPatch patch_of(const std::map<std::string, std::string>& options) {
  StreamPatch patch;
  for (const auto& [key, value] : options) set(patch, key, value);
  return patch;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

std::string option(const std::map<std::string, std::string>& options, const std::string& key, const std::string& otherwise) {
  const auto found = options.find(key);
  return found == options.end() ? otherwise : found->second;
}

}  // namespace

std::string Scenario::run(std::string_view line) {
  std::istringstream in{std::string{line}};
  std::string at;
  in >> at;
  world_.context.now = epoch + milliseconds(at);
  Words words;
  Options options;
  for (std::string word; in >> word;) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) words.push_back(word);
    else options[word.substr(0, equals)] = word.substr(equals + 1);
  }
  if (words.empty()) fail("nothing happens");
  return dispatch(words, options);
}

std::string Scenario::dispatch(const Words& words, const Options& options) {
  std::string what;
  for (const auto& word : words) what += (what.empty() ? "" : " ") + word;
  world_.context.actor = {};
  const auto by_host = [&](const StreamSignal& signal) {
    world_.context.actor = {option(options, "by", "host"), "Host"};
    return answer(world_.send(signal));
  };
  if (what == "create") return create_stream(options);
  if (what == "who sees it") return who_sees();
  if (words[0] == "recording") return on_recording(words, options);
  if (!world_.stream) fail("there is no stream");
  if (words[0] == "encoder" && words.size() == 3) return on_encoder(words[1], words[2]);
  if (what == "start") return by_host(StartRequested{fresh("m")});
  if (what == "stop") return by_host(StopRequested{});
  if (what == "new key") return by_host(KeyRotated{});
  if (what == "delete stream") return by_host(StreamDeleted{});
  if (what == "settings") return by_host(SettingsChanged{patch_of(options)});
  if (what == "window elapses") return answer(world_.send(WindowElapsed{}));
  if (what == "schedule is due") return answer(world_.send(BecameDue{}));
  if (what == "media cannot be written") return answer(world_.send(BroadcastFailed{world_.stream->phase.generation, "no room on the disk"}));
  if (what == "finalizing succeeds" || what == "finalizing fails") return finalize(options);
  if (what == "finalizing reports again" && last_report_) return report(*last_report_);
  fail("not understood: " + what);
}

std::string Scenario::create_stream(const Options& options) {
  StreamPatch patch = patch_of(options);
  if (!patch.title) patch.title = "Service";
  Stream stream;
  stream.id = fresh("stream");
  stream.input_id = fresh("input");
  world_.context.actor = {"host", "Host"};
  const auto made = create(std::move(stream), patch, world_.context);
  if (!made) return "refused: " + made.error().field + " " + made.error().detail;
  world_.keep(*made);
  return told(made->journal, made->effects);
}

std::string Scenario::on_encoder(const std::string& name, const std::string& what) {
  auto& encoder = encoders_[name];
  if (encoder.client == 0) encoder.client = encoders_.size();
  const Id boot = [] { Id::Bytes bytes{}; bytes[0] = 0xb0; return Id{bytes}; }();
  if (what == "connects") {
    const auto outcome = world_.send(PublishRequested{fresh("s"), fresh("m"), boot, encoder.client, name});
    if (const auto* rejection = std::get_if<Rejection>(&outcome)) {
      const std::string text = told(*rejection);
      return text + " | " + answer(world_.send(PublishRefused{rejection->refusal, name}));
    }
    encoder.generation = world_.stream->phase.generation;
    return answer(outcome) + " -> session " + name_of(world_.stream->publisher.session);
  }
  if (what == "delivers") return answer(world_.send(MediaArrived{encoder.generation}));
  if (what == "stalls") return answer(world_.send(MediaStalled{encoder.generation}));
  if (what == "leaves") return answer(world_.send(PublishEnded{boot, encoder.client}));
  fail("an encoder connects, delivers, stalls or leaves; not: " + what);
}

/// The first that waits; when none does, the last one is performed once more.
void Scenario::take_effect() {
  for (auto it = world_.outbox.begin(); it != world_.outbox.end(); ++it) {
    if (const auto* effect = std::get_if<FinalizeBroadcast>(&*it)) {
      last_effect_ = *effect;
      world_.outbox.erase(it);
      return;
    }
  }
  if (!last_effect_) fail("nothing is to be finalized");
}

std::string Scenario::finalize(const Options& options) {
  take_effect();
  BroadcastFinalized event{last_effect_->broadcast_id, last_effect_->generation, 0, 0, option(options, "error", "")};
  if (event.error.empty()) {
    event.duration_ms = milliseconds(option(options, "duration", "60s"));
    event.bytes = std::stoull(option(options, "bytes", "1000"));
  }
  last_report_ = event;
  return report(event);
}

std::string Scenario::report(const BroadcastFinalized& event) {
  return answer(world_.send(event));
}

Id Scenario::recording_named(const std::string& name) const {
  for (const auto& [id, known] : names_)
    if (known == name && world_.recordings.contains(id)) return id;
  fail("there is no recording " + name);
}

std::string Scenario::on_recording(const Words& words, const Options& options) {
  if (words.size() < 3) fail("which recording, and what?");
  const Id id = recording_named(words[1]);
  const std::string& what = words[2];
  world_.context.actor = {"host", "Host"};
  if (what == "changes") {
    ArchivePatch patch;
    if (options.contains("title")) patch.title = options.at("title");
    if (options.contains("isVisible")) patch.is_visible = boolean(options.at("isVisible"));
    return answer(world_.send(id, ArchiveChanged{patch}));
  }
  if (what == "deleted") return answer(world_.send(id, ArchiveDeleteRequested{}));
  if (what == "restored") return answer(world_.send(id, ArchiveRestoreRequested{}));
  if (what == "repaired") {
    const auto generation = std::stoull(option(options, "generation", std::to_string(settled_generation(world_.recordings.at(id)))));
    const auto duration = milliseconds(option(options, "duration", "60s"));
    return answer(world_.send(id, ArchiveRepaired{generation, duration, std::stoull(option(options, "bytes", "1000"))}));
  }
  world_.context.actor = {};
  if (what == "retention") return answer(world_.send(id, ArchiveRetentionElapsed{}));
  if (what == "purge") return answer(world_.send(id, ArchivePurgeDue{}));
  fail("not understood: recording " + what);
}

std::string Scenario::who_sees() const {
  const Viewer stranger, anna{Role::viewer, "anna", "", false}, host{Role::organizer, "host", "", false}, admin{Role::admin, "root", "", false};
  const auto line = [&](const std::string& of, const Subject& subject) {
    const auto ask = [&](const char* name, const Viewer& viewer) {
      return std::string{name} + " " + std::string{to_word(decide(viewer, subject, Action::view))} + "/" + std::string{to_word(decide(viewer, subject, Action::list))};
    };
    return of + ": " + joined({ask("stranger", stranger), ask("anna", anna), ask("host", host), ask("admin", admin)});
  };
  std::string out;
  if (world_.stream) out = line("stream", subject_of(*world_.stream, nullptr));
  for (const auto& [id, entry] : world_.recordings)
    out += (out.empty() ? "" : "\n  ") + line(name_of(id), subject_of(entry, world_.stream ? &*world_.stream : nullptr, nullptr));
  return out;
}

std::string Scenario::answer(const Outcome& outcome) {
  if (const auto* rejection = std::get_if<Rejection>(&outcome)) return told(*rejection);
  const auto& decision = std::get<Decision>(outcome);
  return decision.changed ? told(decision.journal, decision.effects) : "ignored";
}

std::string Scenario::answer(const ArchiveOutcome& outcome) {
  if (const auto* rejection = std::get_if<Rejection>(&outcome)) return told(*rejection);
  const auto& decision = std::get<ArchiveDecision>(outcome);
  if (!decision.changed) return "ignored";
  return told(decision.journal, decision.effects) + (decision.deleted ? " (the entry goes)" : "");
}

std::string Scenario::told(const Rejection& rejection) const {
  std::string out = "refused";
  if (rejection.refusal != Refusal::illegal) out += " " + std::string{to_word(rejection.refusal)};
  if (!rejection.state.empty()) out += " [" + rejection.state + " + " + rejection.event + "]";
  return out + ": " + (rejection.field.empty() ? "" : rejection.field + " ") + rejection.reason;
}

std::string Scenario::told(const std::vector<JournalEntry>& journal, const std::vector<Effect>& effects) const {
  std::vector<std::string> parts;
  for (const auto& entry : journal) {
    std::string text = "#" + std::to_string(entry.seq) + " " + std::string{to_word(entry.kind)};
    if (!entry.detail.empty()) text += "(" + entry.detail + ")";
    if (!entry.actor.empty()) text += " by " + entry.actor;
    parts.push_back(text);
  }
  for (const auto& effect : effects) parts.push_back("=> " + told(effect));
  return parts.empty() ? "done" : joined(parts);
}

std::string Scenario::told(const Effect& effect) const {
  if (const auto* finalize = std::get_if<FinalizeBroadcast>(&effect))
    return "finalize " + name_of(finalize->broadcast_id) + " session " + name_of(finalize->session) + " generation " + std::to_string(finalize->generation);
  return "remove " + name_of(std::get<RemoveMedia>(effect).broadcast_id);
}

std::string Scenario::told(const ArchiveEntry& entry) const {
  std::string out = "recording " + name_of(entry.id) + ": " + std::string{to_word(entry.state)};
  if (entry.duration_ms != 0) out += ", " + std::to_string(entry.duration_ms / 1000) + "s " + std::to_string(entry.bytes) + " bytes";
  if (!entry.is_visible) out += ", hidden";
  if (!entry.error.empty()) out += ", error \"" + entry.error + "\"";
  if (entry.purge_at.is_set()) out += ", purge at " + time(entry.purge_at);
  std::vector<std::string> sessions;
  for (const auto& session : entry.sessions)
    sessions.push_back(name_of(session.id) + " " + time(session.started) + "-" + (session.ended.is_set() ? time(session.ended) : ""));
  return out + "; sessions " + joined(sessions);
}

std::string Scenario::state() const {
  std::string out;
  if (world_.stream) {
    const auto& s = *world_.stream;
    const auto& p = s.phase;
    out = "stream: " + std::string{to_word(p.status)} + ", ingest " + std::string{to_word(p.ingest)} + ", generation " + std::to_string(p.generation);
    if (p.rehearsal) out += ", rehearsal";
    if (p.armed) out += ", armed";
    if (p.reopening) out += ", reopening";
    if (p.window_ends.is_set()) out += ", window until " + time(p.window_ends);
    if (p.status == StreamStatus::scheduled) out += ", due at " + time(p.scheduled_start);
    if (s.broadcast_id.is_set()) out += ", broadcast " + name_of(s.broadcast_id) + (s.archive_id.is_set() ? "" : " (not recorded)");
    if (s.publisher.media.is_set() && s.publisher.media != s.broadcast_id) out += ", media to " + name_of(s.publisher.media);
    if (s.recording_ready) out += ", recording ready";
    if (!s.error.empty()) out += ", error \"" + s.error + "\"";
    out += "\n";
  } else {
    out = "stream: none\n";
  }
  for (const auto& [id, entry] : world_.recordings) out += told(entry) + "\n";
  for (const auto& effect : world_.outbox)
    if (std::holds_alternative<FinalizeBroadcast>(effect)) out += "waits: " + told(effect) + "\n";
  return out;
}

Id Scenario::fresh(std::string_view kind) {
  const int number = ++counts_[std::string{kind}];
  Id::Bytes bytes{};
  bytes[1] = static_cast<std::uint8_t>(kind[0]);
  bytes[2] = static_cast<std::uint8_t>(kind.size());
  bytes[14] = static_cast<std::uint8_t>(number >> 8);
  bytes[15] = static_cast<std::uint8_t>(number);
  const Id id{bytes};
  names_[id] = std::string{kind} + std::to_string(number);
  return id;
}

std::string Scenario::name_of(const Id& id) const {
  const auto found = names_.find(id);
  return found == names_.end() ? "none" : found->second;
}

std::string Scenario::time(Timestamp t) const {
  const auto ms = t - epoch;
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + "s" : std::to_string(ms) + "ms";
}

}  // namespace tribute::proof
