#!/bin/sh
# run [cuda|hip] [CASE...]: runs the cases of this folder on a GPU; without a kind,
# on the first of cuda and hip that has a driver.
cd "$(dirname "$0")" || exit 2
kinds="cuda hip"
case "$1" in cuda|hip) kinds=$1; shift;; esac
device=
for kind in $kinds; do
  line=$(./tercet-run --list-devices | grep "^$kind: ")
  printf '%s\n' "$line"
  case "$line" in *"no "*" driver"*|*"cannot"*|*"no GPU"*|*"has no"*) ;; *) device=${device:-$kind};; esac
done
passed=0 failed=0 none=0
while IFS='|' read -r name file bytes options; do
  [ -n "$name" ] || continue
  if [ $# -gt 0 ]; then
    case " $* " in *" $name "*) ;; *) continue;; esac
  fi
  if [ -z "$device" ]; then
    printf 'NO DRIVER  %s\n' "$name"
    none=$((none + 1))
    continue
  fi
  # shellcheck disable=SC2086
  if text=$(./tercet-run "artifacts/$file" --device="$device" --time=20 $options 2>&1); then
    verdict=PASS
    passed=$((passed + 1))
  else
    verdict=FAIL
    failed=$((failed + 1))
  fi
  seconds=$(printf '%s\n' "$text" | sed -n 's/.*time: median \([0-9.e-]*\) s.*/\1/p')
  printf '%-10s %-28s %s\n' "$verdict" "$name" "$(printf '%s %s\n' "${seconds:-0}" "$bytes" | awk '
    $1 > 0 { printf "%10.1f us", $1 * 1e6; if ($2 > 0) printf "  %8.1f GB/s of weights", $2 / $1 / 1e9 }')"
  [ "$verdict" = PASS ] || printf '%s\n' "$text" | sed 's/^/           /'
done < cases.txt
printf '%s passed, %s failed' "$passed" "$failed"
[ "$none" = 0 ] || printf ', %s not run: no driver of a GPU was found' "$none"
printf '\n'
[ "$failed" = 0 ]
