# List the commands
default:
    @just --list

# Format, lint, test: what CI does
ci:
    bash .ci/run

# Run the tests
test:
    cargo test

# Look at the wizard on an account in memory
demo scenario="fresh":
    cargo run --release -- --demo={{scenario}}

# Write what is made from the code: the pictures, and the README's keys and output
screens:
    ROOTBELL_WRITE=1 cargo test --test it -- screens:: readme::

# Licences, bans and sources of the dependencies
deny:
    cargo deny check

# Against the AWS CLI and boto3, and in a terminal: five minutes of looking on among it
bench:
    python3 bench/against.py
    python3 bench/terminal.py

# A small account against one as big as the quotas allow
bench-flat scale="1":
    python3 bench/flat.py {{scale}}

# Every screen's draw, and a key
bench-draw:
    cargo bench --locked --bench draw

# Clean builds: times, sizes, crates
bench-build:
    bash bench/build.sh
