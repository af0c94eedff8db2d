"""Names of files and folders made of texts that somebody else has chosen."""

import re

from anomeval.predictions.layouts.pixels import Unfit

_LONGEST = 200  # bytes; file systems allow 255, and a suffix is still to come
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]')


def safe_name(text: str) -> str:
    """A name for one file or folder: what could lead elsewhere or hide becomes `_`.

    Raises:
        Unfit: nothing is left of it, or it is too long.
    """
    name = _FORBIDDEN.sub("_", text).strip(" ")
    name = re.sub(r"^\.+", lambda dots: "_" * len(dots[0]), name)
    if not name.strip("_"):
        raise Unfit(f"{text!r} cannot name a file", "give it a name with letters or digits")
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        raise Unfit(f"{text!r} is no UTF-8 text", "rename it") from None
    if length > _LONGEST:
        raise Unfit(f"{text[:40]!r}… is too long for a file name", f"keep to {_LONGEST} bytes")
    return name
