"""Results of different images on those they share: the values of a file with nothing else in it."""

from dataclasses import replace

import pytest

from anomeval.errors import CannotJudgeError, UsageError
from anomeval.gates.table import key_of
from anomeval.reporting.as_json import result_from_json, result_to_json
from anomeval.workflows.common_images import on_common_images
from anomeval.workflows.comparing import compare
from anomeval.workflows.gating import gate
from tests.gates.samples import result, row
from tests.laws.test_nesting import views
from tests.support import evaluation_of, fit_at, run_here, write_h5

METRICS = ("auroc", "ap", "f1max", "aupro", "f1", "recall")
ALL = views()
ONE_CATEGORY = [image for image in ALL if image.category == "nut"]
SOME = [image for number, image in enumerate(ALL) if number % 5]
SOME_OF_ONE = [image for n, image in enumerate(ALL) if image.category == "bolt" or n % 7]
EVERYWHERE = {"fit": fit_at(0.8, 1.0), "confidence": 0.95}


def of(images, **options):
    """As it comes back from its file."""
    found = evaluation_of(images, *METRICS, **(EVERYWHERE | options)).result
    return result_from_json(result_to_json(found), "r.json")


def rows(result_):
    return {(row.metric, key_of(row.group)): row for row in result_.values}


@pytest.mark.parametrize(
    ("options", "images", "lost"),
    [
        ({"by": ["category", "group_id"]}, ONE_CATEGORY, set()),
        ({"by": ["category", "group_id"]}, SOME, {(), ("bolt",), ("nut",)}),
        ({"by": ["category", "group_id"]}, SOME_OF_ONE, {(), ("nut",)}),
        ({"by": "group_id"}, ONE_CATEGORY, set()),
        ({"by": ["category", "defect_type", "group_id"]}, ONE_CATEGORY, set()),
        (
            {"by": "defect_type", "pool": True},
            SOME,
            {(), ("bend",), ("scratch",), ("defect_type",)},
        ),
    ],
)
def test_values_are_those_of_a_file_with_these_images_only(options, images, lost):
    """To the bit, with interval and replicates; what cannot be known is left out and told."""
    whole, part = of(ALL, **options), of(images, **options)
    reduced = on_common_images([("A", whole), ("B", part)])
    expected = rows(part)
    for found in map(rows, reduced.results):
        for key, known in found.items():
            if dict(key[1]).get("mean") and key[0].startswith("pixel"):
                expected[key] = replace(expected[key], confidence=None)
                known = replace(known, confidence=None, confidence_reason=None)
            assert known == expected[key]
        gone = [key for key in expected if key not in found]
        assert all(metric.startswith("pixel") for metric, _ in gone)
        assert {tuple(name for _, name in group) for _, group in gone} == lost
    left_out = len(ALL) - len(images)
    assert f"{left_out} of 72 images of A are left out" in reduced.notes
    assert any("pixel_auroc" in note for note in reduced.notes) == bool(lost)


def test_the_mean_over_categories_is_known_where_these_are_whole():
    """Of three, two are common, and the mean is over these."""
    third = [replace(i, path=f"x/{i.path}", category="x") for i in ONE_CATEGORY]
    whole, part = of([*ALL, *third], by="category"), of(ALL, by="category")
    found, _ = (rows(one) for one in on_common_images([("A", whole), ("B", part)]).results)
    for key, expected in rows(part).items():
        if key[1] or not key[0].startswith("pixel"):
            assert found[key] == expected
        else:
            mean = replace(expected, confidence=None, confidence_reason=None)
            assert replace(found[key], confidence_reason=None) == mean
            assert "interval" in found[key].confidence_reason


def test_either_may_have_more():
    """And the images may be called otherwise."""
    ours, theirs = ALL[3:], [replace(image, path=f"/x/{image.path}") for image in ALL[:-3]]
    one, other = of(ours, by="group_id"), of(theirs, by="group_id")
    comparison = compare([one, other], ["A", "B"], common_images=True)
    alone = rows(of(ALL[3:-3], by="group_id"))
    assert {line.metric.partition("_")[0] for line in comparison.lines} == {"image", "sample"}
    for line in comparison.lines:
        value = alone[line.metric, ()].value
        assert line.values == (value, value)
    assert "B: images are paired after leaving out the folder /x" in comparison.notes
    verdict = gate(one, baseline=other, common_images=True)
    assert verdict.status == 0
    assert {check.baseline == check.value for check in verdict.checks} == {True}
    assert any("3 of 69 images of the result are left out" in note for note in verdict.notes)


def test_what_else_differs_is_still_refused():
    """Other labels or settings, and results that share nothing."""
    one, other = of(ALL), of([replace(image, label=1) for image in ONE_CATEGORY if image.label])
    assert gate(one, baseline=other, common_images=True).problems == ()
    flipped = [replace(ALL[0], label=1, mask=[[1] * 6] * 6), *ALL[1:40]]
    with pytest.raises(CannotJudgeError, match="the label of 1 image"):
        compare([one, of(flipped)], common_images=True)
    elsewhere = [replace(image, path=f"y{number}") for number, image in enumerate(ALL)]
    with pytest.raises(CannotJudgeError, match="give results of the same data set"):
        compare([one, of(elsewhere)], common_images=True)
    with pytest.raises(UsageError, match="there is none"):
        gate(result(row()), common_images=True)


def test_commands(tmp_path, monkeypatch):
    """The refusal names a remedy, and the remedy works."""
    monkeypatch.chdir(tmp_path)
    for name, images in (("all", ALL), ("some", SOME)):
        write_h5(tmp_path / f"{name}.h5", images)
        options = ["--json", f"{name}.json", "-m", "image_auroc,pixel_auroc", "--replicates", "50"]
        assert run_here("score", f"{name}.h5", *options, "-q").status == 0
    asked = ["gate", "all.json", "--baseline", "some.json"]
    refused = run_here(*asked)
    assert refused.status == 4
    assert "--common-images takes the 57 images that both have" in refused.stderr
    done = run_here(*asked, "--common-images")
    assert done.status == 0
    assert "15 of 72 images of all.json are left out" in " ".join(done.stdout.split())
    assert "pixel_auroc" in done.stdout
    explicit = run_here(*asked, "--common-images", "--max-drop", "pixel_auroc=0.1")
    assert explicit.status == 4
    compared = run_here("compare", "all.json", "some.json", "--common-images", "--json", "-")
    assert compared.status == 0
    assert '"image_auroc"' in compared.stdout
    scored = ["score", "all.h5", "--baseline", "some.json", "-m", "image_auroc,pixel_auroc", "-q"]
    assert run_here(*scored, "--replicates", "50", "--common-images").status == 0
    assert run_here("score", "all.h5", "-m", "image_auroc", "--common-images").status == 2
