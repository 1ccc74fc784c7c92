"""What the repository does not speak of: one machine's places, package hosts, how it was made."""

from __future__ import annotations

import re

import pytest

from tests.shape.sources import ROOT, files

# Put together here, so that this file does not hold what it looks for.
FORBIDDEN = {
    "the host of a package index": (
        "pypi" + r"\.org",
        "python" + "hosted",
        "registry" + r"\.npm",
        "npm" + r"js\.(org|com)",
    ),
    "a place on one machine": (r"(?<![\w.}])/(work|root|home|Users)" + r"/\w",),
    "how it was made": (
        "Clau" + "de",
        r"\bL" + r"LMs?\b",
        "Chat" + "GPT",
        "Anth" + "ropic",
        "DESIGN" + r"\.md",
        "STYLE" + r"\.md",
        r"\.\./sha" + "red",
        r"(?<!\w)fac" + r"ts/\w+[.-]",
        r"\bissue " + r"#?\d\b",
        r"\[S-" + r"\w+\]",
        r"\[se" + r"ed\]",
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_repository_does_not_speak_of(what: str) -> None:
    """No file names a package host, an absolute path of one machine, or how the work was done."""
    pattern = re.compile("|".join(FORBIDDEN[what]))
    found = []
    for path in files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [
            f"{path.relative_to(ROOT)}:{number} {line.strip()[:100]}"
            for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line)
        ]

    assert found == []
