"""Runs the test suites and counts. Called by scripts/test, which has seen to the packages.

Usage: suites.py [SUITE...]   (none: all)
Each suite runs on its own: one that fails, or cannot even be built, does not keep the others from running. What they
print goes to build/test/SUITE.log; the end of it is shown when something failed. The last line is the count.
"""
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "build/test"
JOBS = str(os.cpu_count() or 2)
FUZZ_SECONDS = os.environ.get("TRIBUTE_FUZZ_SECONDS", "10")


@dataclasses.dataclass(frozen=True)
class Suite:
    name: str
    group: str       # what `scripts/test GROUP` calls it
    budget: int      # seconds it should take on two cores; more is shown, not punished
    limit: int       # seconds after which it is ended and counts as failed
    commands: tuple  # run one after the other, stop at the first that fails
    environment: dict = dataclasses.field(default_factory=dict)


def build(preset, *targets):
    return (("cmake", "--preset", preset),
            ("cmake", "--build", "--preset", preset, *(("--target", *targets) if targets else ())))


def ctest(preset, name):
    return ("ctest", "--preset", preset, "-j", JOBS, "--no-tests=error", "--output-junit", str(OUT / f"{name}.xml"))


def pytest(folder, name, *more):
    return (sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-q", "--color=no", "--durations=5",
            f"--junitxml={OUT / f'{name}.xml'}", f"--basetemp={OUT / f'{name}.tmp'}", *more, folder)


def module(preset):
    return str(ROOT / "build" / preset / "nginx-module/ngx_http_tribute_module.so")


SUITES = (
    Suite("unit", "unit", 420, 1800, (*build("dev"), ctest("dev", "unit"))),
    Suite("docs", "docs", 30, 300, (*build("dev", "ngx_http_tribute_module"), pytest("tests/docs", "docs")),
          {"TRIBUTE_MODULE_SO": module("dev")}),
    Suite("scripts", "scripts", 180, 1200, (*build("release"), pytest("tests/scripts", "scripts")), {"TRIBUTE_MODULE_SO": module("release")}),
    Suite("module", "module", 360, 1500, (*build("dev", "ngx_http_tribute_module"), pytest("tests/module", "module")),
          {"TRIBUTE_MODULE_SO": module("dev")}),
    Suite("sanitize", "sanitize", 600, 2400, (*build("asan"), ctest("asan", "sanitize")),
          {"ASAN_OPTIONS": "detect_leaks=1", "UBSAN_OPTIONS": "print_stacktrace=1"}),
    Suite("sanitize-module", "sanitize", 420, 1500,
          (*build("asan", "ngx_http_tribute_module"), pytest("tests/module", "sanitize-module")),
          {"TRIBUTE_MODULE_SO": module("asan"), "TRIBUTE_SANITIZED": "1"}),
    Suite("fuzz", "fuzz", 300, 1500, (*build("fuzz"), ctest("fuzz", "fuzz")), {"TRIBUTE_FUZZ_SECONDS": FUZZ_SECONDS}),
)


@dataclasses.dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __iadd__(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        return self

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def count_junit(path):
    """Counts both dialects. CTest also says "skipped" of a test whose program is not there: that one failed."""
    count = Count()
    for case in xml.parse(path).iter("testcase"):
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            count.failed += 1
        elif skipped is not None or case.get("status") == "disabled":
            lost = case.get("status") == "notrun" and "SKIP_" not in (skipped.get("message") or "")
            count.failed += lost
            count.skipped += not lost
        else:
            count.passed += 1
    return count


def run_command(command, environment, log, seconds):
    """The exit code, or None when it took too long; its whole process group is ended then."""
    print("$", *command, file=log, flush=True)
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                               start_new_session=True)
    try:
        return process.wait(max(seconds, 1))
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def run_suite(suite):
    """(counts, seconds, what went wrong or "")."""
    begun, results, trouble = time.monotonic(), OUT / f"{suite.name}.xml", ""
    results.unlink(missing_ok=True)
    environment = {**os.environ, **suite.environment}
    if shutil.which("ccache"):
        environment.setdefault("CMAKE_CXX_COMPILER_LAUNCHER", "ccache")
    with open(OUT / f"{suite.name}.log", "w") as log:
        for command in suite.commands:
            code = run_command(command, environment, log, begun + suite.limit - time.monotonic())
            if code != 0:
                trouble = f"took longer than {suite.limit} s" if code is None else f"{pathlib.Path(command[0]).name} ended with {code}"
                break
    count = Count()
    if results.exists():
        count = count_junit(results)
    if trouble and not count.failed:
        count.failed = 1  # it could not be built, or died before it could say which test failed
    if not trouble and not count.passed:
        count.failed, trouble = 1, "ran no test"
    return count, time.monotonic() - begun, trouble


def show_end_of(log, lines=80):
    print(f"---- the end of {log.relative_to(ROOT)} ----")
    print("\n".join(log.read_text(errors="replace").splitlines()[-lines:]))
    print("-" * 60, flush=True)


def choose(wanted):
    groups = {suite.group for suite in SUITES} | {suite.name for suite in SUITES}
    unknown = [name for name in wanted if name not in groups]
    if unknown:
        sys.exit(f"There is no suite {unknown[0]}; there are: {' '.join(sorted(groups))}")
    return [suite for suite in SUITES if not wanted or suite.name in wanted or suite.group in wanted]


def main(wanted):
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    total, rows = Count(), []
    for suite in choose(wanted):
        print(f"{suite.name} ...", flush=True)
        count, seconds, trouble = run_suite(suite)
        print(f"{suite.name}: {count} in {seconds:.0f} s" + (f" ({trouble})" if trouble else ""), flush=True)
        if count.failed:
            show_end_of(OUT / f"{suite.name}.log")
        total += count
        rows.append((suite, count, seconds))
    print(f"\n{'suite':<18}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}{'budget':>8}")
    for suite, count, seconds in rows:
        over = "  over its budget" if seconds > suite.budget else ""
        print(f"{suite.name:<18}{count.passed:>8}{count.failed:>8}{count.skipped:>9}{seconds:>9.0f}{suite.budget:>8}{over}")
    print(f"{'all':<18}{total.passed:>8}{total.failed:>8}{total.skipped:>9}{sum(row[2] for row in rows):>9.0f}"
          f"{sum(row[0].budget for row in rows):>8}\n")
    print(total, flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
