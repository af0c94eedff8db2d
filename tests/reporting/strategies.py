"""Arbitrary results and fits."""

from hypothesis import strategies as st

from anomeval.judging.post_processor import Fit, FittedLevel, OneClassPostProcessor, Source
from anomeval.judging.scale import Scale
from anomeval.reporting.result import Caution, Confidence, DataSummary, Result, Row

finite = st.floats(allow_nan=False, allow_infinity=False)
scores = st.floats(allow_nan=False)
counts = st.integers(0, 2**40)
texts = st.text(max_size=12)
words = texts.filter(lambda text: text not in ("inf", "-inf"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | finite | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def tuples_of(strategy, max_size=3):
    return st.lists(strategy, max_size=max_size).map(tuple)


@st.composite
def rows(draw):
    value = draw(st.none() | finite)
    return Row(
        metric=draw(st.text(min_size=1, max_size=12)),
        group=draw(st.none() | st.dictionaries(texts, texts, max_size=2)),
        value=value,
        reason=draw(texts) if value is None else None,
        confidence=draw(
            st.none() | st.builds(Confidence, st.floats(0, 1), low=finite, high=finite)
        ),
        support=draw(st.dictionaries(texts, counts, max_size=3)),
        extra=draw(st.dictionaries(texts, st.none() | st.integers() | scores | words, max_size=3)),
    )


results = st.builds(
    Result,
    anomeval_version=texts,
    settings=st.dictionaries(texts, json_values, max_size=3),
    data=st.builds(DataSummary, tuples_of(texts), texts, *[counts] * 6),
    rows=tuples_of(rows()),
    cautions=tuples_of(st.builds(Caution, texts, texts)),
)


@st.composite
def levels(draw):
    low, high = sorted(draw(st.tuples(finite, finite)))
    scale = Scale(draw(finite), low, high, draw(st.floats(0, 1)))
    if not abs(scale.cut) < float("inf"):  # a range that overflows
        scale = Scale(scale.threshold, low, high)
    return FittedLevel(scale, draw(texts), draw(counts), draw(counts))


processors = st.builds(OneClassPostProcessor, st.none() | levels(), st.none() | levels())
fits = st.builds(
    Fit,
    shared=processors,
    source=st.builds(
        Source,
        files=tuples_of(texts),
        digest=texts,
        images=counts,
        identities=st.frozensets(texts, max_size=3),
        map_digests=st.frozensets(texts, max_size=3),
    ),
    categories=st.dictionaries(texts, processors, max_size=3),
    cautions=tuples_of(st.tuples(texts, texts)),
    plugins=st.dictionaries(texts, texts, max_size=2),
)
