"""However images reach the evidence, every metric answers the same, bit for bit.

Answers are compared whole: value, reason, support, extras, and the value of each image.
"""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from anomeval.evidence.evidence import Evidence, merged
from anomeval.judging.post_processor import OneClassPostProcessor
from tests.laws.asking import answers, evidence_of, prepared
from tests.laws.drawing import all_questions, cuts, pictures
from tests.support import judge_at

fewer = settings(max_examples=30)  # each asks every metric several times


@fewer
@given(data=st.data())
def test_the_order_of_images_does_not_matter(data: st.DataObject) -> None:
    """Any permutation of the images gives the same answers."""
    images, metrics, judge = data.draw(pictures()), data.draw(all_questions()), judge_of(data)
    shuffled = data.draw(st.permutations(images))
    there = answers(metrics, evidence_of(images), judge)
    assert answers(metrics, evidence_of(shuffled), judge) == there


@fewer
@given(data=st.data())
def test_merged_parts_answer_like_the_whole(data: st.DataObject) -> None:
    """Images counted apart, in any number of parts, empty ones too, merged in any order."""
    images, metrics, judge = data.draw(pictures()), data.draw(all_questions()), judge_of(data)
    borders = data.draw(st.lists(st.integers(0, len(images)), max_size=3).map(sorted))
    parts = [evidence_of(images[a:b]) for a, b in pairwise([0, *borders, len(images)])]
    whole = answers(metrics, evidence_of(images), judge)
    assert answers(metrics, merged(data.draw(st.permutations(parts))), judge) == whole


@fewer
@given(data=st.data())
def test_forked_parts_answer_like_the_whole(data: st.DataObject) -> None:
    """Images dealt out to partners of one evidence, as threads do, come home complete."""
    images, metrics, judge = data.draw(pictures()), data.draw(all_questions()), judge_of(data)
    home = Evidence()
    partners = [home.fork() for _ in range(3)]
    for image in images:
        data.draw(st.sampled_from(partners)).update(prepared(image))
    for partner in partners:
        home.join(partner)
    assert answers(metrics, home, judge) == answers(metrics, evidence_of(images), judge)


@fewer
@given(data=st.data())
def test_merging_leaves_the_other_side_as_it_was(data: st.DataObject) -> None:
    """Neither the merge nor what is counted afterwards shows in evidence that was merged in."""
    one, other = evidence_of(data.draw(pictures())), evidence_of(data.draw(pictures()))
    metrics, judge = data.draw(all_questions()), judge_of(data)
    before = answers(metrics, other, judge)
    one.merge(other)
    one.merge(evidence_of(data.draw(pictures(max_size=3))))
    assert answers(metrics, other, judge) == before


@fewer
@given(data=st.data())
def test_asking_changes_nothing(data: st.DataObject) -> None:
    """A question can be repeated, and images can still be added after it."""
    images, later = data.draw(pictures()), data.draw(pictures(max_size=3))
    metrics, judge = data.draw(all_questions()), judge_of(data)
    evidence = evidence_of(images)
    assert answers(metrics, evidence, judge) == answers(metrics, evidence, judge)
    evidence.merge(evidence_of(later))
    assert answers(metrics, evidence, judge) == answers(metrics, evidence_of(images + later), judge)


def judge_of(data: st.DataObject) -> OneClassPostProcessor:
    """Thresholds among the scores."""
    return judge_at(*data.draw(cuts))
