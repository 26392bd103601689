#!/usr/bin/env bash
# Packs a release: the program, its completions and man pages, the licenses, and what has changed.
#
#     .github/archive.sh BINARY NAME FOLDER      writes FOLDER/NAME.tar.gz, or NAME.zip for a program that ends in .exe
#
# The binary must run on this machine, because it prints its own completions and man pages.
set -euo pipefail
binary=$(realpath "$1") name=$2
mkdir -p "$3"
folder=$(realpath "$3")
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
content=$work/$name
mkdir -p "$content"/{completions,man}
cp "$binary" README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "$content"

for shell in bash zsh fish powershell elvish; do
    "$binary" completions "$shell" >"$content/completions/rootbell.$shell"
done
"$binary" man >"$content/man/rootbell.1"
for command in $("$binary" --help | tr -d '\r' | awk '/^Commands:/ { list = 1; next } /^$/ { list = 0 } list && /^  [a-z]/ { print $1 }'); do
    [ "$command" = help ] || "$binary" man "$command" >"$content/man/rootbell-$command.1"
done

if [[ $binary == *.exe ]]; then
    (cd "$work" && 7z a -bso0 "$folder/$name.zip" "$name")
else
    tar -czf "$folder/$name.tar.gz" -C "$work" "$name"
fi
