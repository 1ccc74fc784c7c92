"""A tenant's colour as a style sheet in which text stays readable (WCAG 2.2, contrast of at least 4.5)."""

from __future__ import annotations

import re

COLOUR = re.compile(r"[0-9a-f]{6}")
USUAL = "1f5f8b"
CONTRAST_MIN = 4.5
STEPS = 20


def style(colour: str) -> str:
    """The sheet for a colour of six hexadecimal digits: buttons in it, links in it or as dark as they must be."""
    red, green, blue = channels(colour)
    on = "ffffff" if contrast(colour, "ffffff") >= contrast(colour, "111111") else "111111"
    return f":root{{--brand:#{colour};--on-brand:#{on};--link:#{readable(red, green, blue)}}}\n"


def readable(red: int, green: int, blue: int) -> str:
    """The colour, darkened until it can be read on white."""
    for step in range(STEPS + 1):
        share = 1 - step / STEPS
        text = "".join(f"{round(each * share):02x}" for each in (red, green, blue))
        if contrast(text, "ffffff") >= CONTRAST_MIN:
            return text
    return "000000"


def contrast(one: str, other: str) -> float:
    """Of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """0 for black, 1 for white."""
    red, green, blue = (_linear(each / 255) for each in channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green, blue, 0 to 255."""
    return int(colour[:2], 16), int(colour[2:4], 16), int(colour[4:], 16)


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
