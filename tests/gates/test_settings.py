"""Rules from pyproject.toml and anomeval.toml."""

import pytest

from anomeval.errors import InvalidInputError
from anomeval.gates.rules import Rule, Scope
from anomeval.gates.settings import Settings, find_settings, read_settings

RULES = """
[[{place}]]
metric = "aupro@0.3"
scope = "category:bottle"
min = 0.90
max_drop = 0.005
max_drop_rel = 0.01
test = "non-inferiority"
level = "warn"

[[{place}]]
metric = "image_auroc"
min = 1
"""
READ = (
    Rule("aupro@0.3", Scope("category", "bottle"), 0.9, 0.005, 0.01, "non-inferiority", "warn"),
    Rule("image_auroc", minimum=1.0),
)


@pytest.mark.parametrize(
    ("name", "place"), [("pyproject.toml", "tool.anomeval.gate"), ("anomeval.toml", "gate")]
)
def test_rules_are_read(tmp_path, name, place):
    (tmp_path / name).write_text(RULES.format(place=place))
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_settings(inner) == Settings(READ, tmp_path / name)


def test_the_nearest_file_with_rules_counts(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "anomeval.toml").write_text(RULES.format(place="gate"))
    (inner / "pyproject.toml").write_text("[project]\nname = 'x'\n[tool.ruff]\n")
    assert find_settings(inner).file == tmp_path / "anomeval.toml"
    (inner / "anomeval.toml").write_text("[[gate]]\nmetric = 'ap'\nmin = 0\n")
    assert find_settings(inner).rules == (Rule("ap", minimum=0.0),)


def test_there_may_be_none(tmp_path):
    assert find_settings(tmp_path) == Settings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gate = [", "anomeval.toml: is not valid TOML"),
        ("gate = 3", "anomeval.toml, gate: is an array of tables: write [[gate]]"),
        ("[gate]\nmetric = 'ap'", "write [[gate]]"),
        ("gate = [3]", "gate[0]: is not a table"),
        ("[[gate]]\nmin = 1", "gate[0]: metric is missing, or no text"),
        ("[[gate]]\nmetric = 'ap'\nmin = '1'", "gate[0]: min is '1', not a number"),
        ("[[gate]]\nmetric = 'ap'\nmin = true", "min is True, not a number"),
        ("[[gate]]\nmetric = 'ap'\nmin = nan", "a bound is a finite number"),
        ("[[gate]]\nmetric = 'ap'\nmax_drop = -1", "a drop is 0 or more, got -1.0"),
        ("[[gate]]\nmetric = 'ap'", "set min, max, max_drop or max_drop_rel"),
        ("[[gate]]\nmetric = 'ap'\nmin = 1\nscope = 'all'", "cannot read 'all' as a scope"),
        ("[[gate]]\nmetric = 'ap'\nmin = 1\nscope = 1", "scope is no text"),
        ("[[gate]]\nmetric = 'ap'\nmin = 1\ntest = 't'", "test is 't'; it can be point, "),
        ("[[gate]]\nmetric = 'ap'\nmin = 1\nlevel = 'info'", "it can be error, warn"),
        ("[[gate]]\nmetric = 'ap'\nmin = 1\nmaxdrop = 1", "'maxdrop'; did you mean 'max_drop'?"),
        ("[[gate]]\nMetric = 'ap'\nmin = 1", "unknown key 'Metric'; did you mean 'metric'?"),
        ("[[gate]]\nmetric = ' '\nmin = 1", "metric is missing, or no text"),
        ("[[gate]]", "gate[0]: metric is missing, or no text"),
        ("", "anomeval.toml: holds no rule of a gate — write each in a table [[gate]]"),
        ("gate = []", "anomeval.toml: holds no rule of a gate"),
        ("[[gates]]\nmetric = 'ap'\nmin = 1", "gates: is no table of anomeval"),
        ("[Gate]\nmetric = 'ap'\nmin = 1", "Gate: is no table of anomeval"),
        ("[score]\nby = 'category'", "score: is no table of anomeval"),
        ("[[gate]]\nmetric = 'ap'\nmin = 0\nmin = 1", "Cannot overwrite a value"),
        ("[[tool.anomeval.gate]]\nmetric = 'ap'\nmin = 1", "tool: is no table of anomeval: "),
    ],
)
def test_what_is_no_rule_is_named(tmp_path, text, message):
    path = tmp_path / "anomeval.toml"
    path.write_text(text)
    with pytest.raises(InvalidInputError) as caught:
        read_settings(path)
    assert message in str(caught.value)


def test_every_problem_is_told_at_once(tmp_path):
    path = tmp_path / "anomeval.toml"
    path.write_text("[[gate]]\nmetric = 1\nmin = 'x'\n[[gate]]\nmetric = 'ap'\n")
    with pytest.raises(InvalidInputError, match="3 problems"):
        read_settings(path)


@pytest.mark.parametrize("text", ["tool = 3", "[tool]\nanomeval = 3"])
def test_tables_of_a_project_are_tables(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(InvalidInputError, match="is not a table"):
        find_settings(tmp_path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidInputError, match=r"rules\.toml"):
        read_settings(tmp_path / "rules.toml")


SOUND = "[[tool.anomeval.gate]]\nmetric = 'ap'\nmin = 0\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[[tool.anomeval.gates]]\nmetric = 'ap'\nmin = 1", "tool.anomeval.gates"),
        ("[tool.anomeval.Gate]\nmetric = 'ap'\nmin = 1", "tool.anomeval.Gate"),
        (SOUND + "[tool.anomeval.score]\nby = 'category'", "tool.anomeval.score"),
        (SOUND + "[tool.anomeval]\nmin = 1", "tool.anomeval.min"),
        ("[[tool.anomaval.gate]]\nmetric = 'ap'\nmin = 1", "tool.anomaval"),
        ("[[tool.Anomeval.gate]]\nmetric = 'ap'\nmin = 1", "tool.Anomeval"),
        ("[[anomeval.gate]]\nmetric = 'ap'\nmin = 1", "anomeval"),
        ("[[gate]]\nmetric = 'ap'\nmin = 1", "gate"),
    ],
)
def test_what_is_meant_for_us_in_the_file_of_a_project_is_read_or_refused(tmp_path, text, place):
    (tmp_path / "pyproject.toml").write_text(text)
    for read in (
        lambda: find_settings(tmp_path),
        lambda: read_settings(tmp_path / "pyproject.toml"),
    ):
        with pytest.raises(InvalidInputError) as caught:
            read()
        told = str(caught.value)
        assert f"pyproject.toml, {place}: is " in told
        assert "write [[tool.anomeval.gate]]" in told


@pytest.mark.parametrize("text", ["[tool.anomeval]", "[tool.anomeval]\ngate = []"])
def test_a_project_that_names_us_has_rules(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(InvalidInputError, match="holds no rule of a gate"):
        find_settings(tmp_path)


def test_tables_of_others_are_none_of_our_business(tmp_path):
    others = "[project]\nname = 'x'\n[tool.anomalib]\ngate = 1\n[tool.ruff.gates]\nmin = 1\n"
    (tmp_path / "pyproject.toml").write_text(others)
    assert find_settings(tmp_path) == Settings()
    (tmp_path / "pyproject.toml").write_text(others + SOUND)
    assert find_settings(tmp_path).rules == (Rule("ap", minimum=0.0),)


def test_a_file_that_is_named_has_rules(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n")
    with pytest.raises(InvalidInputError, match="holds no rule of a gate"):
        read_settings(tmp_path / "pyproject.toml")
