"""What a crowded account costs, against a small one: requests, and time.

    python3 bench/flat.py [SHARE]

SHARE of the crowd in crowd.py; 1 takes the emulator some minutes to take in.
"""

import os
import sys
import time
from pathlib import Path

from common import EMAIL, REGION, machine, median, programs, rootbell, table, world
from terminal import Terminal, environment


def measure(aws, binary):
    """Seconds, requests and hops of each thing that a person does."""
    # The emulator forgets a new trail's log group, and keeps it when the trail is updated.
    for _ in range(3):
        aws.run([binary, "apply", "--yes", "--email", EMAIL])
    done = {}
    for name, command in (("status", ["status"]), ("apply, nothing to do", ["apply", "--yes", "--email", EMAIL]),
                          ("events --since 7d", ["events", "--since", "7d"])):
        times = []
        for _ in range(3):
            aws.latency(0)
            times.append(aws.run([binary, *command], (0, 3))[0])
        stats = aws.stats()
        done[name] = (median(times), stats["requests"], stats["depth"])
    terminal = Terminal([binary, "--quiet"], {**environment(aws.home), **aws.env(), "TERM": "xterm-256color"})
    terminal.until(b"Already")
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
    done["dashboard, two minutes"] = (120.0, aws.stats()["requests"], "")
    terminal.end()
    return done


def main():
    share = sys.argv[1] if len(sys.argv) > 1 else "1"
    binary = rootbell()
    with world() as aws:
        small = measure(aws, binary)
        topic = f"arn:aws:sns:{REGION}:000000000000:rootbell-alerts"
        crowd = [str(programs("boto3") / "python"), str(Path(__file__).parent / "crowd.py"),
                 f"http://127.0.0.1:{aws.emulator}", REGION, topic, "rootbell/cloudtrail", share]
        began = time.perf_counter()
        aws.run(crowd)
        filled = time.perf_counter() - began
        crowded = measure(aws, binary)
    print(f"{machine()}; share {share} of the crowd, which took {filled:.0f} s to put in\n")
    rows = [[name, f"{took:.2f} s", f"{crowded[name][0]:.2f} s", requests, crowded[name][1],
             f"{crowded[name][1] / requests:.2f}", depth, crowded[name][2]]
            for name, (took, requests, depth) in small.items()]
    table(["", "small", "crowded", "requests, small", "crowded", "ratio", "in a row, small", "crowded"], rows)


if __name__ == "__main__":
    main()
