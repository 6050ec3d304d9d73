// Names of the core, for headers that only mention them.
#pragma once

namespace tribute {

struct Timestamp;
class Id;
struct Error;
struct Phase;
struct Step;
struct Stream;
struct ArchiveEntry;
struct Memorial;
struct Input;
struct StreamPatch;
struct StreamUnit;
struct ArchiveUnit;
struct Decision;
struct ArchiveDecision;
struct Rejection;
struct Viewer;
struct Subject;
struct JournalEntry;
template <class T>
class Result;

}  // namespace tribute
