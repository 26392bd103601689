"""What every measurement needs: tools in virtual environments, an emulated account, and the proxy before it."""

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REGION = "eu-west-1"
EMAIL = "alice@example.com"


#: The environments, which the tests share: where each is, and the file with the versions in it.
VENVS = {
    "ministack": ("emulator-venv", ROOT / "tests" / "it" / "support" / "emulator.txt"),
    "aws": ("aws-cli-venv", ROOT / "tests" / "it" / "support" / "aws-cli.txt"),
    "boto3": ("boto3-venv", ROOT / "bench" / "boto3.txt"),
}


def programs(name):
    """The programs of a virtual environment, which is made when it is first asked for."""
    home, pins = VENVS[name]
    home = ROOT / "target" / home
    marker = home / "pins.txt"
    if not marker.exists() or marker.read_text() != pins.read_text():
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        pip = [home / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", pins], check=True)
        marker.write_text(pins.read_text())
    return home / "bin"


def rootbell():
    if "ROOTBELL" in os.environ:
        return os.environ["ROOTBELL"]
    """The release build, brought up to date."""
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return str(target / "release" / "rootbell")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(port, path, method="GET"):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def wait_for(port, path):
    for _ in range(600):
        try:
            return ask(port, path)
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing answers on port {port}")


class World:
    """An emulated account behind the proxy."""

    def __init__(self, home):
        self.home = home
        self.emulator, self.proxy = free_port(), free_port()
        env = {
            "PATH": os.environ["PATH"], "HOME": home, "TMPDIR": home, "STATE_DIR": f"{home}/state",
            "S3_DATA_DIR": f"{home}/s3", "DOCKER_HOST": "unix:///nowhere", "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.emulator), "LOG_LEVEL": "WARNING",
        }
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        proxy = [sys.executable, str(ROOT / "bench" / "proxy.py"), str(self.proxy), str(self.emulator)]
        self.processes = [subprocess.Popen([str(programs("ministack") / "ministack")], env=env, cwd=home, **quiet),
                          subprocess.Popen(proxy, **{**quiet, "stderr": None})]
        wait_for(self.emulator, "/_ministack/health")
        wait_for(self.proxy, "/_proxy/stats")

    def reset(self):
        ask(self.emulator, "/_ministack/reset", "POST")

    def latency(self, milliseconds):
        ask(self.proxy, f"/_proxy/reset?latency={milliseconds}")

    def stats(self):
        """Requests since the last reset: how many, how deep, how many at once."""
        return json.loads(ask(self.proxy, "/_proxy/stats"))

    def env(self):
        return {
            "PATH": f"{programs('aws')}:{os.environ['PATH']}", "HOME": self.home, "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.proxy}",
        }

    def run(self, command, statuses=(0,)):
        """Runs a command; seconds, CPU seconds, the peak of its memory in MiB, and what it printed."""
        out = tempfile.TemporaryFile()
        began = time.perf_counter()
        child = subprocess.Popen(command, env=self.env(), cwd=self.home, stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        took = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read().decode()
        if child.returncode not in statuses:
            raise SystemExit(f"{command} ended with {child.returncode}:\n{said}")
        return took, usage.ru_utime + usage.ru_stime, peak(usage), said

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()


def peak(usage):
    """MiB; Linux counts in KiB, macOS in bytes."""
    return usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


@contextmanager
def world():
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        it = World(home)
        try:
            yield it
        finally:
            it.close()


def machine():
    cpu = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{os.cpu_count()} cores, {cpu}, {platform.system()}, {time.strftime('%Y-%m-%d')}"


def median(values):
    values = sorted(values)
    return values[len(values) // 2]


def table(head, rows):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    def line(row):
        return "| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |"
    print(line(head))
    print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    for row in rows:
        print(line(row))
    sys.stdout.flush()
