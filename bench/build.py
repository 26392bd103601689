"""Measures clean builds: time, CPU and size, and the effect of each build setting in Cargo.toml.

    python3 bench/build.py [ROW ...]

Every row except `again` is a clean build in a temporary folder. The first rows use the repository's settings; each of
the others changes one of them.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, machine, table

#: Name, title, folder of the result, cargo's arguments.
ROWS = [
    ("debug", "debug, as configured", "debug", []),
    ("again", "debug, one file of src/domain changed", "debug", []),
    ("lines", "debug, with full debug information", "debug",
     ["--config", "profile.dev.debug=true", "--config", 'profile.dev.package."*".debug=true']),
    ("release", "release, as configured", "release", ["--release"]),
    ("thin", "release, thin LTO", "release", ["--release", "--config", "profile.release.lto='thin'"]),
    ("cargo", "release, cargo's default profile, stripped", "release",
     ["--release", "--config", "profile.release.lto=false", "--config", "profile.release.codegen-units=16",
      "--config", "profile.release.opt-level=3"]),
    ("fast", "release, optimized for speed", "release", ["--release", "--config", "profile.release.opt-level=3"]),
    ("default", "release, with the SDK's default features", "release", ["--release"]),
]


def copy(home):
    """Copies the files tracked by git, since a row may modify them."""
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for file in filter(None, files.split("\0")):
        to = home / file
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / file, to)


def run(command, home):
    """Runs a command and returns the wall and CPU seconds of it and its child processes."""
    env = {name: value for name, value in os.environ.items() if name not in ("CARGO_TARGET_DIR", "RUSTFLAGS")}
    started = time.perf_counter()
    with open(home / "log", "w+") as log:
        child = subprocess.Popen(command, cwd=home, env=env, stdout=log, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            log.seek(0)
            raise SystemExit(f"{command} failed:\n{log.read()[-4000:]}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def startup_time(binary):
    """Milliseconds of the fastest of 20 runs of `--version`."""
    def once():
        started = time.perf_counter()
        subprocess.run([binary, "--version"], stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - started
    return 1000 * min(once() for _ in range(20))


def main():
    chosen = sys.argv[1:] or [name for name, *_ in ROWS]
    print(f"{machine()}, {subprocess.check_output(['rustc', '--version'], text=True).strip()}\n")
    rows = []
    with tempfile.TemporaryDirectory() as home:
        home = Path(home)
        for name, title, folder, arguments in ROWS:
            if name not in chosen:
                continue
            copy(home)
            locked = ["--locked"]
            if name == "again":
                (home / "src" / "domain" / "names.rs").touch()
            else:
                shutil.rmtree(home / "target", ignore_errors=True)
            if name == "default":
                manifest = home / "Cargo.toml"
                text = manifest.read_text()
                manifest.write_text(re.sub(r"^(aws-(?:config|sdk)\S* = .*?)default-features = false, ", r"\1", text, flags=re.M))
                locked = []
            # Download the dependencies before the measurement starts.
            subprocess.run(["cargo", "fetch", "-q", *locked], cwd=home, check=True)
            wall, cpu = run(["cargo", "build", *locked, *arguments], home)
            binary = home / "target" / folder / "rootbell"
            tree = ["cargo", "tree", "-e", "normal", "--prefix", "none", "--no-dedupe"]
            crates = len({line.split(" (")[0] for line in subprocess.check_output(tree, cwd=home, text=True).splitlines()})
            rows.append([title, f"{wall:.0f} s", f"{cpu:.0f} s", crates, f"{binary.stat().st_size / 1e6:.1f} MB",
                         f"{startup_time(binary):.1f} ms"])
            print(f"{title}: {wall:.0f} s", file=sys.stderr)
    table(["", "wall", "CPU", "crates", "binary", "--version"], rows)


if __name__ == "__main__":
    main()
