#!/bin/sh
# run [cuda|hip] [CASE...]: runs the cases of this folder on a GPU; without a kind,
# on the first of cuda and hip that has a driver. Prints PASS or FAIL and the time of
# a call for each, below it the time of each of its kernels, and at the end a table
# in Markdown that puts the kernels beside what this GPU reached here: memory and
# int8 by the kernels of peaks.tercet. A run of chosen cases measures peaks as well.
cd "$(dirname "$0")" || exit 2
kinds="cuda hip"
case "$1" in cuda|hip) kinds=$1; shift;; esac
device= about=
for kind in $kinds; do
  line=$(./tercet-run --list-devices | grep "^$kind: ")
  printf '%s\n' "$line"
  case "$line" in *"no "*" driver"*|*"cannot"*|*"no GPU"*|*"has no"*) ;;
    *) [ -n "$device" ] || about=${line#*: }; device=${device:-$kind};; esac
done
rows=$(mktemp) || exit 2
trap 'rm -f "$rows"' EXIT

# kernels FILE OPTIONS...: "name times us GB/s Gop/s about" of every kernel of a call;
# GB/s and Gop/s are - where the artifact does not say what a kernel does.
kernels() {
  artifact=$1
  shift
  ./tercet-bench "artifacts/$artifact" --device="$device" "$@" 2>&1 | awk '
    /: median / { inside = 1; next }
    /^  kernel / { next }
    !inside || NF < 3 { next }
    {
      known = $4 ~ /^[0-9.]+$/ && $5 ~ /^[0-9.]+$/
      first = known ? ($6 ~ /%$/ ? 7 : 6) : 4
      text = ""
      for (i = first; i <= NF; ++i) text = text " " $i
      print $1, $2, $3, known ? $4 : "-", known ? $5 : "-", text
    }'
}

memory=0 int8=0
if [ -n "$device" ] && [ -f artifacts/peaks.tercet ]; then
  memory=$(kernels peaks.tercet --function=memory --seconds=0 | awk '$4 > best { best = $4 } END { print best + 0 }')
  int8=$(kernels peaks.tercet --function=int8 --seconds=0 | awk '$5 > best { best = $5 } END { print best / 1000 }')
  printf 'reached here: memory %s GB/s, int8 %s TOPS\n' "$memory" "$int8"
fi

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
  if [ "$verdict" = FAIL ]; then
    printf '%s\n' "$text" | sed 's/^/           /'
    continue
  fi
  chosen=
  for option in $options; do
    case "$option" in --function=*|--input-shape=*) chosen="$chosen $option";; esac
  done
  # shellcheck disable=SC2086
  kernels "$file" $chosen --seconds=0.1 | while read -r kernel times us gbs gops text; do
    printf '           %-40s %s\n' "$kernel" "$(printf '%s %s %s\n' "$us" "$gbs" "$gops" | awk '
      { printf "%10.1f us", $1; if ($2 != "-") printf "  %8.1f GB/s  %8.2f TOPS", $2, $3 / 1000 }')"
    printf '%s|%s|%s|%s|%s|%s|%s\n' "$name" "$kernel" "$times" "$us" "$gbs" "$gops" "$text" >> "$rows"
  done
done < cases.txt

if [ -s "$rows" ]; then
  printf '\nDevice: %s. Reached here: memory %s, int8 %s. Times are the device'"'"'s, of all\nruns of a kernel in one call.\n\n' "$about" \
    "$(awk -v v="$memory" 'BEGIN { if (v > 0) printf "%.0f GB/s", v; else printf "not measured" }')" \
    "$(awk -v v="$int8" 'BEGIN { if (v > 0) printf "%.1f TOPS", v; else printf "not measured" }')"
  awk -F'|' -v memory="$memory" -v int8="$int8" '
    function share(value, most) { return most > 0 ? sprintf("%.0f %%", 100 * value / most) : "-" }
    BEGIN {
      print "| case | kernel | runs | us | GB/s | of memory | TOPS | of int8 |"
      print "|---|---|---:|---:|---:|---:|---:|---:|"
    }
    {
      bytes = tops = ofMemory = ofInt8 = "-"
      if ($5 != "-") {
        bytes = sprintf("%.1f", $5); ofMemory = share($5, memory)
        tops = sprintf("%.2f", $6 / 1000)
        # Only integer products are what the int8 figure is of.
        if ($7 ~ /^ *matmul .* (i2|t5|b33|c5)( |$)/) ofInt8 = share($6 / 1000, int8)
      }
      printf "| %s | `%s` | %s | %.1f | %s | %s | %s | %s |\n", $1, $2, $3, $4, bytes, ofMemory, tops, ofInt8
    }' "$rows"
  printf '\n'
fi
printf '%s passed, %s failed' "$passed" "$failed"
[ "$none" = 0 ] || printf ', %s not run: no driver of a GPU was found' "$none"
printf '\n'
[ "$failed" = 0 ]
