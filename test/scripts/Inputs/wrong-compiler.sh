#!/bin/sh
# tercet-compile whose seventh optional pass takes products for sums. $REAL is the one
# that does not.
limit=-1
for argument in "$@"; do
  case $argument in --pass-bisect-limit=*) limit=${argument#*=} ;; esac
done
model=$1
shift
if [ "$limit" -ge 0 ] && [ "$limit" -lt 7 ]; then
  exec "$REAL" "$model" "$@"
fi
sed 's/arith\.mulf/arith.addf/' "$model" > "$model.wrong.mlir"
exec "$REAL" "$model.wrong.mlir" "$@"
