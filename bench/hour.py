"""The dashboard left open: CPU, memory and requests, on the demo account and over HTTP against the emulator.

    python3 bench/hour.py [SECONDS]
"""

import os
import sys
import tempfile
import time

from common import EMAIL, machine, peak, rootbell, table, world
from terminal import Terminal, cpu, environment, resident

#: Seconds between two questions of the dashboard's parts, as in src/app/dashboard.rs; the chain is a look of its own.
PACES = {"alarm": 5, "history": 15, "events": 30, "metric": 60}
CHAIN = 120


def watch(terminals, seconds):
    """Reads what they write, and lets time pass."""
    finish = time.perf_counter() + seconds
    while time.perf_counter() < finish:
        for terminal in terminals:
            terminal.read(0.5)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3600
    binary = rootbell()
    with tempfile.TemporaryDirectory() as home, world() as aws:
        aws.run([binary, "apply", "--yes", "--email", EMAIL])
        aws.latency(0)
        aws.run([binary, "status"], (0, 3))
        look = aws.stats()["requests"] - 2  # less who is signed in, and the alias
        demo = Terminal([binary, "--demo=ringing", "--quiet"], environment(home))
        wire = Terminal([binary, "--quiet"], {**environment(home), **aws.env(), "TERM": "xterm-256color"})
        wire.until(b"Already")
        # The emulator forgets the trail's log group, so that this account is never all set up.
        watch([demo, wire], 5)
        os.write(wire.fd, b"d")
        watch([demo, wire], 30)
        aws.latency(0)
        first = {name: (cpu(t.pid), resident(t.pid)) for name, t in (("demo", demo), ("HTTP", wire))}
        watch([demo, wire], seconds)
        requests = aws.stats()["requests"]
        expected = sum(seconds / pace for pace in PACES.values()) + seconds / CHAIN * look
        rows = []
        for name, terminal in (("demo", demo), ("HTTP", wire)):
            used, memory = cpu(terminal.pid) - first[name][0], resident(terminal.pid)
            usage = terminal.end()
            asked = f"{requests}, by the paces {expected:.0f}" if name == "HTTP" else ""
            rows.append([name, f"{100 * used / seconds:.3f} % of a core", f"{first[name][1]:.1f} → {memory:.1f} MiB",
                         f"{peak(usage):.1f} MiB", asked])
    print(f"{machine()}; {seconds:.0f} s\n")
    table(["", "CPU", "memory", "peak", "requests"], rows)


if __name__ == "__main__":
    main()
