"""What validation data fits and what the fit does to other data (B1-B19)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from tests.facts.notation import Grid, Score, Value, flags, grid, numbers

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class FitCase:
    """Validation scores, the fit they give, and the fit applied to further scores.

    `cut` is the raw score from which on a score is flagged, at the given sensitivity.
    `validation` holds metrics of the validation data itself at that cut.  With `maps` given, the
    further images have no scores of their own: `applied` are the maxima of these maps.
    """

    id: str
    scores: tuple[Score, ...]
    labels: tuple[int, ...]
    threshold: Fraction
    low: Fraction
    high: Fraction
    cut: Fraction
    applied: tuple[Score, ...]
    normalized: tuple[Score, ...]
    flagged: tuple[int, ...]
    remark: str
    rule: str = "f1"
    sensitivity: Fraction = HALF
    validation: Mapping[str, Value] = field(default_factory=dict)
    maps: tuple[Grid, ...] = ()


B1 = FitCase(
    id="B1",
    scores=numbers(".1 .2 .8 .9"),
    labels=flags("0 0 1 1"),
    threshold=Fraction(".8"),
    low=Fraction(".1"),
    high=Fraction(".9"),
    cut=Fraction(".8"),
    applied=numbers(".1 .2 .8 .9 1.5 -3"),
    normalized=numbers("0 0 1/2 5/8 1 0"),
    flagged=flags("0 0 1 1 1 0"),
    remark="The threshold is an observed score, and that very score is flagged.",
)

FITS: tuple[FitCase, ...] = (
    B1,
    replace(
        B1,
        id="B2",
        applied=B1.scores,
        normalized=numbers("0 0 1/2 5/8"),
        flagged=flags("0 0 1 1"),
        validation={"image_f1": Fraction(1)},
        remark="The cut keeps the F1 it was chosen for; a strict comparison would give 2/3.",
    ),
    FitCase(
        id="B3",
        scores=numbers("0 1 2 100"),
        labels=flags("0 0 1 1"),
        threshold=Fraction(2),
        low=Fraction(0),
        high=Fraction(100),
        cut=Fraction(2),
        applied=numbers("0 1 2 40 52 60 100"),
        normalized=numbers("12/25 49/100 1/2 22/25 1 1 1"),
        flagged=flags("0 0 1 1 1 1 1"),
        remark="Clamping ties everything from 52 up: normalized scores must not be ranked.",
    ),
    FitCase(
        id="B4",
        scores=numbers("5 5 5 5"),
        labels=flags("0 0 1 1"),
        threshold=Fraction(5),
        low=Fraction(5),
        high=Fraction(5),
        cut=Fraction(5),
        applied=numbers("4 5 6"),
        normalized=numbers("0 1/2 1"),
        flagged=flags("0 1 1"),
        remark="Constant validation scores leave no scale, only the side of the threshold.",
    ),
    FitCase(
        id="B6",
        scores=numbers(".1 .2 .3"),
        labels=flags("0 0 0"),
        threshold=Fraction(".3"),
        low=Fraction(".1"),
        high=Fraction(".3"),
        cut=Fraction(".3"),
        applied=numbers(".1 .2 .3 .4"),
        normalized=numbers("0 0 1/2 1"),
        flagged=flags("0 0 1 1"),
        remark="Normal images alone: F1 has no best cut, the largest score takes its place.",
    ),
    FitCase(
        id="B7",
        scores=numbers(".1 .2 .3"),
        labels=flags("1 1 1"),
        threshold=Fraction(".1"),
        low=Fraction(".1"),
        high=Fraction(".3"),
        cut=Fraction(".1"),
        applied=numbers(".05 .1 .2 .3"),
        normalized=numbers("1/4 1/2 1 1"),
        flagged=flags("0 1 1 1"),
        remark="Anomalous images alone: F1 is best when all are flagged.",
    ),
    replace(
        B1,
        id="B8",
        sensitivity=Fraction(".8"),
        cut=Fraction(".56"),
        applied=numbers(".2 .5 .56 .8 .9"),
        normalized=numbers("0 1/8 1/5 1/2 5/8"),
        flagged=flags("0 0 1 1 1"),
        remark="A score exactly on the lowered cut is flagged.",
    ),
    replace(
        B1,
        id="B8b",
        sensitivity=Fraction(".8"),
        cut=Fraction(".56"),
        applied=numbers(".56"),
        normalized=numbers("1/5"),
        flagged=flags("1"),
        remark="The raw cut .8 + (.5 - .8) * .8 normalizes to 1 - sensitivity.",
    ),
    replace(
        B1,
        id="B9a",
        sensitivity=Fraction(0),
        cut=Fraction("1.2"),
        applied=numbers(".1 .2 .4 .5 .9 1.5"),
        normalized=numbers("0 0 0 1/8 5/8 1"),
        flagged=flags("0 0 0 0 0 1"),
        remark="Least sensitive. Decided on raw scores, so a score far beyond is still flagged.",
    ),
    replace(
        B1,
        id="B9b",
        sensitivity=Fraction(1),
        cut=Fraction(".4"),
        applied=numbers(".1 .2 .4 .5 .9 1.5"),
        normalized=numbers("0 0 0 1/8 5/8 1"),
        flagged=flags("0 0 1 1 1 1"),
        remark="Most sensitive. Decided on raw scores: .1, .2 and .4 all normalize to 0.",
    ),
    FitCase(
        id="B10",
        scores=numbers("1 2 8 9"),
        labels=flags("0 0 1 1"),
        threshold=Fraction(8),
        low=Fraction(1),
        high=Fraction(9),
        cut=Fraction(8),
        applied=numbers("1 8 9"),
        normalized=numbers("0 1/2 5/8"),
        flagged=flags("0 1 1"),
        remark="The image half of a fit whose maps, on another scale, come without masks.",
    ),
    replace(
        B1,
        id="B11",
        applied=numbers(".7 .95"),
        normalized=numbers("3/8 11/16"),
        flagged=flags("0 1"),
        maps=(grid(".1 .7/0 .2"), grid(".95 0/.3 .5")),
        remark="A missing image score is the raw maximum of the map.",
    ),
    replace(
        B1,
        id="B17",
        rule="manual@0.5",
        threshold=HALF,
        cut=HALF,
        applied=numbers(".4 .5 .6"),
        normalized=numbers("3/8 1/2 5/8"),
        flagged=flags("0 1 1"),
        remark="A threshold set by hand does not look at the data; the scale still does.",
    ),
    replace(
        B1,
        id="B19",
        rule="manual@0.5",
        threshold=HALF,
        cut=HALF,
        applied=numbers(".5 .8"),
        normalized=numbers("1/2 7/8"),
        flagged=flags("1 1"),
        validation={"image_f1": Fraction(1)},
        remark="Halfway between .2 and .8 decides the validation scores just as .8 does.",
    ),
)


@dataclass(frozen=True)
class RuleCase:
    """A threshold rule and the threshold it chooses; `None` where it cannot choose."""

    id: str
    rule: str
    scores: tuple[Score, ...]
    labels: tuple[int, ...]
    threshold: Fraction | None
    remark: str


RULES: tuple[RuleCase, ...] = (
    RuleCase(
        "B15",
        "quantile@0.95",
        numbers("1 2 3 4"),
        flags("0 0 0 0"),
        Fraction("3.85"),
        "Position .95 * 3 = 2.85, between 3 and 4.",
    ),
    RuleCase(
        "B18",
        "f1",
        numbers(".9 .8 .7 .6"),
        flags("1 0 0 1"),
        Fraction(".6"),
        ".9 and .6 tie exactly; the lowest wins.",
    ),
    RuleCase(
        "max",
        "max",
        numbers("1 4 2 3 9"),
        flags("0 0 0 0 1"),
        Fraction(4),
        "The largest normal score, whatever the anomalous ones are.",
    ),
    RuleCase(
        "max-without-normals",
        "max",
        numbers("1 2"),
        flags("1 1"),
        None,
        "No normal score to take.",
    ),
    RuleCase(
        "quantile-of-normals",
        "quantile@0.5",
        numbers("1 2 3 4 100"),
        flags("0 0 0 0 1"),
        Fraction(5, 2),
        "Anomalous scores have no part in it.",
    ),
    RuleCase(
        "sigma",
        "sigma@3",
        numbers("2 4 4 4 5 5 7 9 100"),
        flags("0 0 0 0 0 0 0 0 1"),
        Fraction(11),
        "Normal scores with mean 5 and squared deviations 9+1+1+1+0+0+4+16 = 8 * 2 squared.",
    ),
    RuleCase(
        "fpr",
        "fpr@0.25",
        numbers("1 2 3 4 3.5 10"),
        flags("0 0 0 0 1 1"),
        Fraction("3.5"),
        "One of four normals may be flagged: 3.5 flags only the 4, 3 would flag two.",
    ),
    RuleCase(
        "fpr-beyond-normals",
        "fpr@0",
        numbers("1 2 3 4 3.5 10"),
        flags("0 0 0 0 1 1"),
        Fraction(10),
        "The lowest observed score above every normal one.",
    ),
    RuleCase(
        "fpr-out-of-reach",
        "fpr@0.1",
        numbers("1 2 3 4"),
        flags("0 0 0 0"),
        None,
        "Even the highest observed score flags a quarter.",
    ),
    RuleCase(
        "recall",
        "recall@0.5",
        numbers("1 2 6.5 4 3 5 6 7"),
        flags("0 0 0 0 1 1 1 1"),
        Fraction(6),
        "6 finds two of four; 6.5 only one.",
    ),
    RuleCase(
        "recall-of-nearly-all",
        "recall@0.95",
        numbers("1 2 6.5 4 3 5 6 7"),
        flags("0 0 0 0 1 1 1 1"),
        Fraction(3),
        "95 % of four is all four.",
    ),
    RuleCase(
        "recall-without-anomalies",
        "recall@0.95",
        numbers("1 2"),
        flags("0 0"),
        None,
        "Nothing to find.",
    ),
)


@dataclass(frozen=True)
class UnmaskedMaps:
    """Validation maps without masks: their range is known, but no threshold can be fitted."""

    id: str
    maps: tuple[Grid, ...]
    low: Fraction
    high: Fraction


B10_PIXELS = UnmaskedMaps("B10", (grid("12/34"),), Fraction(1), Fraction(4))


@dataclass(frozen=True)
class RangeCase:
    """Validation scores that arrive in batches, and their range over all of them."""

    id: str
    batches: tuple[tuple[Score, ...], ...]
    low: Fraction
    high: Fraction


B12 = RangeCase("B12", (numbers(".1 .2 .3"), numbers(".2 .4 .5")), Fraction(".1"), Fraction(".5"))


@dataclass(frozen=True)
class DecisionCase:
    """Decisions against labels and their F1; `None` is undefined."""

    id: str
    flagged: tuple[int, ...]
    labels: tuple[int, ...]
    f1: Value
    remark: str


DECISIONS: tuple[DecisionCase, ...] = (
    DecisionCase(
        "B13", flags("0 0 1 1"), flags("0 1 1 1"), Fraction(4, 5), "Two hits, one miss: 4/(4+1)."
    ),
    DecisionCase("B14a", flags("0 0"), flags("0 0"), None, "Nothing to find and nothing found."),
    DecisionCase("B14b", flags("1 0"), flags("0 0"), Fraction(0), "A false alarm is a zero."),
    DecisionCase("B14c", flags("0 0"), flags("1 1"), Fraction(0), "Two misses are a zero."),
)


@dataclass(frozen=True)
class RefusalCase:
    """Scores on which fitting or applying must be refused, with the reason."""

    id: str
    scores: tuple[Score, ...]
    labels: tuple[int, ...] | None
    reason: str


B5 = RefusalCase(
    "B5", numbers(".1 nan .8 .9"), flags("0 0 1 1"), "a validation score is not a number"
)
B16 = RefusalCase("B16", numbers(".2 .6 3"), None, "nothing has been fitted")
