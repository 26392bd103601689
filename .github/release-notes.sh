#!/usr/bin/env bash
# Prints the notes of a release: how to install it, and the section of CHANGELOG.md.
#
#     .github/release-notes.sh TAG REPOSITORY-URL
set -euo pipefail
tag=$1 repository=$2
cd "$(dirname "$0")/.."

cat <<END
In AWS CloudShell, or on any other Linux with an x86-64 processor:

    curl -fsSL $repository/releases/download/$tag/rootbell-x86_64-unknown-linux-musl.tar.gz | tar xz
    rootbell-x86_64-unknown-linux-musl/rootbell status

To check where a file comes from: \`gh attestation verify FILE --repo ${repository#*://*/}\`. The checksums are in
SHA256SUMS, and the dependencies in rootbell.cdx.json.

END
changes=$(awk -v heading="## [${tag#v}]" '
    /^## \[/ { found = index($0, heading) == 1; next }
    found { print }' CHANGELOG.md)
if [ -z "${changes//[[:space:]]/}" ]; then
    echo "CHANGELOG.md has no section for $tag." >&2
    exit 1
fi
echo "$changes"
