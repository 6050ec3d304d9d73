// What all workers share, in nginx's shared memory zone "tribute". Only atomics and what is written once in the master
// before any worker sees it: a worker may be killed at any instruction.
#pragma once

#include <sys/random.h>

#include <ctime>

#include "ingest/facts_table.hpp"
#include "jobs/lease.hpp"
#include "ngx/shm.hpp"
#include "ngx/wake.hpp"
#include "tribute/id.hpp"
#include "tribute/time.hpp"

namespace tribute::module {

struct SharedState {
  /// Random per fresh zone: with nginx-rtmp's clientid, which begins at 1 again after a restart, it names a connection.
  const Id boot_id = random_boot_id();
  /// When this zone was made. Reloads keep it; a restart or another zone size does not.
  const Timestamp started{std::int64_t{std::time(nullptr)} * 1000};
  /// The workers that are there, leaving ones included.
  ngx::Waiters workers;
  /// Who does the periodic work.
  Lease jobs;
  /// What arrives from the encoders, as their packagers see it.
  FactsTable facts;

 private:
  static Id random_boot_id() noexcept {
    Id::Bytes bytes{};
    // 16 bytes are never short once the kernel's generator is ready, and getrandom waits for that.
    [[maybe_unused]] const ssize_t n = getrandom(bytes.data(), bytes.size(), 0);
    return Id{bytes};
  }
};

using SharedStateZone = ngx::SharedZone<SharedState>;

}  // namespace tribute::module
