"""The tools that count, measure and install: what they say of results that we know."""
import subprocess
import sys

import pytest

from host import ROOT

sys.path[:0] = [str(ROOT / "scripts/lib"), str(ROOT / "bench")]
import report  # noqa: E402
import suites  # noqa: E402


def junit(tmp_path, *cases):
    path = tmp_path / "results.xml"
    path.write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")
    return suites.count_junit(path)


def test_results_are_counted(tmp_path):
    count = junit(tmp_path, '<testcase name="a" status="run"/>', '<testcase name="b"/>', '<testcase name="c"><failure/></testcase>',
                  '<testcase name="d"><error/></testcase>', '<testcase name="e"><skipped message="no root"/></testcase>',
                  '<testcase name="f" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>',
                  '<testcase name="g" status="notrun"><skipped message="Unable to find executable"/></testcase>')
    assert (count.passed, count.failed, count.skipped) == (2, 3, 2)
    assert str(count) == "2 passed, 3 failed, 2 skipped"


@pytest.mark.parametrize("command,limit", [(("false",), 10), (("sleep", "30"), 1), (("true",), 10)])
def test_a_suite_that_shows_no_result_has_failed(tmp_path, monkeypatch, command, limit):
    monkeypatch.setattr(suites, "OUT", tmp_path)
    count, _, trouble = suites.run_suite(suites.Suite("x", "x", 1, limit, (command,)))
    assert (count.passed, count.failed) == (0, 1) and trouble


def test_google_benchmarks_are_read():
    figures = list(report.figures_of_google({"benchmarks": [
        {"name": "lifecycle_step", "run_name": "lifecycle_step", "run_type": "iteration", "real_time": 0.02, "cpu_time": 0.02,
         "time_unit": "us", "iterations": 9, "items_per_second": 5e7},
        {"name": "policy_mean", "run_name": "policy", "aggregate_name": "mean", "real_time": 300, "cpu_time": 1, "time_unit": "ns"},
        {"name": "policy_median", "run_name": "policy", "aggregate_name": "median", "real_time": 250, "cpu_time": 1, "time_unit": "ns"}]}))
    judged = [report.judged(figure) for figure in figures]
    assert [(one["name"], round(one["value"]), one["met"]) for one in judged] == [
        ("lifecycle_step", 20, True), ("lifecycle_step items_per_second", 50000000, None), ("policy", 250, False)]


def test_script_lines_are_read_and_gaps_are_shown():
    figures = [report.judged(one) for one in report.figures_of_lines('noise\n{"name": "segments_ratio", "value": 0.9, "unit": "x"}\n')]
    text = report.table(figures, whole=True)
    assert "MISSED" in text and text.count("not measured") == len(report.MUST_REACH) - 1


def test_a_figure_in_another_unit_is_refused():
    with pytest.raises(ValueError):
        report.judged({"name": "live_seconds", "value": 900, "unit": "ms"})


def test_setup_knows_its_packages():
    listed = subprocess.run([str(ROOT / "scripts/setup"), "--list", "run"], capture_output=True, text=True, check=True).stdout.split()
    assert {"nginx", "nginx-dev", "libnginx-mod-rtmp", "g++"} <= set(listed) and listed == sorted(set(listed))
    unknown = subprocess.run([str(ROOT / "scripts/setup"), "--list", "everything"], capture_output=True, text=True, check=False)
    assert unknown.returncode != 0 and "everything" in unknown.stderr
