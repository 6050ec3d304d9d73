"""Runs the benchmarks and prints one table of figures beside what they must reach. Called by scripts/bench.

Usage: report.py --build FOLDER [--save FILE.json] [--strict] [NAME...]   (NAME: only programs whose name has it)

Two kinds of benchmark:
  FOLDER/bench/bench_*   Google Benchmark programs, run with --benchmark_format=json
  bench/*.py             loopback scripts: each line they print that starts with "{" is one figure,
                         {"name": "api_reads_ratio", "value": 0.71, "unit": "x", "target": ">= 0.6", "met": true}
                         (target and met may be left out: MUST_REACH below knows the bounds that the project promises).
A script finds the module in TRIBUTE_MODULE_SO and the bench programs in TRIBUTE_BENCH_DIR. Ratios are of one run: what is compared
was measured in turns, on the same machine, in the same minute.
"""
import argparse
import json
import operator
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
LIMIT = 1200  # seconds for one program

# (pattern of the figure's whole name, comparison, bound, unit, what it is)
MUST_REACH = (
    (r"lifecycle_step(/\S*)?", "<", 50, "ns", "lifecycle step on its sub-record"),
    (r"policy(/\S*)?", "<", 200, "ns", "access policy"),
    (r"api_reads_ratio", ">=", 0.6, "x", "API reads beside nginx's fixed answer"),
    (r"durable_updates_64_ratio", ">=", 5, "x", "durable stream updates, 64 clients beside one"),
    (r"segments_ratio", ">=", 0.95, "x", "segments beside static files"),
    (r"static_p99_ratio", "<=", 5, "x", "static GET p99 with 500 writes/s beside without"),
    (r"ingest_cpu_ratio", "<=", 1.5, "x", "CPU of one ingested stream beside nginx-rtmp with its HLS"),
    (r"ingest_memory", "<=", 4, "MB", "memory of one stream beyond the log"),
    (r"ingest_processes", "<=", 0, "", "processes of its own per stream"),
    (r"live_seconds", "<=", 3, "s", "status live after the encoder connects"),
    (r"completed_seconds", "<=", 1, "s", "status completed after stop"),
)
COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def bound_of(name):
    return next((row for row in MUST_REACH if re.fullmatch(row[0], name)), None)


def judged(figure):
    """The figure with target ("< 50 ns" or "") and met (True, False, or None when nothing was promised)."""
    row = bound_of(figure["name"])
    if row is None:
        return {**figure, "target": figure.get("target", ""), "met": figure.get("met")}
    _, comparison, bound, unit, _ = row
    if unit and figure["unit"] != unit:
        raise ValueError(f"{figure['name']} is given in {figure['unit'] or 'no unit'}, its bound is in {unit}")
    return {**figure, "target": f"{comparison} {bound} {unit}".strip(), "met": COMPARE[comparison](figure["value"], bound)}


def figures_of_google(report):
    """Of a Google Benchmark report: time per iteration in ns, and its rates and counters. Of repetitions, the median."""
    names = {run["run_name"] for run in report["benchmarks"] if run.get("aggregate_name") == "median"}
    scale = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    standard = {"name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions", "repetition_index", "threads",
                "iterations", "real_time", "cpu_time", "time_unit", "aggregate_name", "aggregate_unit", "label"}
    for run in report["benchmarks"]:
        if run["run_name"] in names and run.get("aggregate_name") != "median":
            continue
        if run.get("error_occurred"):
            raise ValueError(f"{run['name']}: {run.get('error_message')}")
        name = run["run_name"]
        yield {"name": name, "value": run["real_time"] * scale[run["time_unit"]], "unit": "ns"}
        for key in sorted(set(run) - standard):
            if isinstance(run[key], (int, float)):
                unit = {"bytes_per_second": "B/s", "items_per_second": "1/s"}.get(key, "")
                yield {"name": f"{name} {key}", "value": run[key], "unit": unit}


def figures_of_lines(text):
    for line in text.splitlines():
        if line.startswith("{"):
            figure = json.loads(line)
            yield {"unit": "", **figure}


def run(command, environment):
    done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          timeout=LIMIT, check=False)
    if done.returncode:
        raise ValueError(f"ended with {done.returncode}")
    return done.stdout


def measure(programs, environment):
    """(figures, troubles); a program that fails does not keep the others from running."""
    figures, troubles = [], []
    for program in programs:
        print(f"{program.stem} ...", file=sys.stderr, flush=True)
        try:
            if program.suffix == ".py":
                found = figures_of_lines(run([sys.executable, "-B", str(program)], environment))
            else:
                found = figures_of_google(json.loads(run([str(program), "--benchmark_format=json"], environment)))
            figures += [judged(figure) for figure in found]
        except (ValueError, KeyError, OSError, subprocess.TimeoutExpired) as trouble:
            troubles.append(f"{program.name}: {trouble}")
    return figures, troubles


def shown(value, unit):
    if unit == "B/s":
        return f"{value / 1e6:.1f} MB/s"
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{number} {unit}".strip()


def table(figures, whole):
    rows = [("figure", "value", "must reach", "")]
    for figure in figures:
        verdict = {True: "met", False: "MISSED", None: ""}[figure["met"]]
        rows.append((figure["name"], shown(figure["value"], figure["unit"]), figure["target"], verdict))
    if whole:
        for pattern, comparison, bound, unit, what in MUST_REACH:
            if not any(re.fullmatch(pattern, figure["name"]) for figure in figures):
                rows.append((what, "-", f"{comparison} {bound} {unit}".strip(), "not measured"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip() for row in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--save", type=pathlib.Path)
    parser.add_argument("--strict", action="store_true", help="fail when a bound is missed")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    programs = sorted(path for path in (build / "bench").glob("bench_*") if path.is_file() and os.access(path, os.X_OK))
    programs += sorted(path for path in (ROOT / "bench").glob("*.py") if path.name != "report.py")
    programs = [path for path in programs if not arguments.names or any(name in path.name for name in arguments.names)]
    environment = {**os.environ, "TRIBUTE_MODULE_SO": str(build / "nginx-module/ngx_http_tribute_module.so"), "TRIBUTE_BENCH_DIR": str(build / "bench")}
    figures, troubles = measure(programs, environment)
    print(table(figures, whole=not arguments.names))
    for trouble in troubles:
        print(f"Failed: {trouble}")
    if arguments.save:
        arguments.save.write_text(json.dumps(figures, indent=1) + "\n")
    missed = any(figure["met"] is False for figure in figures)
    return 1 if troubles or not programs or (arguments.strict and missed) else 0


if __name__ == "__main__":
    sys.exit(main())
