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

# Licences, bans and sources of the dependencies
deny:
    cargo deny check
