"""Compares a large account with a small one: requests and time.

    python3 bench/flat.py [SHARE]

SHARE scales the amounts in crowd.py. With 1, filling the emulator takes some minutes.
"""

import os
import sys
import time
from pathlib import Path

from common import EMAIL, REGION, emulated_account, machine, median, rootbell, table, venv_programs
from terminal import Terminal, environment


def measure(aws, binary):
    """The seconds, requests and sequential requests of each task."""
    # The emulator ignores the log group of a new trail, but keeps it when the trail is updated.
    for _ in range(3):
        aws.run([binary, "apply", "--yes", "--email", EMAIL])
    results = {}
    for name, command in (("status", ["status"]), ("apply, nothing to do", ["apply", "--yes", "--email", EMAIL]),
                          ("events --since 7d", ["events", "--since", "7d"])):
        times = []
        for _ in range(3):
            aws.latency(0)
            times.append(aws.run([binary, *command], (0, 3))[0])
        stats = aws.stats()
        results[name] = (median(times), stats["requests"], stats["depth"])
    terminal = Terminal([binary, "--quiet"], {**environment(aws.home), **aws.env(), "TERM": "xterm-256color"})
    terminal.wait_for(b"Signed in as")
    finish = time.perf_counter() + 5
    while time.perf_counter() < finish:
        terminal.read(0.5)
    os.write(terminal.fd, b"d")
    finish = time.perf_counter() + 5
    while time.perf_counter() < finish:
        terminal.read(0.5)
    aws.latency(0)
    finish = time.perf_counter() + 120
    while time.perf_counter() < finish:
        terminal.read(1)
    results["dashboard, two minutes"] = (120.0, aws.stats()["requests"], "")
    terminal.end()
    return results


def main():
    share = sys.argv[1] if len(sys.argv) > 1 else "1"
    binary = rootbell()
    with emulated_account() as aws:
        small = measure(aws, binary)
        topic = f"arn:aws:sns:{REGION}:000000000000:rootbell-alerts"
        crowd = [str(venv_programs("boto3") / "python"), str(Path(__file__).parent / "crowd.py"),
                 f"http://127.0.0.1:{aws.emulator}", REGION, topic, "rootbell/cloudtrail", share]
        started = time.perf_counter()
        aws.run(crowd)
        fill_time = time.perf_counter() - started
        large = measure(aws, binary)
    print(f"{machine()}; share {share} of the large account, which took {fill_time:.0f} s to create\n")
    rows = [[name, f"{took:.2f} s", f"{large[name][0]:.2f} s", requests, large[name][1],
             f"{large[name][1] / requests:.2f}", depth, large[name][2]]
            for name, (took, requests, depth) in small.items()]
    table(["", "small", "large", "requests, small", "large", "ratio", "sequential, small", "large"], rows)


if __name__ == "__main__":
    main()
