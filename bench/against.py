"""Compares rootbell with the AWS CLI and boto3: the same account, on one machine, in one run.

    python3 bench/against.py [REPEATS]
"""

import sys
from pathlib import Path

from common import EMAIL, REGION, emulated_account, machine, median, rootbell, table, venv_programs

#: The steps of a first setup that depend on each other, in order, with one request of each.
PATH = {"identity": "GetCallerIdentity", "queries": "HEAD", "bucket": "PUT", "bucket policy": "PUT policy",
        "trail": "CreateTrail", "start logging": "StartLogging"}


def print_critical_path(took, latency, stats):
    """Prints the critical path of a first `apply` as timed by the proxy, and compares it with the measured time."""
    times = {step: next(t for name, t in stats["took"] if name == request) for step, request in PATH.items()}
    total, latency_total = sum(times.values()), len(PATH) * latency / 1000
    print("\nCritical path of a first apply: " + " → ".join(f"{step} {1000 * t:.0f} ms" for step, t in times.items())
          + f": {total:.2f} s.\nMeasured {took:.2f} s, {took / total:.2f} × that, "
          f"{took / latency_total:.2f} × the added latency alone ({latency_total:.2f} s).")


def main():
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    binary = rootbell()
    with emulated_account() as aws:
        script = Path(aws.home) / "setup.sh"
        plan = [binary, "plan", "--format", "aws-cli", "--email", EMAIL]
        script.write_text(aws.run(plan, (0, 3))[3])
        apply = [binary, "apply", "--yes", "--email", EMAIL]
        contenders = [
            ("rootbell apply, first run", apply, True, (0,)),
            ("rootbell apply, second run", apply, False, (0,)),
            ("rootbell status", [binary, "status"], False, (0, 3)),
            ("AWS CLI script, first run", ["sh", str(script)], True, (0,)),
            ("boto3, first run",
             [str(venv_programs("boto3") / "python"), str(Path(__file__).parent / "boto3_setup.py"), REGION, EMAIL],
             True, (0,)),
        ]
        print(f"{machine()}; median of {repeats}\n")
        for latency in (0, 50):
            runs = {name: [] for name, *_ in contenders}
            # Interleaved, so that interference on the machine affects all of them.
            for _ in range(repeats):
                for name, command, is_first_run, statuses in contenders:
                    if is_first_run:
                        aws.reset()
                    elif name == "rootbell apply, second run":
                        aws.reset()
                        aws.run(apply)
                    aws.latency(latency)
                    took, cpu, memory, _ = aws.run(command, statuses)
                    runs[name].append((took, cpu, memory, aws.stats()))
            baseline = median(took for took, *_ in runs["rootbell apply, first run"])
            rows = []
            for name, measured in runs.items():
                took = median(run[0] for run in measured)
                stats = measured[-1][3]
                rows.append([name, f"{took:.2f} s", f"{took / baseline:.1f}",
                             f"{1000 * median(r[1] for r in measured):.0f} ms", f"{median(r[2] for r in measured):.0f} MiB", stats["requests"], stats["depth"],
                             stats["at_once"], stats["connections"]])
            print(f"{latency} ms added to each request")
            table(["", "wall", "ratio", "CPU", "peak memory", "requests", "sequential", "concurrent", "connections"],
                  rows)
            if latency:
                first_runs = sorted(runs["rootbell apply, first run"], key=lambda run: run[0])
                middle = first_runs[len(first_runs) // 2]
                print_critical_path(middle[0], latency, middle[3])
            print()


if __name__ == "__main__":
    main()
