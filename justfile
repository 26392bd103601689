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
