# Shared by the scripts: where we are, how we speak, which Debian packages each task needs, how we build.
# Sourced, never run. The caller has set -euo pipefail.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export ROOT
# Debian's own: the Python packages that we install belong to it, whatever else comes first in PATH.
PYTHON=/usr/bin/python3
export PYTHON

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
fail() {
  printf 'Error: %s\n' "$*" >&2
  exit 1
}
is_root() { [ "$(id -u)" = 0 ]; }

# The smallest sets that do the job on a Debian 12 that has nothing.
build_packages=(g++ cmake ninja-build nginx nginx-dev libnginx-mod-rtmp liblmdb-dev libboost-json1.81-dev libssl-dev zlib1g-dev)
run_packages=("${build_packages[@]}" curl openssl python3)
demo_packages=(ffmpeg fonts-dejavu-core)
test_packages=("${run_packages[@]}" "${demo_packages[@]}" ccache clang libclang-rt-14-dev libgtest-dev
  procps python3-pytest python3-yaml obs-studio xvfb xauth)
bench_packages=("${run_packages[@]}" "${demo_packages[@]}" ccache libbenchmark-dev wrk)
lint_packages=("${build_packages[@]}" libgtest-dev libbenchmark-dev python3 clang clang-tidy clang-format git shellcheck)

# packages_of GROUP...: the names, one a line.
packages_of() {
  local group
  for group in "$@"; do
    case $group in
      build) printf '%s\n' "${build_packages[@]}" ;;
      run) printf '%s\n' "${run_packages[@]}" ;;
      demo) printf '%s\n' "${demo_packages[@]}" ;;
      test) printf '%s\n' "${test_packages[@]}" ;;
      bench) printf '%s\n' "${bench_packages[@]}" ;;
      lint) printf '%s\n' "${lint_packages[@]}" ;;
      *) fail "there is no package group \"$group\"; there are: build run demo test bench lint" ;;
    esac
  done | sort -u
}

# missing_packages GROUP...: those of them that are not installed, one a line.
missing_packages() {
  local name
  packages_of "$@" | while IFS= read -r name; do
    case $(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null || true) in
      installed) ;;
      *) printf '%s\n' "$name" ;;
    esac
  done
}

# While packages are installed no service may start: Debian's nginx would take port 80 of a host that never
# asked for it. A policy-rc.d that is there already is somebody's decision and stays untouched.
policy_file=/usr/sbin/policy-rc.d
policy_is_ours=no
forbid_service_starts() {
  [ -e "$policy_file" ] && return 0
  printf '#!/bin/sh\nexit 101\n' >"$policy_file"
  chmod 755 "$policy_file"
  policy_is_ours=yes
}
allow_service_starts() {
  if [ "$policy_is_ours" = yes ]; then
    rm -f "$policy_file"
    policy_is_ours=no
  fi
}

# A fresh nginx package enables its own service, which would take port 80 at the next boot. tribute starts an
# nginx of its own, so a service that we brought in ourselves stays off; one that was there is left alone.
leave_new_nginx_off() {
  if [ -d /run/systemd/system ] && command -v systemctl >/dev/null; then
    systemctl disable --quiet nginx.service || warn "Debian's nginx service could not be switched off; it starts at the next boot."
  fi
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --no-remove \
    -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@"
}

# need_packages GROUP...: installs what is missing when root; says in one sentence what to ask for otherwise.
need_packages() {
  command -v dpkg-query >/dev/null || fail "this script knows Debian 12 only; elsewhere install what scripts/lib/common.sh lists, and build with cmake --preset release."
  local missing=()
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  if ! is_root; then
    fail "some Debian packages are missing and only root can install them: ask for \"apt-get install ${missing[*]}\", then run this again."
  fi
  say "Installing Debian packages: ${missing[*]}"
  local log nginx_was_there=no
  log=$(mktemp)
  if dpkg-query -W -f='${db:Status-Status}' nginx 2>/dev/null | grep -qx installed; then nginx_was_there=yes; fi
  forbid_service_starts
  trap allow_service_starts EXIT
  # The package lists of this host may be old or not there at all: try with them, refresh them only when that fails.
  if ! apt_install "${missing[@]}" >"$log" 2>&1; then
    if ! { apt-get update && apt_install "${missing[@]}"; } >"$log" 2>&1; then
      tail -n 20 "$log" >&2
      fail "apt-get could not install them; its last words are above, all of them in $log."
    fi
  fi
  allow_service_starts
  trap - EXIT
  if [ "$nginx_was_there" = no ]; then leave_new_nginx_off; fi
  rm -f "$log"
}

# A build folder remembers where the sources were; of a checkout that has moved it is of no use any more.
forget_moved_builds() {
  local cache
  for cache in "$ROOT"/build/*/CMakeCache.txt; do
    if [ -f "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$ROOT" "$cache"; then rm -rf -- "${cache%/CMakeCache.txt}"; fi
  done
}

# build_preset PRESET [TARGET...]: configures and builds into build/PRESET, quietly unless it fails.
build_preset() {
  local preset=$1 log
  shift
  if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-ccache}; fi
  mkdir -p "$ROOT/build"
  forget_moved_builds
  log=$ROOT/build/$preset.log
  local targets=()
  if [ "$#" -gt 0 ]; then targets=(--target "$@"); fi
  if ! { cd "$ROOT" && cmake --preset "$preset" && cmake --build --preset "$preset" "${targets[@]}"; } >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    fail "the build (preset $preset) failed; its last words are above, all of them in $log."
  fi
}
