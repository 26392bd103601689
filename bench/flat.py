"""Does an account's size matter? The same commands on a small account and on one as big as the quotas allow.

    python3 bench/flat.py [SCALE] [DASHBOARD_SECONDS]

SCALE 1 is 5 trails, 10,000 log groups, 100 filters on the group, 5,000 alarms, 100 subscriptions, 100,000 root events.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from common import EMAIL, REGION, machine, median, programs, rootbell, table, world
from terminal import Terminal

COMMANDS = [
    ("status", ["status"], (0, 3)),
    ("apply, nothing or little to do", ["apply", "--yes", "--email", EMAIL], (0,)),
    ("events", ["events", "--since", "7d"], (0,)),
    ("events, 1,000 of them", ["events", "--since", "7d", "--limit", "1000"], (0,)),
]


def measure(aws, binary, seconds):
    """By command: requests, requests in a row, and the median of three times."""
    found = {}
    for name, arguments, statuses in COMMANDS:
        times = []
        for _ in range(3):
            aws.latency(0)
            times.append(aws.run([binary, *arguments], statuses)[0])
            stats = aws.stats()
        found[name] = stats["requests"], stats["depth"], median(times)
    aws.latency(0)
    terminal = Terminal([binary, "--quiet"], {**aws.env(), "TERM": "xterm-256color"})
    # The wizard opens on its first screen where something is missing, as the emulator has it; `d` leads on.
    terminal.until(b"account")
    time.sleep(2)
    os.write(terminal.fd, b"d")
    finish = time.perf_counter() + seconds
    while time.perf_counter() < finish:
        terminal.read(0.5)
    terminal.end()
    stats = aws.stats()
    found[f"dashboard, {seconds:.0f} s"] = stats["requests"], stats["depth"], None
    return found


def main():
    scale = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60
    binary = rootbell()
    with world() as aws:
        aws.run([binary, "apply", "--yes", "--email", EMAIL])
        small = measure(aws, binary, seconds)
        began = time.perf_counter()
        filler = [str(programs("boto3") / "python"), str(Path(__file__).parent / "fill.py"), REGION, str(scale)]
        # Straight into the emulator: the proxy has nothing to count here.
        env = {**aws.env(), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws.emulator}", "PATH": os.environ["PATH"]}
        said = subprocess.run(filler, env=env, check=True, capture_output=True, text=True).stdout.strip()
        took = time.perf_counter() - began
        big = measure(aws, binary, seconds)
    print(f"{machine()}; median of 3\n\nBig account (filled in {took:.0f} s): {said}\n")
    rows = []
    for name, (requests, depth, wall) in small.items():
        more, deeper, longer = big[name]
        seconds_of = lambda value: "" if value is None else f"{value:.3f} s"
        rows.append([name, requests, more, depth, deeper, seconds_of(wall), seconds_of(longer)])
    table(["", "requests, small", "big", "in a row, small", "big", "wall, small", "big"], rows)


main()
