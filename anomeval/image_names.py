r"""Names of images seen through the ways they are spelled. Whoever compares names does it here.

One image may be called `bottle/test/good/000.png`, `./bottle//test/good/000.png`,
`D:\data\bottle\test\good\000.png` and `/builds/7/bottle/test/good/000.png`. Separators, empty
parts and Unicode forms say nothing and are left out by `canonical`; upper and lower case do say
something and stay. Folders above a data set say on which machine it lies; they are seen through
only where all names of a data set have them, see `root_of`.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

Parts = tuple[str, ...]
"""The parts of a name. Of an absolute one the first is `/`, or its drive: `D:`."""

SPLITS = frozenset(
    {"train", "test", "val", "valid", "validation"}
    | {"test_public", "test_private", "test_private_mixed"}
)
"""What the folders of splits are called; the folder before them is that of an object."""

_DRIVE = re.compile(r"[A-Za-z]:(?=/)")


def canonical(name: str) -> str:
    r"""A name without what does not matter: one image keeps one, however its path is spelled.

    Backslashes become slashes; `.` and empty parts go; a drive letter is upper case; Unicode is
    composed (NFC). Case stays, and so does `..`, whose meaning links can change.
    """
    return join(split(name))


def split(name: str) -> Parts:
    """The parts of the canonical form of a name."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").removeprefix("//?/")
    drive = _DRIVE.match(name)
    root = (drive[0].upper(),) if drive else ("/",) * name.startswith("/")
    rest = name[drive.end() :] if drive else name
    return (*root, *(part for part in rest.split("/") if part not in ("", ".")))


def join(parts: Parts) -> str:
    """The canonical name that these are the parts of; of folders alone, the path of the folder."""
    return "/" + "/".join(parts[1:]) if parts[:1] == ("/",) else "/".join(parts)


def below_root(name: str) -> Parts:
    """The parts of a name as of a relative path: without the mark of a root, or a drive."""
    parts = split(name)
    return parts[1:] if is_absolute(parts) else parts


def is_absolute(parts: Parts) -> bool:
    """Whether a name begins at a root or a drive."""
    return bool(parts) and (parts[0] == "/" or _DRIVE.match(f"{parts[0]}/") is not None)


def unified(names: Iterable[str]) -> dict[str, str] | None:
    """The canonical form of each of the names of a data set.

    None where two of them would become one: they are two images, and no name is to be touched.
    """
    canonicals = {name: canonical(name) for name in names}
    return canonicals if len(set(canonicals.values())) == len(canonicals) else None


def shared_folders(names: Sequence[Parts]) -> Parts:
    """The folders that all names begin with."""
    if not names:
        return ()
    pairs = zip(min(names)[:-1], max(names)[:-1], strict=False)
    return tuple(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def root_of(names: Sequence[Parts], categories: Sequence[str | None]) -> Parts:
    """The folders above a data set, which are others on another machine; () if none are known.

    They end before the folder of an object: one that is called like the category of its images,
    or that holds a split. Where names have no such folder, all folders that the names share are
    above the data set if they are absolute, and none if they are relative.

    Args:
        names: of all images of the data set.
        categories: of the same images, None where it is not known.
    """
    shared = shared_folders(names)
    starts = [object_start(*known) for known in zip(names, categories, strict=True)]
    known = [start for start in starts if start is not None]
    if known and len(known) == len(starts) and min(known) <= len(shared):
        return shared[: min(known)]
    return shared if is_absolute(shared) else ()


def object_start(name: Parts, category: str | None) -> int | None:
    """Where the folder of the object is among the parts of a name, as far as it tells.

    Splits above that folder, as in `train/bottle/good/000.png`, belong to it.
    """
    folders = name[:-1]
    named = [place for place, folder in enumerate(folders) if folder == category]
    splits = [place for place, folder in enumerate(folders) if folder.lower() in SPLITS]
    if not (named or splits):
        return None
    start = (named or splits)[-1]
    while start and folders[start - 1].lower() in SPLITS:
        start -= 1
    if not named and start > is_absolute(name):
        start -= 1
    return start


def names_below_root(named: Mapping[str, str | None]) -> dict[str, str]:
    """What images are called on every machine: canonical, without the folders above the data set.

    Args:
        named: the category of each image of a data set by its name.
    """
    names = unified(named)
    if names is None:
        return {name: name for name in named}
    parts = [split(name) for name in names]
    below = len(root_of(parts, list(named.values())))
    return {name: join(found[below:]) for name, found in zip(names, parts, strict=True)}
