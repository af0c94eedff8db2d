"""A gate's checks in words that all written forms share."""

from collections import Counter

from anomeval.names import clean_name
from anomeval.reporting.comparison_words import images_text
from anomeval.reporting.counts import COUNTS
from anomeval.reporting.headings import heading
from anomeval.reporting.marks import UNDEFINED, metric_text
from anomeval.reporting.numerals import count_text, counted, score_text, share_text
from anomeval.reporting.verdict import DROPS, Check, Outcome, Verdict

_MOST_LINES = 30
_PLACES = 4
_MOST_PLACES = 17

_CAME_OUT: tuple[tuple[Outcome, str], ...] = (
    ("unjudged", "cannot be judged"),
    ("failed", "failed"),
    ("warned", "gave a warning"),
    ("passed", "passed"),
)


def told_one_by_one(verdict: Verdict) -> list[Check]:
    """The checks that a table has lines for; of many, groups that passed are counted alone."""
    if len(verdict.checks) <= _MOST_LINES:
        return list(verdict.checks)
    return [
        check
        for check in verdict.checks
        if not check.group or check.outcome != "passed" or is_within_noise(check)
    ]


def rest_text(verdict: Verdict) -> str:
    """How many checks passed without a line in the table; empty where all have one."""
    more = len(verdict.checks) - len(told_one_by_one(verdict))
    return f"{counted(more, 'more check')} of single groups passed" if more else ""


def subject(check: Check) -> str:
    """What was judged: `image AUROC of bottle`, `false alarms of bottle`."""
    one = heading(check.metric)
    count = COUNTS.get(check.metric)
    name = count.title if count else f"{one.level} {one.label}".strip()
    if not check.group:
        return name
    return f"{name}{', ' if 'mean' in check.group else ' of '}{group_text(check)}"


def title(check: Check) -> str:
    """What was judged, as a line of a table has it: `image AUROC`, `false alarms`."""
    count = COUNTS.get(check.metric)
    return count.title if count else metric_text(check.metric)


def value_text(check: Check) -> str:
    """The value, with as many digits as it takes; of a count also what it is counted among."""
    if check.value is None:
        return UNDEFINED
    if check.whole is not None:
        return f"{check.value:.0f} of {count_text(check.whole)}"
    if check.limit is None:
        return f"{check.value:z.4f}"
    return apart(check.value, check.limit)[0]


def baseline_text(check: Check) -> str:
    """The value of the baseline."""
    if check.baseline is None:
        return UNDEFINED
    return f"{check.baseline:z.{0 if check.metric in COUNTS else 4}f}"


def gain_text(check: Check) -> str:
    """How much better it became."""
    if check.gain is None:
        return UNDEFINED
    return f"{check.gain:+z.{0 if check.metric in COUNTS else 4}f}"


def group_text(check: Check) -> str:
    """The images a check is about: `bottle/crack`; `all` where it is no group."""
    return images_text(check.group)


def apart(value: float, limit: float, places: int = _PLACES) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to see on which side one is of the other."""
    for digits in range(places, _MOST_PLACES + 1):
        texts = f"{value:z.{digits}f}", f"{limit:z.{digits}f}"
        if texts[0] != texts[1] or value == limit:
            return texts
    return repr(value), repr(limit)


def outcome_text(check: Check) -> str:
    """What came out in a word; a drop that passed because chance makes such drops is told."""
    return f"{check.outcome}, within noise" if is_within_noise(check) else check.outcome


def is_within_noise(check: Check) -> bool:
    """Whether a value is on the wrong side of its limit, and passed all the same."""
    if check.outcome != "passed" or check.value is None or check.limit is None:
        return False
    return check.value > check.limit if check.lower_is_better else check.value < check.limit


def rule_text(check: Check) -> str:
    """What the rule asks for."""
    if check.kind == "max_share":
        return f"at most {score_text(100 * check.bound)} %"
    if check.metric in COUNTS:
        return f"at most {check.bound:.0f}"
    if check.kind not in DROPS:
        return f"at {'most' if check.lower_is_better else 'least'} {check.bound!r}"
    drop = "rise" if check.lower_is_better else "drop"
    if check.kind == "max_drop_rel":
        return f"{drop} of at most {score_text(100 * check.bound)} %"
    return f"{drop} of at most {check.bound!r}" if check.bound else f"no {drop}"


def finding(check: Check) -> str:
    """What came out, in one sentence without its subject."""
    if check.reason is not None or check.value is None or check.limit is None:
        return f"cannot be judged: {check.reason}"
    if check.metric in COUNTS:
        return _count_finding(check)
    value, limit = apart(check.value, check.limit)
    if check.kind not in DROPS:
        kept = check.outcome == "passed"
        where = {(True, True): "at or below", (True, False): "at or above"}
        where |= {(False, True): "above", (False, False): "below"}
        return f"{value} is {where[kept, check.lower_is_better]} {limit}"
    return f"{value}, was {_was(check)}: {_moved(check)}{_evidence(check)}"


def _count_finding(check: Check) -> str:
    """`3 of 40 normal images (7.5 %), at most 1 % allowed`."""
    assert check.value is not None
    share = ""
    if check.whole and check.kind == "max_share":
        share = f" ({share_text(round(check.value), check.whole)})"
    allowed = rule_text(check)
    was = "" if check.baseline is None else f", was {baseline_text(check)}"
    return f"{value_text(check)} {COUNTS[check.metric].of}{share}{was}; {allowed} allowed"


def conclusion(verdict: Verdict) -> str:
    """The verdict in a line."""
    against = f" against {clean_name(verdict.baseline)}" if verdict.baseline else ""
    counts = Counter(check.outcome for check in verdict.checks)
    parts = [
        f"{counted(counts[outcome], 'check')} {words}"
        for outcome, words in _CAME_OUT
        if counts[outcome]
    ]
    parts += [counted(len(verdict.problems), "difference")] * bool(verdict.problems)
    return f"gate {verdict.word}{against}: {', '.join(parts) or 'nothing to check'}"


def tests_used(verdict: Verdict) -> str | None:
    """Which tests judged drops; None where none was judged."""
    tests = dict.fromkeys(check.test for check in verdict.checks if check.kind in DROPS)
    return f"drops are judged by test {', '.join(sorted(tests))}" if tests else None


def _was(check: Check) -> str:
    return UNDEFINED if check.baseline is None else apart(check.baseline, check.value or 0.0)[0]


def _moved(check: Check) -> str:
    gain = check.gain
    if gain is None or gain >= 0:
        return "no worse"
    drop, allowed = apart(-gain, abs((check.limit or 0.0) - (check.baseline or 0.0)))
    return f"worse by {drop}" + (f", {allowed} allowed" if check.bound else "")


def _evidence(check: Check) -> str:
    """What the pair of results says about chance."""
    seen = check.change
    if seen is None:
        return ""
    sure = f"with {100 * seen.confidence:.4g} % confidence"
    if check.test == "non-inferiority":
        return f"; up to {-seen.low:z.4f} {sure}" if seen.low < 0 else ""
    if check.outcome != "passed":
        return f"; {-seen.high:z.4f} or more {sure}"
    return "; within noise" if is_within_noise(check) else ""
