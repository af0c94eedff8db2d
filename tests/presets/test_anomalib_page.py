"""Every row of docs/anomalib.md names something that is there, and does what is said."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from anomeval.cli import app
from anomeval.errors import UsageError
from anomeval.metrics import METRICS
from anomeval.metrics.grammar import parse_metrics
from tests.presets.anomalib_rows import CHECKS

PAGE = (Path(__file__).parents[2] / "docs" / "anomalib.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| anomalib |"))
]


def first_name(row):
    """What a row is called after."""
    return row[0].split(", ")[0].strip("`")


NAMES = (
    *("PostProcessor", "OneClassPostProcessor", "MEBinPostProcessor", "Evaluator"),
    *("AUROC", "AUPR", "AUPRO", "PRO", "PIMO", "AUPIMO", "F1Score", "F1Max", "PGn", "PBn"),
    *("F1AdaptiveThreshold", "ManualThreshold", "AnomalyScoreDistribution", "Threshold"),
    *("MinMax", "BinaryPrecisionRecallCurve", "AnomalibMetric", "create_anomalib_metric"),
    *("image_threshold", "pixel_threshold", "raw_image_threshold", "raw_pixel_threshold"),
    *("normalized_image_threshold", "normalized_pixel_threshold"),
    *("image_min", "image_max", "pixel_min", "pixel_max"),
    *("image_sensitivity", "pixel_sensitivity", "enable_threshold_matching"),
    *("enable_normalization", "enable_thresholding"),
    *("forward", "post_process_batch", "threshold_batch", "normalize_batch"),
    *("on_validation_batch_end", "on_validation_epoch_end"),
    *("on_test_batch_end", "on_test_epoch_end", "on_predict_batch_end"),
    *("setup", "validate_metrics", "compute_on_cpu", "metrics_to_cpu", "ignore_index"),
    *("checkpoint_config", "load_checkpoint_config", "MEBin", "generate_figure", "plot"),
)
"""Those of both pages at 2.0.0b2 and 2.7.0: classes, their own methods, properties and options."""


def importable(path):
    """What a dotted path leads to: a module's member, or a member of that."""
    words = path.split(".")
    for depth in range(len(words), 0, -1):
        try:
            found = import_module(".".join(words[:depth]))
        except ModuleNotFoundError:
            continue
        for word in words[depth:]:
            found = getattr(found, word)
        return found
    raise ModuleNotFoundError(path)


def offered(command):
    """Whether the command line has this command with these options; metrics after -m are read."""
    name, *options = command.split()[1:]
    if "-m" in options:
        place = options.index("-m")
        parse_metrics([options[place + 1]], METRICS)
        options = options[:place] + options[place + 2 :]
    options = [option for option in options if option.startswith("-")]
    shown = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    return shown.exit_code == 0 and all(option in shown.output for option in options)


@pytest.mark.parametrize("row", ROWS, ids=first_name)
def test_the_counterpart_is_there(row):
    _, typed, python, different = row
    assert different
    assert {typed, python} != {"-"}
    for command in re.findall(r"`([^`]+)`", typed):
        assert offered(command), command
    for path in re.findall(r"`([^`]+)`", python):
        assert importable(path) is not None


@pytest.mark.parametrize("row", ROWS, ids=first_name)
@pytest.mark.filterwarnings("ignore::UserWarning:lightning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_counterpart_does_what_is_said(row, tmp_path):
    CHECKS[first_name(row)](tmp_path)


def test_there_is_no_check_without_a_row():
    assert [first_name(row) for row in ROWS] == list(CHECKS)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_on_the_two_pages_has_a_row(name):
    assert any(f"`{name}`" in row[0] for row in ROWS)


def test_a_counterpart_that_is_not_there_would_be_noticed():
    with pytest.raises(AttributeError):
        importable("anomeval.metrics.AUROCK")
    with pytest.raises(UsageError):
        parse_metrics(["aurock"], METRICS)
    assert not offered("anomeval score --aurock")
    assert not offered("anomeval aurock")
