"""The section of the benchmarks that is about Spark runs. No times."""

from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("pyspark", reason="needs the extra spark")

from benchmarks import cluster
from benchmarks.measure import QUICK


@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.usefixtures("spark")
def test_all_engines_do_all_work() -> None:
    figures = list(cluster.measure_cluster(replace(QUICK, events=200)))
    rates = [figure for figure in figures if figure.unit == "events/s" and "processor" not in figure.case]
    assert [(figure.case.partition(", ")[2], figure.what) for figure in rates] == [
        ("profile", "one plain process"),
        ("profile", "Spark, local[1]"),
        ("profile", "Spark, local[2]"),
        ("check", "one plain process"),
        ("check", "Spark, local[1]"),
        ("check", "Spark, local[2]"),
        ("infer", "one plain process"),
        ("infer", "Spark, local[1]"),
        ("infer", "Spark, local[2]"),
        ("infer, by a column of positions", "Spark, local[1]"),
        ("infer, by a column of positions", "Spark, local[2]"),
    ]
    assert {figure.what for figure in figures if figure.what in cluster.CONSTANTS} == set(cluster.CONSTANTS)
    assert all(figure.value > 0 for figure in figures)


def test_nothing_is_measured_without_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert list(cluster.measure_cluster(QUICK)) == []
