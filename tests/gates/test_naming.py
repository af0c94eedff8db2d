"""One data set under many names pairs; two data sets never do."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomeval.gates.comparability import differences
from anomeval.gates.naming import aligned, paired_names
from anomeval.reporting.result import ImageRecord, RegionRecord
from anomeval.workflows.comparing import compare
from anomeval.workflows.gating import gate
from tests.gates.samples import pictures, result, row, scored
from tests.support import Picture

FOLDER = st.text("abxéÄ", min_size=1, max_size=3)
ROOT = st.lists(FOLDER, max_size=3).map(lambda parts: "".join(f"{part}/" for part in parts))
START = st.sampled_from(["", "./", "/", "//", "C:/", "d:\\", "/data/", "\\\\host\\"])


def record(name, *, category=None, anomalous=False, mask=None):
    regions = (RegionRecord(4),) if anomalous and mask else ()
    return ImageRecord(name, category, None, anomalous, mask, 0.5, None, regions)


@st.composite
def spellings(draw, names):
    """How one machine may call these images: a root, separators, a Unicode form."""
    root = draw(START) + draw(ROOT)
    between = draw(st.sampled_from(["/", "\\", "//", "/./"]))
    form = draw(st.sampled_from(["NFC", "NFD"]))
    return [unicodedata.normalize(form, root + name.replace("/", between)) for name in names]


DATA_SET = st.lists(
    st.tuples(FOLDER, st.sampled_from(["good", "bent"]), FOLDER).map(
        lambda found: f"{found[0]}/test/{found[1]}/{found[2]}.png"
    ),
    min_size=1,
    max_size=6,
    unique=True,
)


@given(DATA_SET, st.data())
def test_one_data_set_pairs_however_it_is_called(names, data):
    """Each image with itself, in any order, and the other way round."""
    ours, theirs = data.draw(spellings(names)), data.draw(spellings(names))
    truth = dict(zip(theirs, ours, strict=True))
    order = data.draw(st.permutations(range(len(names))))
    one = [record(ours[place]) for place in order]
    other = [record(name) for name in theirs]
    found = paired_names(one, other)
    assert {name: found.renamed.get(name, name) for name in theirs} == truth
    back = paired_names(other, one)
    assert {name: back.renamed.get(name, name) for name in ours} == {v: k for k, v in truth.items()}
    assert bool(found.how) == bool(back.how) == (set(ours) != set(theirs))


@given(DATA_SET, DATA_SET, st.data())
def test_two_images_are_never_paired(names, others, data):
    """Images of two data sets that have nothing in common stay apart, whatever their names."""
    others = [f"other {name}" for name in others]  # the folder of the object, whatever is above it
    one = [record(name) for name in data.draw(spellings(names))]
    other = [record(name) for name in data.draw(spellings(others))]
    assert paired_names(one, other).renamed == {}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        # another object below the same folders
        ("bottle/test/good/{}.png", "cable/test/good/{}.png"),
        ("/data/bottle/test/good/{}.png", "/data/cable/test/good/{}.png"),
        ("/data/bottle/good/{}.png", "/data/cable/good/{}.png"),
        ("/data/bottle/{}.png", "/data/cable/{}.png"),
        ("{}.png", "/data/cable/{}.png"),
        ("test/good/{}.png", "/data/cable/test/good/{}.png"),
        # upper and lower case say something
        ("bottle/test/good/{}.png", "Bottle/test/good/{}.png"),
        ("bottle/test/good/{}.png", "bottle/test/good/{}.PNG"),
    ],
)
def test_names_that_only_end_alike_are_refused(ours, theirs):
    """And the message says so, with a remedy."""
    one, other = (
        result(row(), images=[record(t.format(n)) for n in range(9)]) for t in (ours, theirs)
    )
    assert paired_names(one.images, other.images).renamed == {}
    text = str(differences(("A", one), ("B", other))[-1])
    assert "only B has 9 images" in text
    assert "give results of the same data set" in text or "call the images alike" in text


@pytest.mark.parametrize(
    ("category", "mask", "pairs"), [(None, None, False), ("bottle", None, True), (None, "m", True)]
)
def test_categories_or_masks_tell_the_object_where_names_do_not(category, mask, pairs):
    """`/a/run1/good/0.png` and `/b/run2/good/0.png` may be anything."""
    known = {"category": category, "mask": mask, "anomalous": mask is not None}
    one = [record(f"/a/run1/bad/{number}.png", **known) for number in range(3)]
    other = [record(f"/b/run2/bad/{number}.png", **known) for number in range(3)]
    assert bool(paired_names(one, other).renamed) == pairs


def test_categories_and_masks_can_also_tell_against_it():
    """The names would have done."""
    one = [record("/a/x/test/bad/0.png", category="x")]
    other = [record("/b/x/test/bad/0.png", category="y")]
    assert paired_names(one, other).renamed == {}


def test_two_images_do_not_become_one():
    r"""A file called `a\b.png` may lie beside `a/b.png`."""
    one = [record("a/b.png"), record("a\\b.png")]
    assert paired_names(one, [record("./a/b.png")]).renamed == {}
    assert "the same name" in paired_names(one, [record("./a/b.png")]).refusal
    assert paired_names(one, list(reversed(one))).refusal is None


def test_folders_that_could_be_left_out_in_two_ways_are_left_alone():
    """`r/q/1.png` may be the first image below `p`, or the second below `p/q`."""
    one, other = [record("p/q/1.png"), record("p/q/q/1.png")], [record("r/q/1.png")]
    found = paired_names(one, other)
    assert found.renamed == {}
    assert "several ways" in found.refusal


def moved(images, root):
    return [
        Picture(**(vars(i) | {"path": root + i.path.replace("/", "/test/", 1)})) for i in images
    ]


def test_verdicts_do_not_depend_on_where_the_data_lies(tmp_path):
    """Resamples pair, so checks and changes are those of results of one machine; it is told."""
    roots = ["", "./", "/data/x/", "/builds/y/", "D:\\z\\"]
    before = [scored(tmp_path / f"a{n}.h5", moved(pictures(1), r)) for n, r in enumerate(roots)]
    after = [scored(tmp_path / f"b{n}.h5", moved(pictures(2, 2.0), r)) for n, r in enumerate(roots)]
    expected = gate(after[0], baseline=before[0])
    assert expected.status == 1
    for result_ in after:
        for baseline in before:
            verdict = gate(result_, baseline=baseline)
            assert verdict.checks == expected.checks
            assert verdict.changes.tally() == expected.changes.tally()
            names = {image.image_path for image in result_.images}
            assert {change.image_path for change in verdict.changes.images} <= names
    assert (
        "after leaving out the folders /data/x and /builds/y"
        in gate(after[2], baseline=before[3]).notes[0]
    )
    lines = compare([before[0], after[0]]).lines
    assert compare([before[4], after[2]]).lines == lines
    assert "D:/z" in compare([before[4], after[2]]).notes[0]


def test_a_result_is_read_under_the_names_of_the_first():
    """What is not in both keeps its name."""
    one = result(row(), images=[record("bottle/test/good/1.png")])
    images = [record("/x/bottle/test/good/1.png"), record("/x/bottle/test/good/2.png")]
    other, pairing = aligned(("A", one), ("B", result(row(), images=images)))
    assert [image.image_path for image in other.images] == [
        "/x/bottle/test/good/2.png",
        "bottle/test/good/1.png",
    ]
    assert "the folder /x" in pairing.how
    told = [str(p) for p in differences(("A", one), ("B", result(row(), images=images)))]
    assert told == [
        "only B has 1 image (/x/bottle/test/good/2.png) — "
        "--common-images takes the 1 image that both have"
    ]
