"""Draws are what the documentation says they are, and nothing else enters."""

from decimal import Decimal, getcontext

import numpy as np
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from anomeval.evidence.images import unit_name
from anomeval.evidence.resamples import Units
from anomeval.uncertainty import draws
from anomeval.uncertainty.draws import draw, units_digest
from tests.uncertainty.scenes import Shot, evidence_of

names = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=6, unique=True)


def drawn_plainly(name: str, number: int) -> int:
    """The rule of the module's docstring, word for word."""
    z = xxhash.xxh3_64_intdigest(name.encode()) + (number + 1) * 0x9E3779B97F4A7C15
    z %= 1 << 64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % (1 << 64)
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % (1 << 64)
    z ^= z >> 31
    getcontext().prec = 60
    below, drawn, factorial = Decimal(0), 0, 1
    for k in range(12):
        factorial *= max(k, 1)
        below += (-Decimal(1)).exp() / factorial
        drawn += z >= int(below * (1 << 64))
    return drawn


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "image\0bottle/test/broken/000.png",
            [1, 0, 0, 2, 2, 0, 1, 0, 1, 0, 1, 4, 1, 2, 0, 1, 2, 2, 2, 0, 0, 1, 3, 1],
        ),
        ("image\0a", [3, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 2, 1, 1, 3, 0, 2, 1, 2, 1]),
        (
            "group\0bottle\0part 7",
            [3, 1, 1, 0, 2, 1, 0, 1, 1, 0, 1, 0, 2, 0, 2, 1, 2, 0, 0, 2, 1, 1, 2, 1],
        ),
        (
            "group\0\0\N{LATIN SMALL LETTER A WITH DIAERESIS}",
            [0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 2, 2, 2, 1, 0, 1, 1, 2, 0, 1, 1, 0, 3],
        ),
    ],
)
def test_vectors(name: str, expected: list[int]) -> None:
    """Version 1 never changes: results of different releases must pair."""
    assert draws.VERSION == "anomeval.draws/1"
    assert draw([name], 24)[0].tolist() == expected


@given(name=st.text(max_size=20), number=st.integers(0, 2000))
def test_the_documented_rule(name: str, number: int) -> None:
    """The vectorized rule is the plain one."""
    assert draw([name], number + 1)[0, number] == drawn_plainly(name, number)


@given(names=names, data=st.data())
def test_other_images_do_not_matter(names: list[str], data: st.DataObject) -> None:
    """Any subset in any order is drawn as before."""
    whole = dict(zip(names, draw(names, 20).tolist(), strict=True))
    some = data.draw(st.lists(st.sampled_from(names), unique=True))
    assert [whole[name] for name in some] == draw(some, 20).tolist()


@given(names=names, few=st.integers(1, 10), more=st.integers(0, 30))
def test_more_resamples_begin_with_fewer(names: list[str], few: int, more: int) -> None:
    """Results with different numbers of resamples have the first ones in common."""
    assert np.array_equal(draw(names, few + more)[:, :few], draw(names, few))


def test_draws_are_poisson_and_independent() -> None:
    """Mean and variance are 1, and neither images nor resamples go together."""
    drawn = draw([f"image\0{number}" for number in range(1500)], 1500).astype(np.float64)
    shares = np.bincount(drawn.astype(np.int64).ravel(), minlength=5)[:5] / drawn.size
    assert shares == pytest.approx(np.exp(-1) / np.array([1, 1, 2, 6, 24]), abs=1e-3)
    assert drawn.mean() == pytest.approx(1, abs=3e-3)
    assert drawn.var() == pytest.approx(1, abs=5e-3)
    for table in (drawn, drawn.T):
        between = np.corrcoef(table)[np.triu_indices(len(table), 1)]
        assert abs(between.mean()) < 1e-3
        assert between.std() == pytest.approx(1 / np.sqrt(1500), rel=0.02)


def test_what_is_drawn() -> None:
    """Images by their identity; groups by category and group_id, all their images at once."""
    shots = [
        Shot("a.png", False, 0.1),
        Shot("b.png", False, 0.2, category="nut", group="7"),
        Shot("c.png", True, 0.3, category="nut", group="7"),
        Shot("d.png", False, 0.4, category="bolt", group="7"),
    ]
    units = Units.of(evidence_of(shots).images)
    assert list(units.names) == ["group\0bolt\x007", "group\0nut\x007", "image\0a.png"]
    assert units.anomalous.tolist() == [False, True, False]
    assert units.of_image.tolist() == [2, 1, 1, 0]


def test_an_undecodable_name() -> None:
    """Bytes that are no UTF-8 come in as lone surrogates and are drawn by their bytes."""
    rows = evidence_of([Shot("\udcff.png", False, 0.0)]).images
    assert unit_name(rows[0]) == "image\0\udcff.png"
    assert draw([unit_name(rows[0])], 3).shape == (1, 3)


def test_the_digest_knows_names_and_classes() -> None:
    """Results of other images, or of other labels, do not pair."""
    variants = [
        [Shot("a", False, 0.0), Shot("b", True, 1.0)],
        [Shot("a", False, 0.0), Shot("c", True, 1.0)],
        [Shot("a", False, 0.0), Shot("b", False, 1.0)],
        [Shot("a", False, 0.0), Shot("b", True, 1.0, group="g")],
    ]
    digests = [units_digest(Units.of(evidence_of(shots).images)) for shots in variants]
    assert len(set(digests)) == len(digests)
    moved = [Shot("a", False, 7.0), Shot("b", True, 8.0)]
    assert units_digest(Units.of(evidence_of(moved).images)) == digests[0]
