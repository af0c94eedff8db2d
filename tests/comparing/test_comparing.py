"""What is set against each other, what chance may have done, and what is refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.errors import CannotJudgeError, UsageError
from anomeval.reporting.result import Caution
from anomeval.uncertainty import holm
from anomeval.workflows.comparing import compare, short_names
from tests.gates.samples import by_category, changed_image, result, row


def compared(*results):
    return compare(results, list("ABCDE"[: len(results)]))


def only(comparison):
    (line,) = comparison.lines
    return line


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([], []),
        ([0.03], [0.03]),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.5, 0.9], [1.0, 1.0]),
        ([0.02, 0.02], [0.04, 0.04]),
    ],
)
def test_holm_by_hand(p_values, adjusted):
    assert holm.adjusted(p_values) == pytest.approx(adjusted)


@given(st.lists(st.floats(0, 1), min_size=1))
def test_holm_keeps_the_order_and_lies_between_none_and_bonferroni(p_values):
    adjusted = holm.adjusted(p_values)
    for p, q in zip(p_values, adjusted, strict=True):
        assert p <= q <= min(1, p * len(p_values)) + 1e-12 or q == pytest.approx(p)
    ranked = sorted(zip(p_values, adjusted, strict=True))
    assert [q for _, q in ranked] == sorted(adjusted)


def test_a_real_difference_is_a_loss_and_noise_is_a_tie():
    first = result(row(error=0.01))
    worse = compared(first, result(row(value=0.8, error=0.01, seed=1)))
    (contrast,) = only(worse).contrasts
    assert contrast.standing == "loss"
    assert contrast.low < contrast.gain < contrast.high < 0
    assert contrast.p_value < 0.001
    assert (only(worse).best, only(worse).tied) == ((0,), ())
    close = compared(first, result(row(value=0.895, error=0.01, seed=1)))
    assert only(close).contrasts[0].standing == "tie"
    assert (only(close).best, only(close).tied) == ((0,), (1,))


def test_where_lower_is_better_less_is_a_win():
    metric = "image_fpr_at_tpr(tpr=0.95)"
    rows = row(metric, 0.3, error=0.01), row(metric, 0.1, error=0.01, seed=1)
    line = only(compared(*map(result, rows)))
    assert line.contrasts[0].gain == pytest.approx(0.2)
    assert 0 < line.contrasts[0].low < 0.2 < line.contrasts[0].high
    assert (line.contrasts[0].standing, line.best) == ("win", (1,))


def test_the_same_result_ties_with_itself():
    same = result(row(error=0.01))
    line = only(compared(same, same))
    assert (line.contrasts[0].standing, line.contrasts[0].p_value) == ("tie", 1.0)
    assert line.best == (0, 1)


def test_groups_of_a_metric_are_corrected_together():
    """One of 15 categories differs by so much that alone it would count."""
    then = {f"c{number:02}": 0.9 for number in range(15)}
    rows = by_category(then, error=0.01), by_category(then | {"c07": 0.865}, error=0.01, seed=50)
    comparison = compared(*(result(*group) for group in rows))
    contrast = comparison.lines[7].contrasts[0]
    assert contrast.p_value < 0.05 < contrast.adjusted
    assert comparison.standings(1) == {"image_auroc": {"tie": 15}}
    alone = compared(*(result(group[7]) for group in rows))
    assert only(alone).contrasts[0].standing == "loss"


def test_standings_are_counted_over_groups_only():
    values = {"nut": 0.9, "pill": 0.8, "screw": 0.7}
    others = {"nut": 0.8, "pill": 0.8, "screw": 0.9}
    comparison = compared(result(row(), *by_category(values)), result(row(), *by_category(others)))
    assert comparison.standings(1) == {"image_auroc": {"loss": 1, "tie": 1, "win": 1}}


def test_without_replicates_values_speak_for_themselves():
    comparison = compared(result(row()), result(row(value=0.91)))
    (contrast,) = only(comparison).contrasts
    assert (contrast.standing, contrast.p_value, contrast.low) == ("win", None, None)
    assert (only(comparison).best, only(comparison).tied) == ((1,), ())
    assert "nothing is known about chance" in comparison.notes[0]


def test_several_results_are_held_against_the_first():
    results = [result(row(value=v, error=0.01, seed=n)) for n, v in enumerate((0.8, 0.9, 0.899))]
    line = only(compared(*results))
    assert [contrast.standing for contrast in line.contrasts] == ["win", "win"]
    assert (line.best, line.tied) == ((1,), (2,))


def test_what_is_undefined_is_left_open():
    line = only(compared(result(row()), result(row(value=None))))
    assert (line.values, line.contrasts, line.best) == ((0.9, None), (None,), (0,))
    line = only(compared(result(row(value=None)), result(row(value=None))))
    assert line.best == ()


def test_values_that_one_result_lacks_are_told():
    more = result(row(), row("image_ap"), *by_category({"nut": 0.5}))
    comparison = compared(more, result(row()))
    assert only(comparison).metric == "image_auroc"
    assert "2 values of A are not in all results" in comparison.notes


def test_cautions_about_images_are_repeated():
    leaky = replace(result(row()), cautions=(Caution("overlap", "seen"), Caution("other", "x")))
    assert compared(leaky, result(row())).cautions == (Caution("overlap", "A: seen"),)


def test_what_changed_side_is_known_for_each_result():
    missed = result(row(), images=changed_image("c.png", decision=False))
    comparison = compared(result(row()), result(row()), missed)
    assert [len(changes.images) for changes in comparison.changes] == [0, 1]


def test_results_have_names_even_if_nobody_gave_any():
    assert compare([result(row()), result(row())]).names == ("result 1", "result 2")


def test_one_result_is_nothing_to_compare():
    with pytest.raises(UsageError, match="at least two results"):
        compared(result(row()))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (result(row(), settings={"nan": "drop"}), "setting 'nan' differs: None in A, 'drop' in B"),
        (result(row("image_ap")), "the results have no metric in common"),
        (
            result(row(), row("pixel_aupro(fpr_limit=0.05)")),
            "another definition: pixel_aupro(fpr_limit=0.3) in A, pixel_aupro(fpr_limit=0.05) in B",
        ),
    ],
)
def test_what_is_not_comparable_is_refused(other, message):
    first = result(row(), row("pixel_aupro(fpr_limit=0.3)"))
    with pytest.raises(CannotJudgeError) as caught:
        compared(first, other)
    assert message in str(caught.value)


def test_every_difference_is_told_at_once():
    others = [result(row(), settings={name: 1}) for name in ("resize", "nan")]
    with pytest.raises(CannotJudgeError, match="2 problems"):
        compared(result(row()), *others)


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["x/a.json", "b.json"], ["a", "b"]),
        (["x/a.json", "y/a.json"], ["x/a.json", "y/a.json"]),
    ],
)
def test_results_are_called_by_their_files(paths, names):
    assert short_names(paths) == names
