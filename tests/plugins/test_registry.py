"""Names come from three kinds of places through one door."""

from typing import ClassVar

import pytest

from anomeval import plugins
from anomeval.errors import UsageError
from anomeval.judging.rules import RULES, rule_fault
from anomeval.metrics import METRICS, Metric, Outcome
from anomeval.metrics.families import family_fault
from anomeval.plugins import BUILT_IN, Registry, load_file
from tests.plugins.offers import DOC, Constant, installed, local_file, offered


@pytest.fixture
def metrics():
    """A registry of metrics that has looked nothing up yet."""
    built_in = {name: METRICS[name] for name in ("auroc", "f1")}
    return Registry("anomeval.metrics", "metric", built_in, family_fault)


def test_built_in_names_come_from_anomeval_itself():
    for registry in (METRICS, RULES):
        assert {registry.origin(name) for name in registry} >= {BUILT_IN}
    assert METRICS.origin("auroc") == RULES.origin("f1") == BUILT_IN


def test_every_built_in_thing_passes_the_checks_of_the_door():
    assert [family_fault(name, family) for name, family in METRICS.items()] == [None] * len(METRICS)
    assert [rule_fault(name, kind) for name, kind in RULES.items()] == [None] * len(RULES)


def test_an_installed_package_takes_part(tmp_path, monkeypatch, metrics):
    with offered(monkeypatch, path=installed(tmp_path)):
        assert list(metrics) == ["auroc", "f1", "constant"]
        assert metrics.origin("constant") == "some-plugin 1.2"
        assert metrics["constant"](level="image").compute(None, None) == Outcome(1.0)


@pytest.mark.parametrize(
    ("allowed", "takes_part"),
    [("", False), (" ", False), ("other", False), ("other, Some_Plugin", True)],
)
def test_the_environment_says_which_packages_take_part(
    tmp_path, monkeypatch, metrics, allowed, takes_part
):
    with offered(monkeypatch, path=installed(tmp_path)):
        monkeypatch.setenv("ANOMEVAL_PLUGINS", allowed)
        assert ("constant" in metrics) is takes_part


def test_a_local_file_takes_part_whatever_the_environment_says(tmp_path, monkeypatch, metrics):
    with offered(monkeypatch):
        monkeypatch.setenv("ANOMEVAL_PLUGINS", "")
        path = local_file(tmp_path)
        load_file(path)
        load_file(path)  # once more changes nothing
        assert metrics.origin("constant") == str(path)
        assert len(metrics) == 3


@pytest.mark.parametrize("name", ["auroc", "constant"])
def test_a_name_is_taken_once(tmp_path, monkeypatch, metrics, name):
    with offered(monkeypatch, path=installed(tmp_path, "constant")):
        path = local_file(tmp_path, name)
        load_file(path)
        first = "anomeval" if name == "auroc" else r"some-plugin 1\.2"
        with pytest.raises(UsageError, match=f"metric '{name}' comes from {first} and from {path}"):
            _ = metrics["f1"]


def test_two_packages_of_one_name_clash(tmp_path, monkeypatch, metrics):
    folder = installed(installed(tmp_path), package="another")
    clash = pytest.raises(UsageError, match=r"from another 1\.2 and from some-plugin 1\.2")
    with offered(monkeypatch, path=folder), clash:
        len(metrics)


def test_code_of_others_is_imported_when_its_name_is_used(tmp_path, monkeypatch, metrics):
    with offered(monkeypatch, path=installed(tmp_path, package="broken-one")):
        (tmp_path / "broken_one.py").write_text("raise RuntimeError('no GPU')")
        assert metrics["auroc"] is METRICS["auroc"]
        assert "constant" in metrics
        with pytest.raises(UsageError, match=r"'constant' of broken-one 1\.2 .*Error: no GPU"):
            _ = metrics["constant"]


def test_an_unknown_name_is_a_key_error(metrics):
    with pytest.raises(KeyError):
        _ = metrics["nothing"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1", "offers nothing: it has none of METRICS, READERS, THRESHOLDS"),
        ("METRICS = [1]", "offers nothing"),
        ("1 / 0", "cannot be loaded as a plugin: ZeroDivisionError"),
        ("def", "cannot be loaded as a plugin: SyntaxError"),
    ],
)
def test_a_file_that_cannot_serve_is_refused(tmp_path, monkeypatch, source, message):
    path = tmp_path / "mine.py"
    path.write_text(source)
    with offered(monkeypatch), pytest.raises(UsageError, match=message):
        load_file(path)
    assert plugins._files == []


@pytest.mark.parametrize("name", ["missing.py", "notes.txt"])
def test_a_file_that_is_no_module_is_refused(tmp_path, monkeypatch, name):
    with offered(monkeypatch), pytest.raises(UsageError, match=r"no Python file|FileNotFound"):
        load_file(tmp_path / name)


def test_what_is_no_metric_is_refused_when_it_is_used(tmp_path, monkeypatch, metrics):
    with offered(monkeypatch):
        path = tmp_path / "mine.py"
        path.write_text("METRICS = {'seven': 7}")
        load_file(path)
        with pytest.raises(UsageError, match=r"'seven' of .*mine\.py cannot be used: it is no"):
            _ = metrics["seven"]


class Undecorated(Constant):
    rate: float = 0.5


class Undocumented(Constant):
    doc: ClassVar = None


class Levelled(Constant):
    name: ClassVar[str] = "image_constant"


class Elsewhere(Constant):
    levels: ClassVar = ("region",)


class Refusing(Constant):
    def __post_init__(self):
        raise ValueError("no")


class Idle(Metric):
    name: ClassVar[str] = "constant"
    levels: ClassVar = ("image",)
    doc: ClassVar = DOC


@pytest.mark.parametrize(
    ("name", "family", "fault"),
    [
        ("constant", Constant, None),
        ("constant", Constant("image"), "no subclass"),
        ("other", Constant, "registered as 'other', but its name is 'constant'"),
        ("image_constant", Levelled, "no level at its beginning"),
        ("constant", Elsewhere, "must be some of image, pixel, sample"),
        ("constant", Undocumented, "it has no doc"),
        ("constant", Undecorated, "@dataclass(frozen=True)"),
        ("constant", Refusing, "cannot be made with its defaults (ValueError: no)"),
        ("constant", Idle, "it has no compute"),
    ],
)
def test_what_makes_a_class_a_metric(name, family, fault):
    found = family_fault(name, family)
    assert found is None if fault is None else fault in found


def test_what_makes_a_rule():
    kind = RULES["quantile"]
    assert rule_fault("my_rule", kind) is None
    assert "RuleKind" in rule_fault("my_rule", max)
    assert "letters" in rule_fault("my-rule", kind)
    assert "example" in rule_fault("my_rule", kind._replace(example=None))
