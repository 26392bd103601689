"""Measures the dashboard left open: CPU, memory and requests, on the demo account and on the emulator over HTTP.

    python3 bench/hour.py [SECONDS]
"""

import os
import sys
import tempfile
import time

from common import EMAIL, emulated_account, machine, peak_memory, rootbell, table
from terminal import Terminal, cpu, environment, resident_memory

#: Seconds between two queries of each polled value, as in src/app/state/dashboard.rs.
INTERVALS = {"alarm": 5, "history": 15, "events": 30, "metric": 60}
#: Seconds between two observations of the whole account.
OBSERVE_INTERVAL = 120


def read_for(terminals, seconds):
    """Reads the terminals' output for so many seconds."""
    finish = time.perf_counter() + seconds
    while time.perf_counter() < finish:
        for terminal in terminals:
            terminal.read(0.5)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3600
    binary = rootbell()
    with tempfile.TemporaryDirectory() as home, emulated_account() as aws:
        aws.run([binary, "apply", "--yes", "--email", EMAIL])
        aws.latency(0)
        aws.run([binary, "status"], (0, 3))
        per_observation = aws.stats()["requests"] - 2  # without the caller's identity and the account alias
        demo = Terminal([binary, "--demo=ringing", "--quiet"], environment(home))
        http = Terminal([binary, "--quiet"], {**environment(home), **aws.env(), "TERM": "xterm-256color"})
        http.wait_for(b"Signed in as")
        # The wizard opens first if rootbell finds the setup incomplete; `d` opens the dashboard.
        read_for([demo, http], 5)
        os.write(http.fd, b"d")
        read_for([demo, http], 30)
        aws.latency(0)
        first = {name: (cpu(t.pid), resident_memory(t.pid)) for name, t in (("demo", demo), ("HTTP", http))}
        read_for([demo, http], seconds)
        requests = aws.stats()["requests"]
        expected = sum(seconds / each for each in INTERVALS.values()) + seconds / OBSERVE_INTERVAL * per_observation
        rows = []
        for name, terminal in (("demo", demo), ("HTTP", http)):
            used, memory = cpu(terminal.pid) - first[name][0], resident_memory(terminal.pid)
            usage = terminal.end()
            count = f"{requests}, expected {expected:.0f}" if name == "HTTP" else ""
            rows.append([name, f"{100 * used / seconds:.3f}% of a core", f"{first[name][1]:.1f} → {memory:.1f} MiB",
                         f"{peak_memory(usage):.1f} MiB", count])
    print(f"{machine()}; {seconds:.0f} s\n")
    table(["", "CPU", "memory", "peak memory", "requests"], rows)


if __name__ == "__main__":
    main()
