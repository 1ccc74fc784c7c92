"""graphql-core's own tests of its executor, each execution on compiled code wherever its operation compiles.

    python -m tests.deep.core_suite

fetches the source distribution of the installed version and the suite's plugins from the package index, runs the suite
in a directory that is removed afterwards, and prints how many tests ran and how the executions were answered. Needs
`pip` and `uv`. Ends with 1 if a test fails that is not among EXPECTED.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PLUGINS: Final = ("pytest-describe>=3.2,<4", "pytest-benchmark>=5.3.1,<6")
SECONDS: Final = 1800
"""For all of it."""
ONE_SECONDS: Final = 60
"""For one test: some take seconds, more on a busy machine; some of EXPECTED wait for ever."""
TESTS: Final = (
    "tests/execution",
    "tests/test_star_wars_query.py",
    "tests/test_graphql.py",
    "tests/type/test_enum.py",
)
LATE: Final = "what is read beside an error goes on to its end; graphql-core gives it up"
EXPECTED: Final[dict[str, str]] = {
    "::suppresses_sibling_errors_after_a_non_null_error_bubbles": LATE,
    "::stops_late_sibling_object_completion_after_non_null_bubbling": LATE,
    "::describe_cancel_on_exception::cancel_selection_sets": LATE,
    "::handles_sync_errors_combined_with_async_ones": LATE,
    "::handles_sync_errors_combined_with_async_ones_in_async_context": LATE,
    "::it_populates_path_correctly_with_complex_types": "`info.path` has no index: a level is resolved at once",
    "::describe_nulls_a_complex_tree_of_nullable_fields_each::throws": "the same errors in another order",
}
"""Tests of what compiled code does otherwise, by the end of their names, and why."""


def ran(*command: str, cwd: Path, **environment: str) -> str:
    """What a command prints, whether it succeeds or not."""
    ended = subprocess.run(  # commands of this file
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=SECONDS,
        check=False,
    )  # fmt: skip
    return ended.stdout + ended.stderr


def fetched(directory: Path) -> Path:
    """The unpacked source distribution, and the plugins beside it."""
    version = importlib.metadata.version("graphql-core")
    said = ran(
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--no-binary",
        "graphql-core",
        f"graphql-core=={version}",
        cwd=directory,
    )
    found = list(directory.glob("graphql_core-*.tar.gz"))
    if not found:
        raise SystemExit(f"there is no source distribution: {said}")
    with tarfile.open(found[0]) as archive:
        archive.extractall(directory, filter="data")
    ran(
        "uv",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--target",
        "plugins",
        *PLUGINS,
        "py-cpuinfo",
        cwd=directory,
    )
    shutil.copy(
        Path(__file__).with_name("through_compiler.py"), directory / "plugins" / "through_compiler.py"
    )
    return directory / f"graphql_core-{version}"


def run(directory: Path) -> int:
    """Run the suite; how many tests fail that should not."""
    suite, counts = fetched(directory), directory / "counts.json"
    told = ran(
        sys.executable, "-m", "pytest", "-q", "-W", "ignore", "--timeout", str(ONE_SECONDS),
        "-p", "through_compiler", "-p", "no:cacheprovider", "-rf", "--tb=short",
        "--ignore", "tests/execution/incremental", *TESTS,
        cwd=suite, PYTHONPATH=f"{directory / 'plugins'}:{ROOT / 'src'}", LEDGERMESH_COUNTS=str(counts),
    )  # fmt: skip
    print(told[-int(os.environ.get("LEDGERMESH_TOLD", "3000")) :])
    failed = re.findall(r"^FAILED (\S+)", told, re.MULTILINE)
    for way, count in json.loads(counts.read_text()):
        print(f"{count:6} {way}")
    unexpected = [name for name in failed if not any(name.endswith(known) for known in EXPECTED)]
    print(f"{len(failed)} tests fail, {len(unexpected)} of them unexpectedly")
    return len(unexpected)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        sys.exit(bool(run(Path(name))))
