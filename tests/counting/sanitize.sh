#!/bin/sh
# Runs the tests of the counting cores with the extension built under the address and
# undefined-behaviour sanitizers: in a copy of the tree, so the ordinary build stays as it is.
# Needs gcc on Linux. Run it from the top of the tree; PYTHON names the interpreter.
set -eu

PYTHON=${PYTHON:-python3}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r anomeval tests setup.py pyproject.toml README.md LICENSE "$copy"
cd "$copy"
rm -f anomeval/counting/_native*.so
ANOMEVAL_SANITIZE=1 CC=gcc "$PYTHON" setup.py -q build_ext --inplace --force

# Python itself is not built for the sanitizers, so their runtimes must be there before it is;
# libstdc++ with them, or exceptions of other extensions would abort. Python's own allocator would
# hide errors, and what it keeps to its end is no leak of ours.
runtime=""
for library in libasan.so libubsan.so libstdc++.so; do
    runtime="$runtime $(gcc -print-file-name=$library)"
done
LD_PRELOAD="$runtime" PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0 ANOMEVAL_REQUIRE_NATIVE=1 \
    "$PYTHON" -m pytest tests/counting -p no:cacheprovider "$@"
