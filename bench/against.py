"""rootbell against the AWS CLI and boto3: the same account, on one machine, in one go.

    python3 bench/against.py [REPEATS]
"""

import sys
from pathlib import Path

from common import EMAIL, REGION, machine, median, programs, rootbell, table, world

#: What must wait for what when all is made afresh, and a request of each.
PATH = {"identity": "GetCallerIdentity", "look": "HEAD", "bucket": "PUT", "bucket policy": "PUT policy",
        "trail": "CreateTrail", "start logging": "StartLogging"}


def path(took, latency, stats):
    """The critical path of a fresh `apply`, as the proxy timed its requests, and what the run took of that."""
    waits = {hop: next(t for name, t in stats["took"] if name == request) for hop, request in PATH.items()}
    whole, bare = sum(waits.values()), len(PATH) * latency / 1000
    print("\nCritical path of a fresh apply: " + " → ".join(f"{hop} {1000 * t:.0f} ms" for hop, t in waits.items())
          + f": {whole:.2f} s.\nMeasured {took:.2f} s, {took / whole:.2f} × that, {took / bare:.2f} × the added "
          f"latency alone ({bare:.2f} s).")


def main():
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    binary = rootbell()
    with world() as aws:
        script = Path(aws.home) / "setup.sh"
        plan = [binary, "plan", "--format", "aws-cli", "--email", EMAIL]
        script.write_text(aws.run(plan, (0, 3))[3])
        apply = [binary, "apply", "--yes", "--email", EMAIL]
        contenders = [
            ("rootbell apply, fresh", apply, True, (0,)),
            ("rootbell apply, again", apply, False, (0,)),
            ("rootbell status", [binary, "status"], False, (0, 3)),
            ("AWS CLI script, fresh", ["sh", str(script)], True, (0,)),
            ("boto3, fresh", [str(programs("boto3") / "python"), str(Path(__file__).parent / "boto3_setup.py"), REGION, EMAIL], True, (0,)),
        ]
        print(f"{machine()}; median of {repeats}\n")
        for latency in (0, 50):
            runs = {name: [] for name, *_ in contenders}
            # In turn, so that a noisy minute hits all of them.
            for _ in range(repeats):
                for name, command, fresh, statuses in contenders:
                    if fresh:
                        aws.reset()
                    elif name == "rootbell apply, again":
                        aws.reset()
                        aws.run(apply)
                    aws.latency(latency)
                    took, cpu, memory, _ = aws.run(command, statuses)
                    runs[name].append((took, cpu, memory, aws.stats()))
            base = median(took for took, *_ in runs["rootbell apply, fresh"])
            rows = []
            for name, all_runs in runs.items():
                took = median(run[0] for run in all_runs)
                stats = all_runs[-1][3]
                rows.append([name, f"{took:.2f} s", f"{took / base:.1f}", f"{1000 * median(r[1] for r in all_runs):.0f} ms",
                             f"{median(r[2] for r in all_runs):.0f} MiB", stats["requests"], stats["depth"],
                             stats["at_once"], stats["connections"]])
            print(f"+{latency} ms on each request")
            table(["", "wall", "ratio", "CPU", "peak", "requests", "in a row", "at once", "connections"], rows)
            if latency:
                fresh = sorted(runs["rootbell apply, fresh"], key=lambda run: run[0])
                middle = fresh[len(fresh) // 2]
                path(middle[0], latency, middle[3])
            print()


if __name__ == "__main__":
    main()
