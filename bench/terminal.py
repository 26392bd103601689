"""The wizard in a terminal: the first frame, a key, an hour of looking on.

    python3 bench/terminal.py [SECONDS OF IDLING]
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

from common import machine, median, peak, rootbell, table


class Terminal:
    """A program on a pseudo-terminal of 80 by 24."""

    def __init__(self, command, env):
        self.began = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def read(self, limit):
        """What comes within so many seconds; empty: nothing."""
        ready, _, _ = select.select([self.fd], [], [], limit)
        return os.read(self.fd, 1 << 16) if ready else b""

    def until(self, text, limit=10):
        """Seconds from the start until the text was written."""
        seen = b""
        while text not in seen:
            got = self.read(limit)
            if not got:
                raise SystemExit(f"{text} never came; {seen[-500:]}")
            seen += got
        return time.perf_counter() - self.began

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


def silence():
    """An endpoint that takes every connection and never answers."""
    server = socket.create_server(("127.0.0.1", 0))
    kept = []
    def listen():
        while True:
            kept.append(server.accept())
    threading.Thread(target=listen, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def cpu(pid):
    """CPU seconds so far. Source: proc(5), /proc/pid/stat, utime and stime."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid):
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
        hanging = environment(home, silence())
        frames = []
        for _ in range(20):
            terminal = Terminal([binary], hanging)
            frames.append(1000 * terminal.until(b"asking"))
            terminal.end()
        rows.append(["exec → first frame", f"{median(frames):.1f} ms", f"{max(frames):.1f} ms", "≤ 20 ms"])

        # Every call hangs; each key opens or closes the help, and is answered by a change of the screen.
        terminal = Terminal([binary], hanging)
        terminal.until(b"asking")
        keys = []
        for i in range(300):
            while terminal.read(0):
                pass
            began = time.perf_counter()
            os.write(terminal.fd, b"?" if i % 2 == 0 else b"\x1b[11~")
            # The spinner draws by itself, a few bytes at a time: only a screenful is the answer.
            seen = 0
            while seen < 300:
                seen += len(terminal.read(5))
            keys.append(1000 * (time.perf_counter() - began))
        terminal.end()
        keys.sort()
        rows.append(["key → frame, all calls hanging", f"{median(keys):.2f} ms", f"p99 {keys[int(len(keys) * 0.99)]:.2f} ms",
                     "p99 ≤ 5 ms"])

        terminal = Terminal([binary, "--demo=ringing", "--quiet"], environment(home))
        terminal.until(b"history")
        # The first minute belongs to the start, not to idling.
        settle = min(30, idle)
        finish = time.perf_counter() + settle
        while time.perf_counter() < finish:
            terminal.read(1)
        before, at_first, written = cpu(terminal.pid), resident(terminal.pid), 0
        finish = time.perf_counter() + idle
        while time.perf_counter() < finish:
            written += len(terminal.read(1))
        used, at_last = cpu(terminal.pid) - before, resident(terminal.pid)
        usage = terminal.end()
        rows.append([f"dashboard, {idle:.0f} s of looking on", f"{100 * used / idle:.2f} % of a core",
                     f"{written / idle:.0f} bytes/s", "≤ 0.2 %"])
        rows.append(["its memory, at first and at last", f"{at_first:.1f} MiB", f"{at_last:.1f} MiB, peak {peak(usage):.1f}",
                     "flat"])
    print(f"{machine()}\n")
    table(["", "median", "worst", "budget"], rows)


if __name__ == "__main__":
    main()
