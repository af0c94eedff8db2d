"""Names of images seen through the ways they are spelled. Whoever compares names does it here.

One image may be called `bottle/test/good/000.png`, `./bottle//test/good/000.png`,
`D:\\data\\bottle\\test\\good\\000.png` and `/builds/7/bottle/test/good/000.png`. Separators, empty
parts and Unicode forms say nothing and are left out by `canonical`; upper and lower case do say
something and stay.
"""

import re
import unicodedata
from collections.abc import Iterable

Parts = tuple[str, ...]
"""The parts of a name. Of an absolute one the first is `/`, or its drive: `D:`."""

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


def unified(names: Iterable[str]) -> dict[str, str]:
    """The canonical form of each of the names of a data set.

    Where two of them would become one, each stays as it is: they are two images.
    """
    canonicals = {name: canonical(name) for name in names}
    if len(set(canonicals.values())) < len(canonicals):
        return {name: name for name in canonicals}
    return canonicals
