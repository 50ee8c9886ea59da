"""What is said of a slice's noise, in the same words wherever it is said."""

from jrviewer.core.records import Unit

HARDLY_ANY_HU = 3.0  # a standard deviation below this is invisible in any usual window
SAME_SHARE = 0.05  # a smaller change of a standard deviation is within the error of measuring it
NOT_MEASURED = "Noise could not be measured"
AT_ITS_LIMIT = ", as much as it can"  # where the network finds less noise than was asked for

_TO_ASCII = str.maketrans({"→": "to", "−": "-"})


def noise_sentence(
    before: float | None, after: float | None, unit: Unit, *, is_limit: bool = False
) -> str:
    """What became of the noise of a slice: “Noise 14.6 → 7.2 HU (−51 %)”, “Noise unchanged: 14.6
    HU”, “Hardly any noise: 2.1 HU” or “Noise could not be measured”. It has no full stop.

    `before` and `after` are standard deviations in the slice's unit, None where not measured;
    `is_limit` says that more was asked for: “(−42 %, as much as it can)”.
    """
    if before is None or after is None:
        return NOT_MEASURED
    name = " HU" if unit == "HU" else ""
    is_same = abs(after - before) <= SAME_SHARE * before
    if unit == "HU" and before < HARDLY_ANY_HU:
        told, left = (_told(sd, unit) for sd in (before, after))
        return f"Hardly any noise: {told if is_same or told == left else f'{told} → {left}'} HU"
    if is_same:
        return f"Noise unchanged: {_told(before, unit)}{name}"
    change = round(100 * (after / before - 1))
    per_cent = f"{change:+d}".replace("-", "−")
    why = AT_ITS_LIMIT if is_limit else ""
    return f"Noise {_told(before, unit)} → {_told(after, unit)}{name} ({per_cent} %{why})"


def _told(sd: float, unit: Unit) -> str:
    """With the tenth that was measured: “3.0”, not “3”."""
    return f"{sd:.1f}" if unit == "HU" else f"{rounded(sd, unit):g}"


def in_ascii(sentence: str) -> str:
    """The same where there is no arrow: in headers, and in the font that pictures are lettered
    with.
    """
    return sentence.translate(_TO_ASCII)


def rounded(sd: float, unit: Unit) -> float:
    """A standard deviation as it is told: tenths of an HU, or three digits in any other unit."""
    return round(sd, 1) if unit == "HU" else float(f"{sd:.3g}")
