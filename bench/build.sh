#!/usr/bin/env bash
# Clean builds in a target directory of their own: how long they take, how big the program is, how many crates it has.
# What is downloaded beforehand does not count.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(mktemp -d)
trap 'rm -rf "$target"' EXIT
cargo fetch --locked --quiet

machine=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1 || true)
echo "$(getconf _NPROCESSORS_ONLN) cores, ${machine:-$(uname -m)}, $(uname -s), $(date +%F), $(rustc --version)"
echo
echo "| build | wall | CPU | binary |"
echo "|-------|------|-----|--------|"
for profile in debug release; do
    flags=(build --locked --quiet --bin rootbell)
    [ "$profile" = release ] && flags+=(--release)
    TIMEFORMAT='%0R s | %0U s'
    took=$({ time CARGO_TARGET_DIR=$target CARGO_INCREMENTAL=0 cargo "${flags[@]}" >&2; } 2>&1 | tail -n 1)
    size=$(wc -c < "$target/$profile/rootbell")
    echo "| $profile | $took | $((size / 1000000)) MB |"
done
echo
crates() { cargo tree --locked --edges "$1" --prefix none --no-dedupe | sed 's/ (\*)$//' | sort -u | wc -l; }
echo "Crates: $(crates normal) in the program, $(crates normal,build) with what builds it."
