# Shared by the scripts of this folder: paths, progress lines, compiler cache.
# shellcheck shell=bash
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
START=$SECONDS
JOBS=${TERCET_JOBS:-$(nproc)}

# Debian's ccache hits with a precompiled header only if told to.
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros,include_file_mtime,include_file_ctime}

say() { printf '[%4ds] %s\n' $((SECONDS - START)) "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# quietly WHAT COMMAND...: runs a command, its output only where it fails.
quietly() {
  local what=$1 log
  shift
  log=$(mktemp)
  say "$what"
  if ! "$@" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    rm -f "$log"
    die "$what failed"
  fi
  rm -f "$log"
}

# configure DIR OPTIONS...: CMake with Ninja, once; later calls only check.
configure() {
  local dir=$1
  shift
  quietly "configure $(basename "$dir")" cmake -G Ninja -S "$ROOT" -B "$dir" "$@"
}

# build DIR TARGETS...: with a line of progress every few seconds.
build() {
  local dir=$1 log status
  shift
  log=$(mktemp)
  say "build: $*"
  NINJA_STATUS='%f of %t ' ninja -C "$dir" -j "$JOBS" "$@" >"$log" 2>&1 &
  local pid=$! last=$SECONDS
  while kill -0 $pid 2>/dev/null; do
    sleep 1
    if ((SECONDS - last >= 15)); then
      last=$SECONDS
      say "  $(grep -oE '^(\[[^]]*\]|[0-9]+ of [0-9]+)' "$log" | tail -n 1) steps"
    fi
  done
  status=0
  wait $pid || status=$?
  if ((status)); then
    grep -E -A12 'error|FAILED' "$log" | head -n 80 >&2
    rm -f "$log"
    return "$status"
  fi
  rm -f "$log"
}
