"""The text of a metric says all there is to it, and can be typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.errors import UsageError
from anomeval.metrics import LEVELS, METRICS, Metric
from anomeval.metrics.grammar import parse_metric, parse_metrics
from tests.laws.drawing import PARAMETERS, every_family, parameters_of, questions


@every_family
@given(data=st.data())
def test_the_text_of_a_metric_reads_back(family: type[Metric], data: st.DataObject) -> None:
    """Parsing the canonical text gives an equal metric with the same text and hash."""
    for metric in data.draw(questions(family)):
        read = parse_metric(str(metric), METRICS)
        assert read == metric
        assert str(read) == str(metric)
        assert hash(read) == hash(metric)


@every_family
@given(data=st.data())
def test_equal_text_means_equal_metric(family: type[Metric], data: st.DataObject) -> None:
    """Two metrics are equal if, and only if, their texts are."""
    one, other = data.draw(questions(family)), data.draw(questions(family))
    for left in one:
        for right in other:
            assert (left == right) == (str(left) == str(right))


@every_family
@given(data=st.data())
def test_short_forms_mean_every_level_and_the_first_parameter(
    family: type[Metric], data: st.DataObject
) -> None:
    """`name` stands for all levels, `name@x` sets the first parameter."""
    metrics = data.draw(questions(family))
    names = parameters_of(family)
    short = family.name
    if len(names) == 1:
        value = getattr(metrics[0], names[0])
        short += f"@{'fit' if value is None else repr(value)}"
        assert parse_metrics([short], METRICS) == metrics
    else:
        assert [metric.level for metric in parse_metrics([short], METRICS)] == list(family.levels)


@every_family
def test_a_metric_exists_at_its_own_levels_only(family: type[Metric]) -> None:
    """Asking for another level names those that there are."""
    for level in set(LEVELS) - set(family.levels):
        with pytest.raises(UsageError, match=f"exists at {' or '.join(family.levels)} level"):
            parse_metric(f"{level}_{family.name}", METRICS)


@every_family
def test_the_laws_know_every_parameter(family: type[Metric]) -> None:
    """A metric with a new parameter is drawn with it, or these laws would not try it."""
    assert set(parameters_of(family)) <= PARAMETERS.keys()


@every_family
def test_every_metric_explains_itself(family: type[Metric]) -> None:
    """Title, formula, source, and when there is no value."""
    assert all([family.doc.title, family.doc.formula, family.doc.undefined, family.doc.source])
    assert METRICS[family.name] is family
