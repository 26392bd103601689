"""Shared by all measurements: tools in virtual environments, and an emulated account behind a proxy."""

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


#: The virtual environments, shared with the tests: folder, and requirements file.
VENVS = {
    "ministack": ("emulator-venv", ROOT / "tests" / "it" / "support" / "emulator.txt"),
    "aws": ("aws-cli-venv", ROOT / "tests" / "it" / "support" / "aws-cli.txt"),
    "boto3": ("boto3-venv", ROOT / "bench" / "boto3.txt"),
}


def venv_programs(name):
    """The programs folder of a virtual environment, which is created if needed."""
    folder, requirements = VENVS[name]
    home = ROOT / "target" / folder
    marker = home / "pins.txt"
    if not marker.exists() or marker.read_text() != requirements.read_text():
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        pip = [home / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", requirements], check=True)
        marker.write_text(requirements.read_text())
    return home / "bin"


def rootbell():
    """The path of the binary: `$ROOTBELL`, or an up-to-date release build."""
    if "ROOTBELL" in os.environ:
        return os.environ["ROOTBELL"]
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return str(target / "release" / "rootbell")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def request(port, path, method="GET"):
    message = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    with urllib.request.urlopen(message, timeout=60) as response:
        return response.read()


def wait_for(port, path):
    for _ in range(600):
        try:
            return request(port, path)
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"no response on port {port}")


class EmulatedAccount:
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
        self.processes = [subprocess.Popen([str(venv_programs("ministack") / "ministack")], env=env, cwd=home, **quiet),
                          subprocess.Popen(proxy, **{**quiet, "stderr": None})]
        wait_for(self.emulator, "/_ministack/health")
        wait_for(self.proxy, "/_proxy/stats")

    def reset(self):
        request(self.emulator, "/_ministack/reset", "POST")

    def latency(self, milliseconds):
        request(self.proxy, f"/_proxy/reset?latency={milliseconds}")

    def stats(self):
        """The proxy's figures on the requests since the last reset: how many, how many in sequence or at once, times."""
        return json.loads(request(self.proxy, "/_proxy/stats"))

    def env(self):
        return {
            "PATH": f"{venv_programs('aws')}:{os.environ['PATH']}", "HOME": self.home, "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.proxy}",
        }

    def run(self, command, statuses=(0,)):
        """Runs a command; returns its seconds, CPU seconds, peak memory in MiB, and output."""
        out = tempfile.TemporaryFile()
        started = time.perf_counter()
        child = subprocess.Popen(command, env=self.env(), cwd=self.home, stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        took = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        output = out.read().decode()
        if child.returncode not in statuses:
            raise SystemExit(f"{command} ended with {child.returncode}:\n{output}")
        return took, usage.ru_utime + usage.ru_stime, peak_memory(usage), output

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()


def peak_memory(usage):
    """The peak memory in MiB; Linux reports KiB, macOS bytes."""
    return usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


@contextmanager
def emulated_account():
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        account = EmulatedAccount(home)
        try:
            yield account
        finally:
            account.close()


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
