"""How rules are typed, and which texts are none."""

import pytest

from anomeval.errors import UsageError
from anomeval.gates.rules import Rule, Scope, parse_max_drop, parse_minimum, parse_scope


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("image_auroc=0.9", Rule("image_auroc", minimum=0.9)),
        (" aupro@0.3 = 1 ", Rule("aupro@0.3", minimum=1.0)),
        ("pixel_aupro(fpr_limit=0.3)=.5", Rule("pixel_aupro(fpr_limit=0.3)", minimum=0.5)),
        ("each:image_ap=-1e-3", Rule("image_ap", Scope("each"), minimum=-0.001)),
        ("category:a=b:c:ap=0", Rule("ap", Scope("category", "a=b:c"), minimum=0.0)),
    ],
)
def test_a_floor_is_read(text, rule):
    assert parse_minimum(text) == rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("image_auroc=0.005", Rule("image_auroc", max_drop=0.005)),
        ("aupro@0.3=1%", Rule("aupro@0.3", max_drop_rel=0.01)),
        ("worst:ap=0.1%", Rule("ap", Scope("worst"), max_drop_rel=0.001)),
        ("defect:cut=x:ap=0", Rule("ap", Scope("defect", "cut=x"), max_drop=0.0)),
    ],
)
def test_a_drop_is_read(text, rule):
    assert parse_max_drop(text) == rule


@pytest.mark.parametrize("read", [parse_minimum, parse_max_drop])
@pytest.mark.parametrize(
    "text",
    ["", "auroc", "auroc=", "=1", "auroc=x", "auroc=nan", "auroc=inf", "mean:=1", "auroc=1e999"],
)
def test_what_is_no_bound_is_refused(read, text):
    with pytest.raises(UsageError):
        read(text)


@pytest.mark.parametrize("text", ["auroc=-0.1", "auroc=-1%", "auroc=nan%", "auroc=%"])
def test_a_drop_is_not_negative(text):
    with pytest.raises(UsageError):
        parse_max_drop(text)


def test_a_floor_is_no_share():
    with pytest.raises(UsageError, match="'90%' is not a finite number"):
        parse_minimum("auroc=90%")


@pytest.mark.parametrize("text", ["mean", "each", "worst", "category:a b", "defect:x:y"])
def test_scopes_read_back(text):
    assert str(parse_scope(text)) == text


@pytest.mark.parametrize("text", ["", "all", "mean:x", "category", "category:", "Each"])
def test_what_is_no_scope_is_refused(text):
    with pytest.raises(UsageError, match="it can be mean, each, worst"):
        parse_scope(text)


def test_a_rule_sets_a_bound():
    with pytest.raises(UsageError, match="set min, max, max_drop or max_drop_rel"):
        Rule("auroc")
