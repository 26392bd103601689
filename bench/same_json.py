#!/usr/bin/env python3
"""Compares the JSON of two builds of rootbell on every demo account, except for sentences and times.

    bench/same_json.py OLD_BINARY NEW_BINARY

Field names, ids, verdicts, the order of lists and exit statuses must be the same; only text meant for people may
differ. Prints each difference and exits with 1 if there is one.
"""
import json
import subprocess
import sys

SCENARIOS = ["fresh", "half-done", "organization", "denied", "expired", "drifted", "ringing"]
COMMANDS = [
    ["status", "--json"],
    ["plan", "--format", "json", "--email", "alice@example.com"],
    ["events", "--json"],
    ["apply", "--yes", "--json", "--email", "alice@example.com"],
    ["destroy", "--format", "json"],
    ["destroy", "--yes", "--json", "--with-logs"],
]
# Fields with sentences, and fields that depend on the time of the run.
SENTENCES = {"title", "detail", "fix", "why", "open", "reason", "gap", "description", "note", "notes", "blocked"}
TIMES = {"since", "time", "at", "from", "to", "searched_back_to", "eventTime"}


def shape(value, key=None):
    if isinstance(value, dict):
        return {k: shape(v, k) for k, v in value.items()}
    if isinstance(value, list):
        if key in SENTENCES:
            return [f"<{len(value)} sentences>"]
        return [shape(v, key) for v in value]
    if value is not None and key in SENTENCES:
        return "<sentence>"
    if value is not None and key in TIMES:
        return "<time>"
    if key == "aws_cli" and isinstance(value, str):
        # Without the alarm's description, which is a sentence.
        return value.split(" --alarm-description ")[0]
    return value


def run(binary, scenario, command):
    result = subprocess.run([binary, f"--demo={scenario}", *command], stdin=subprocess.DEVNULL, capture_output=True,
                            text=True)
    try:
        document = shape(json.loads(result.stdout)) if result.stdout.strip() else None
    except ValueError:
        document = result.stdout
    return {"status": result.returncode, "json": document}


def differences(old, new, path="$"):
    if isinstance(old, dict) and isinstance(new, dict):
        for key in list(old) + [k for k in new if k not in old]:
            if key not in old:
                yield f"{path}.{key}: only in the new build: {new[key]!r}"
            elif key not in new:
                yield f"{path}.{key}: only in the old build: {old[key]!r}"
            else:
                yield from differences(old[key], new[key], f"{path}.{key}")
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield f"{path}: {len(old)} entries before, {len(new)} now"
        for i, (a, b) in enumerate(zip(old, new)):
            yield from differences(a, b, f"{path}[{i}]")
    elif old != new:
        yield f"{path}: {old!r} before, {new!r} now"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    old, new = sys.argv[1:]
    found = compared = 0
    for scenario in SCENARIOS:
        for command in COMMANDS:
            compared += 1
            for difference in differences(run(old, scenario, command), run(new, scenario, command)):
                found += 1
                print(f"{scenario}: {' '.join(command)}: {difference}")
    print(f"{compared} outputs compared, {found} differences")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
