"""rootbell against the AWS CLI and boto3: the same account, on one machine, in one go.

    python3 bench/against.py [REPEATS]
"""

import sys
from pathlib import Path

from common import EMAIL, REGION, machine, median, programs, rootbell, table, world

#: identity → look → bucket → policy → trail → start, and the look that says how it ended: what must wait for what.
PATH = ["identity", "look", "bucket", "bucket policy", "trail", "start logging"]


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
                floor = len(PATH) * latency / 1000
                print(f"\nCritical path of a fresh apply: {' → '.join(PATH)}: {floor:.2f} s of waiting; "
                      f"measured {base:.2f} s, {base / floor:.2f} ×.")
            print()


if __name__ == "__main__":
    main()
