"""Findings about what is true of the images: labels, masks, and how many there are of a kind."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from anomeval.predictions.inspection.look import Look, about
from anomeval.predictions.inspection.report import Counts, Finding
from anomeval.predictions.masks import Fault, mixed_marks, not_normal_remedy

FEW_IMAGES = 10


def counts(looks: Sequence[Look]) -> Counts:
    """How much there is of everything."""
    truths = Counter(look.anomalous for look in looks)
    sizes = Counter(size for look in looks if (size := _size_text(look)))
    return Counts(
        images=len(looks),
        normal=truths[False],
        anomalous=truths[True],
        unlabelled=truths[None],
        categories=_sorted(Counter(look.entry.category for look in looks)),
        defect_types=_sorted(Counter(look.entry.defect_type for look in looks)),
        sizes=dict(sizes.most_common()),
    )


def truth_findings(looks: Sequence[Look]) -> Iterator[Finding]:
    """Labels, masks and categories that are missing, contradict each other, or are odd."""
    if unlabelled := [look for look in looks if look.anomalous is None]:
        message = "images have neither a label, 0 or 1, nor gt_mask"
        yield about("error", "unlabelled", unlabelled, message, "add gt_label or gt_mask")
    without = [look for look in looks if look.entry.category is None]
    if without and len(without) < len(looks):
        message = "images have no category, others have one: they count as a category of their own"
        remedy = "give every image its category, or none"
        yield about("warning", "partial_category", without, message, remedy)
    yield from _mask_findings([look for look in looks if look.mask])
    yield from _class_findings([look for look in looks if look.anomalous is not None])


def by_category(looks: Sequence[Look]) -> dict[str, list[Look]]:
    """The images of each category, whose scores may be compared; no category is ''."""
    groups: dict[str, list[Look]] = defaultdict(list)
    for look in looks:
        groups[look.entry.category or ""].append(look)
    return dict(sorted(groups.items()))


def _mask_findings(looks: Sequence[Look]) -> Iterator[Finding]:
    if missing := [look for look in looks if look.mask and look.mask.nan]:
        message = f"gt_mask holds {sum(look.mask.nan for look in missing if look.mask)} NaN"
        remedy = "write masks without NaN, or use --nan drop to leave such pixels out"
        yield about("error", "nan_in_mask", missing, message, remedy)
    if marked := [look for look in looks if look.entry.label is False and look.anomalous_mask]:
        message = "gt_mask marks anomalous pixels where gt_label says normal"
        wrong_mask = next(look.mask for look in marked if look.mask)
        remedy = not_normal_remedy(wrong_mask.marks, wrong_mask.gray)
        yield about("error", "mask_on_normal", marked, message, remedy)
    if empty := [look for look in looks if look.entry.label and not look.anomalous_mask]:
        message = "gt_mask is empty where gt_label says anomalous"
        remedy = "add the mask, or accept that these images count at image level only"
        yield about("warning", "empty_mask", empty, message, remedy)
    if void := [look for look in looks if look.mask and look.mask.void]:
        count = sum(look.mask.void for look in void if look.mask)
        message = f"gt_mask holds {count} pixels that are ignored: they count nowhere"
        yield about("note", "ignored_pixels", void, message)
    yield from _faulty_masks(looks)
    sound = [look for look in looks if look.mask and not look.mask.faults]
    if gray := [look for look in sound if look.mask and look.mask.gray]:
        values = sorted({value for look in gray if look.mask for value in look.mask.gray})
        message = f"gt_mask holds values other than 0, 1 and 255: {_numbers(values)}"
        remedy = (
            "every value but 0 counts as anomalous; choose another rule with --mask-above, or say "
            "which value means not annotated with --ignore-value"
        )
        yield about("warning", "gray_mask", gray, message, remedy)
    if blurred := [look for look in looks if "jpeg_mask" in look.observations]:
        message = "gt_mask is a JPEG, whose compression blurs edges: more than 127 is anomalous"
        yield about(
            "warning", "jpeg_mask", blurred, message, "save masks as PNG, from the original"
        )
    if wrong := [look for look in looks if look.mask and look.mask.contradiction]:
        told = next(look.mask.contradiction for look in wrong if look.mask)
        message = f"gt_mask {told}"
        remedy = "set bit k of the mask in all pixels of defect k"
        yield about("error", "saturation_contradicts", wrong, message, remedy)
    sized = [look for look in looks if look.map and look.mask and look.map.size != look.mask.size]
    if sized and (first := sized[0]).map and first.mask:
        message = f"maps and masks differ in size, {_by(first.map.size)} and {_by(first.mask.size)}"
        remedy = "score with --resize mask (maps to mask size) or --resize map"
        yield about("error", "size_mismatch", sized, message, remedy)


def _faulty_masks(looks: Sequence[Look]) -> Iterator[Finding]:
    """Masks that `score` refuses to read, and those that contradict each other."""
    by_code: dict[str, list[tuple[Look, Fault]]] = defaultdict(list)
    for look in looks:
        for fault in look.mask.faults if look.mask else ():
            by_code[fault.code].append((look, fault))
    for code, found in by_code.items():
        first = found[0][1]
        images = [look for look, _ in found]
        yield about("error", code, images, f"gt_mask {first.what}", first.remedy)
    for problem in mixed_marks((look.entry, look.mask.marks) for look in looks if look.mask):
        marked = [look for look in looks if look.mask and look.mask.marks]
        yield about("error", "ambiguous_mask", marked, f"gt_mask {problem.what}", problem.remedy)


def _class_findings(looks: Sequence[Look]) -> Iterator[Finding]:
    """Too few images of a class, in any category."""
    for word, wanted in (("normal", False), ("anomalous", True)):
        lacking: list[str] = []
        few: list[str] = []
        for category, group in by_category(looks).items():
            count = sum(look.anomalous is wanted for look in group)
            place = f" in {category}" if category else ""
            if count == 0:
                lacking.append(f"no {word} image{place}")
            elif count < FEW_IMAGES:
                few.append(f"{count} {word} {'image' if count == 1 else 'images'}{place}")
        if lacking:
            remedy = "one class alone can fit a threshold, but no ranking metric is defined"
            yield Finding("warning", "one_class", "; ".join(lacking), remedy)
        if few:
            remedy = f"with fewer than {FEW_IMAGES}, a single image moves every value visibly"
            yield Finding("warning", "few_images", f"only {'; '.join(few)}", remedy)


def _size_text(look: Look) -> str | None:
    seen = look.map or look.mask
    return _by(seen.size) if seen else None


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values[:5]) + (", …" if len(values) > 5 else "")


def _sorted(counted: Counter[str | None]) -> dict[str, int]:
    return {name: counted[name] for name in sorted(filter(None, counted))}
