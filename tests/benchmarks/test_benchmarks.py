"""Every benchmark runs quickly when asked to, and prints one object of figures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.__main__ import benchmark_names, main, run
from benchmarks.landing_policies import Ours, Setting, draw_trace, run_bisection, run_serial

if TYPE_CHECKING:
    import pytest


def test_benchmarks_are_found_by_their_main() -> None:
    assert "scheduler" in benchmark_names()
    assert "__main__" not in benchmark_names()


def test_figures_are_printed_by_the_name_of_the_benchmark(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "scheduler"]) == 0
    figures = json.loads(capsys.readouterr().out)["scheduler"]
    assert figures["fresh_ms_1000"] > 0
    assert figures["midway_growth"] > 0


def test_a_benchmark_that_fails_has_no_figures() -> None:
    assert run("no_such_benchmark", quick=True) is None


def test_figures_of_the_blueprint_stand_beside_their_bounds() -> None:
    figures = run("blueprint", quick=True)
    assert {"large_read_s", "large_memory_mb", "large_render_s", "large_reread_s", "huge_read_s"} < set(figures)
    for figure in figures.values():
        assert set(figure) == {"value", "bound", "ok"}


def test_figures_of_the_checker_stand_beside_their_bounds() -> None:
    figures = run("checker", quick=True)
    assert set(figures) == {
        "modules", "noop_s", "noop_again_s", "graph_s", "graph_again_s", "recompiled", "olean_mb_per_s",
        "certificate_ms", "warm_cold_s", "warm_speedup", "warm_sessions", "warm_sessions_mb",
    }  # fmt: skip
    for figure in figures.values():
        assert set(figure) == {"value", "bound", "ok"}
    assert figures["modules"]["ok"]
    assert figures["recompiled"]["ok"]
    assert figures["warm_sessions"]["ok"]


def test_figures_of_the_engine_tell_what_an_attempt_costs_and_whom() -> None:
    figures = run("engine", quick=True)
    assert {
        "attempts_per_s", "cpu_ms_per_attempt", "calibration", "landings_per_s", "peak_rss_mb", "decide_ms_p99",
        "restart_s",
    } <= set(figures)  # fmt: skip
    assert {"coordinator", "broker", "agents worker", "builds worker"} <= set(figures["cpu_ms_of"])
    assert figures["cpu_ms_per_attempt"] > 0
    assert figures["peak_rss_mb"] > 0


def test_figures_of_landing_are_those_of_branches_that_all_landed() -> None:
    figures = run("landing", quick=True)
    assert {"landings_per_s", "ms_per_landing_p50", "merged_per_s", "merged_behind_per_s"} <= set(figures)
    assert all(figure > 0 for figure in figures.values())
    assert figures["landings_behind"] == 128
    assert {"serial_per_h", "bors_per_h", "ours_per_h", "wait_p50_s"} < set(figures)
    assert figures["ours_per_h"] >= 1_050
    assert figures["wait_p50_s"] < 120


def test_figures_of_merges_stand_beside_their_bounds_and_all_are_merged() -> None:
    figures = run("merges", quick=True)
    assert set(figures) == {"merges", "merges_s", "merge_ms_p50", "large_ms"}
    for figure in figures.values():
        assert set(figure) == {"value", "bound", "ok"}
    assert figures["merges"]["ok"]


def test_on_one_trace_our_queue_lands_more_than_the_policies_it_is_compared_with() -> None:
    setting = Setting(hours=0.5)
    trace = draw_trace(1_200, 0.1, setting.hours)
    ours = Ours(trace, setting).run()
    assert all(trace[place].good for place in ours.landed)
    assert ours.median_wait(trace) < 120
    good = sum(arrival.good for arrival in trace if arrival.at < setting.hours * 3600 - 240)
    assert len(ours.landed) >= good, "all that came four minutes before the end"
    for other in (run_serial(trace, setting), run_bisection(trace, setting)):
        assert all(trace[place].good for place in other.landed)
        assert ours.per_hour(setting) > 10 * other.per_hour(setting)


def test_figures_of_waiting_attempts_tell_that_all_waited_at_once() -> None:
    figures = run("waiting", quick=True)
    assert figures["waiting"] == 40
    assert figures["rss_mb"] > 0
    assert figures["kb_per_attempt"] > 0
