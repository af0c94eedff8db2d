"""What people call images without a defect, and with one: in labels, classes and folders."""

import re

_NORMAL = (
    *("good", "ok", "normal", "nominal"),
    *("defect_free", "no_defect", "non_defective", "nondefective"),
    *("anomaly_free", "no_anomaly", "fault_free"),
)
_ANOMALOUS = (
    *("bad", "ng", "ko", "nok", "not_ok"),
    *("anomaly", "anomalous", "abnormal"),
    *("defect", "defective", "faulty"),
)
_SPACES = re.compile(r"[\s_-]+")


def is_normal(name: str) -> bool:
    """Whether a class or folder of this name holds images without a defect."""
    return _plain(name) in _NORMAL_NAMES


def is_anomalous(name: str) -> bool:
    """Whether a class of this name says no more than that there is a defect."""
    return _plain(name) in _ANOMALOUS_NAMES


def _plain(name: str) -> str:
    """Without what is spelled this way or that: upper case, `_`, `-` and spaces."""
    return _SPACES.sub("", name).casefold()


_NORMAL_NAMES = frozenset(map(_plain, _NORMAL))
_ANOMALOUS_NAMES = frozenset(map(_plain, _ANOMALOUS))
