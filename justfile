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

# Against the AWS CLI and boto3, and in a terminal: one run on one machine
bench:
    python3 bench/against.py
    python3 bench/terminal.py

# A crowded account against a small one
bench-flat share="1":
    python3 bench/flat.py {{share}}

# Draws and keys, screen by screen
bench-draw:
    cargo bench --bench draw

# An hour of dashboard: CPU, memory, requests
bench-hour seconds="3600":
    python3 bench/hour.py {{seconds}}

# Clean builds: time and size
bench-build:
    python3 bench/build.py
