"""What `anomeval metrics` lists: all that can be named, and where it comes from."""

import pytest

from anomeval.judging.rules import RULES, parse_rule
from anomeval.metrics import METRICS
from anomeval.plugins import load_file
from anomeval.predictions.formats import READERS
from anomeval.reporting.offer_list import offer_list
from tests.plugins.offers import local_file, offered
from tests.reporting.samples import printed, widest

RULES_AND_READERS = """\
rules that fit this threshold (anomeval fit --threshold)
  f1              best F1 (max where nothing is anomalous)
  max             highest normal score
  quantile@0.995  quantile of the normals
  sigma@3         mean + k standard deviations of the normals
  fpr@0.01        lowest score that flags at most this share of the normals
  recall@0.95     highest score that finds this share
  manual@2.5      the raw score given

readers of prediction files, with the suffixes that directories are searched for
  HDF5     .h5 .hdf5
  NPZ      .npz
  NPY      none; name the path itself
  PyTorch  none; name the path itself
"""

OTHERS = """
from anomeval.judging.rules import RULES
from anomeval.predictions.formats import Format

THRESHOLDS = {"my_rule": RULES["sigma"]._replace(summary="my summary", example=4)}
READERS = {"Mine": Format("Mine", lambda path: False, None, (".my", ".own"))}
"""


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch):
    """Whatever plugins this machine has."""
    monkeypatch.setenv("ANOMEVAL_PLUGINS", "")


def listed(width=80):
    return printed(offer_list(METRICS, RULES, READERS), width=width)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_list_names_everything_within_the_terminal(width):
    shown = listed(width)
    assert widest(shown) <= width
    for name in (*METRICS, *READERS):
        assert f"\n  {name} " in shown


def test_metrics_stand_apart_that_need_a_fit():
    scores, fitted, *_ = listed().split("\n\n")
    assert scores.startswith("from the scores alone\n  auroc        image pixel sample  Area")
    assert fitted.startswith("at the threshold that a validation split fitted (--fit)\n  f1  ")
    assert "; lower is better" in " ".join(scores.split())


def test_rules_and_readers_follow():
    assert f"\n\n{RULES_AND_READERS}\n" in listed()


def test_rules_are_listed_as_they_are_typed():
    typed = [line.split()[0] for line in RULES_AND_READERS.split("\n\n")[0].splitlines()[1:]]
    assert [parse_rule(text).name for text in typed] == list(RULES)


def test_what_is_not_built_in_tells_where_it_comes_from(tmp_path, monkeypatch):
    others = tmp_path / "others.py"
    others.write_text(OTHERS)
    with offered(monkeypatch):
        monkeypatch.setenv("ANOMEVAL_PLUGINS", "")
        load_file(others)
        load_file(metric := local_file(tmp_path))
        lines = listed(500).splitlines()
    assert f"  constant     image               always one (from {metric})" in lines
    assert f"  my_rule@4       my summary (from {others})" in lines
    assert f"  Mine     .my .own (from {others})" in lines
    assert "(from" not in listed(500)
