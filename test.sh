#!/usr/bin/env bash
# Installs what the tests need, builds with warnings as errors, runs every test.
# Last line: N passed, N failed, N skipped
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
say() { printf '%s\n' "$1"; }
fail() { printf 'test.sh: %s\n' "$1" >&2; echo "0 passed, 1 failed, 0 skipped"; exit 1; }

if [ "${1:-}" = "--help" ]; then
  echo "Usage: ./test.sh [name part of test projects …]   e.g. ./test.sh Model Jobs"
  exit 0
fi

source eng/machine.sh
require_dotnet
require_packages ffmpeg npm fonts-noto-cjk poppler-utils chromium postgresql redis-server curl

# Two test processes must not fight for two cores: libgomp would spin.
export OMP_WAIT_POLICY=PASSIVE GOMP_SPINCOUNT=0

step() { printf '== %s (%ss)\n' "$1" "$SECONDS"; }
step "restore"; dotnet restore MiniSora.sln -v quiet || fail "restore failed"
step "build"; dotnet build MiniSora.sln -c Release --no-restore -v quiet -nologo -warnaserror || fail "the build failed"
step "format"; dotnet format MiniSora.sln --verify-no-changes --no-restore --severity warn || fail "run 'dotnet format MiniSora.sln'"

results="$(mktemp -d)"
trap 'rm -rf "$results"' EXIT
status=0
for project in tests/*.Tests; do
  name="$(basename "$project")"
  if [ $# -gt 0 ]; then
    wanted=0; for part in "$@"; do [[ "$name" == *"$part"* ]] && wanted=1; done
    [ "$wanted" = 1 ] || continue
  fi
  step "$name"
  dotnet test "$project" -c Release --no-build --nologo --logger "trx;LogFileName=$name.trx" --results-directory "$results" \
    --blame-hang-timeout 10m || status=1
done

# vstest's TRX leaves notExecuted at 0 for skipped tests: skipped = total - executed.
totals="$(grep -h -o '<Counters [^>]*>' "$results"/*.trx 2>/dev/null | awk '
  function field(n,  m) { if (match($0, n "=\"[0-9]+\"")) { m = substr($0, RSTART, RLENGTH); gsub(/[^0-9]/, "", m); return m + 0 } return 0 }
  { total += field(" total"); executed += field("executed"); passed += field("passed"); failed += field("failed") + field("error") + field("timeout") + field("aborted") }
  END { printf "%d %d %d", passed, failed, total - executed }')"
read -r passed failed skipped <<<"${totals:-0 0 0}"
[ "$status" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
printf '== done in %ss\n%s passed, %s failed, %s skipped\n' "$SECONDS" "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
