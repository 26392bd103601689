"""Measures rootbell in a terminal: time to the first frame, time from key to frame, and the idle dashboard.

    python3 bench/terminal.py [IDLE_SECONDS]
"""

import fcntl
import os
import pty
import select
import signal
import socket
import struct
import sys
import tempfile
import termios
import threading
import time

from common import machine, median, peak_memory, rootbell, table

#: Hides the cursor, which is how ratatui ends a frame, whatever the screen says. Source: xterm, "Control Sequences", DECTCEM.
END_OF_FRAME = b"\x1b[?25l"


class Terminal:
    """A program in a pseudo-terminal of 80×24."""

    def __init__(self, command, env):
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def read(self, timeout):
        """The next output; empty if there is none within the timeout in seconds."""
        ready, _, _ = select.select([self.fd], [], [], timeout)
        return os.read(self.fd, 1 << 16) if ready else b""

    def wait_for(self, text, timeout=10):
        """Waits for the text; returns the seconds since the start of the program."""
        output = b""
        while text not in output:
            chunk = self.read(timeout)
            if not chunk:
                raise SystemExit(f"{text} did not appear; {output[-500:]}")
            output += chunk
        return time.perf_counter() - self.started

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        while True:
            try:
                if not self.read(5):
                    break
            except OSError:
                break
        _, _, usage = os.wait4(self.pid, 0)
        os.close(self.fd)
        return usage


def hanging_endpoint():
    """Starts an endpoint that accepts connections and never responds."""
    server = socket.create_server(("127.0.0.1", 0))
    connections = []
    def listen():
        while True:
            connections.append(server.accept())
    threading.Thread(target=listen, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def cpu(pid):
    """The CPU seconds used so far. Source: proc(5), /proc/pid/stat, utime and stime."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_memory(pid):
    """The resident memory in MiB. Source: proc(5), /proc/pid/statm."""
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1024 * 1024)


def environment(home, endpoint=None):
    env = {"PATH": os.environ["PATH"], "HOME": home, "TERM": "xterm-256color", "AWS_REGION": "eu-west-1",
           "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
    return {**env, "AWS_ENDPOINT_URL": endpoint} if endpoint else env


def main():
    idle = float(sys.argv[1]) if len(sys.argv) > 1 else 300
    binary = rootbell()
    rows = []
    with tempfile.TemporaryDirectory() as home:
        hanging = environment(home, hanging_endpoint())
        frames = []
        for _ in range(20):
            terminal = Terminal([binary], hanging)
            frames.append(1000 * terminal.wait_for(END_OF_FRAME))
            terminal.end()
        rows.append(["exec → first frame", f"{median(frames):.1f} ms", f"{max(frames):.1f} ms", "≤ 20 ms"])

        # All calls hang. Each key opens or closes the help, which redraws the screen.
        terminal = Terminal([binary], hanging)
        terminal.wait_for(END_OF_FRAME)
        keys = []
        for i in range(300):
            while terminal.read(0):
                pass
            pressed = time.perf_counter()
            os.write(terminal.fd, b"?" if i % 2 == 0 else b"\x1b[11~")
            # The spinner writes only a few bytes; more than that is the redrawn screen.
            written = 0
            while written < 300:
                written += len(terminal.read(5))
            keys.append(1000 * (time.perf_counter() - pressed))
        terminal.end()
        keys.sort()
        rows.append(["key → frame while all calls hang", f"{median(keys):.2f} ms", f"p99 {keys[int(len(keys) * 0.99)]:.2f} ms",
                     "p99 ≤ 5 ms"])

        terminal = Terminal([binary, "--demo=ringing", "--quiet"], environment(home))
        terminal.wait_for(END_OF_FRAME)
        # The time just after the start does not count as idle.
        settle = min(30, idle)
        finish = time.perf_counter() + settle
        while time.perf_counter() < finish:
            terminal.read(1)
        before, first_memory, written = cpu(terminal.pid), resident_memory(terminal.pid), 0
        finish = time.perf_counter() + idle
        while time.perf_counter() < finish:
            written += len(terminal.read(1))
        used, last_memory = cpu(terminal.pid) - before, resident_memory(terminal.pid)
        usage = terminal.end()
        rows.append([f"dashboard, idle for {idle:.0f} s", f"{100 * used / idle:.2f}% of a core",
                     f"{written / idle:.0f} bytes/s", "≤ 0.2%"])
        rows.append(["its memory, at start and end", f"{first_memory:.1f} MiB",
                     f"{last_memory:.1f} MiB, peak {peak_memory(usage):.1f}", "constant"])
    print(f"{machine()}\n")
    table(["", "median", "worst", "budget"], rows)


if __name__ == "__main__":
    main()
