#!/usr/bin/env bash
# Clean builds in a directory of their own: how long they take, and how large the result is.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(mktemp -d)
trap 'rm -rf "$target"' EXIT
echo "| | wall | CPU | binary |"
echo "|---|---|---|---|"
for profile in dev release; do
    folder=${profile/dev/debug}
    TIMEFORMAT='%R %U %S'
    took=$( { time CARGO_TARGET_DIR="$target" cargo build --locked --quiet --profile "$profile" 2>/dev/null; } 2>&1 )
    read -r wall user sys <<< "$took"
    size=$(($(wc -c < "$target/$folder/rootbell") / 1000000))
    echo "| $profile | $wall s | $(awk "BEGIN { print $user + $sys }") s | $size MB |"
done
echo
echo "$(cargo tree --locked -e normal --prefix none | sort -u | wc -l) crates, $(nproc) cores, $(date +%F)"
