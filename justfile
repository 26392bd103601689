# List the recipes
default:
    @just --list

# Run the checks that CI runs: format, lints, tests
ci:
    bash .ci/run

# Run the tests
test:
    cargo test

# Run the wizard on a demo account
demo scenario="fresh":
    cargo run --no-default-features -- --demo={{scenario}}

# Update the generated files: the screenshots, and the README's keys and output
screens:
    ROOTBELL_WRITE=1 cargo test --test it -- screens:: readme::

# Check the licenses, bans and sources of the dependencies
deny:
    cargo deny check

# Compare with the AWS CLI and boto3, and measure the wizard in a terminal
bench:
    python3 bench/against.py
    python3 bench/terminal.py

# Compare a large account with a small one
bench-flat share="1":
    python3 bench/flat.py {{share}}

# Measure drawing and key handling for each screen
bench-draw:
    cargo bench --bench draw

# Measure an open dashboard for an hour: CPU, memory, requests
bench-hour seconds="3600":
    python3 bench/hour.py {{seconds}}

# Measure clean builds: time and size
bench-build:
    python3 bench/build.py
