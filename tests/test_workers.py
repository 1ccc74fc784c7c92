"""Several processes on one port, over real sockets: who answers, who comes back, how they end."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from ledgermesh.server import GRACE_SECONDS
from tests.commands import SECONDS, process, run
from tests.ports import HOST
from tests.shop import ENVIRON, GOOD

ASKED = 12
"""Questions that are counted, each on a connection of its own."""


@pytest.fixture(autouse=True)
def _here(elsewhere: None) -> None:
    """First of all fixtures, as those of this file write to the folder."""


class House:
    """Workers of the small application."""

    def __init__(self, running: subprocess.Popen[str], folder: Path) -> None:
        assert running.stdout is not None
        self.running, self.folder = running, folder
        self.url = f"http://{HOST}:{running.stdout.readline().strip()}"

    def answering(self, count: int = 2) -> set[int]:
        """Who answers, once so many of them did."""
        found: set[int] = set()
        while len(found) < count:
            found.add(int(httpx.get(self.url, timeout=SECONDS).text))
        return found

    def held(self, pool: ThreadPoolExecutor) -> list[Future[httpx.Response]]:
        """Questions in flight, at least one with each of two workers."""
        flying: list[Future[httpx.Response]] = []
        while len({name.split("-")[1] for name in self._asked()}) < 2:
            flying.append(pool.submit(httpx.get, f"{self.url}/held", timeout=SECONDS))
            while len(self._asked()) < len(flying):
                self.answering(1)
        return flying

    def _asked(self) -> list[str]:
        return [each.name for each in self.folder.glob("asked-*")]

    def end(self, number: int) -> tuple[int, str]:
        """Exit code and what went to stderr, after this signal."""
        self.running.send_signal(number)
        _, errors = self.running.communicate(timeout=SECONDS)
        return self.running.returncode, errors


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The small application; its parent in a group of its own, as a terminal or a service manager starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.held", str(folder), "2", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
        start_new_session=True,
    )  # fmt: skip


@contextmanager
def house(folder: Path) -> Iterator[House]:
    running = started(folder)
    try:
        yield House(running, folder)
    finally:
        running.kill()  # whoever watches over them being gone, the workers end
        running.communicate(timeout=SECONDS)


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def watched(pids: set[int]) -> Iterator[dict[int, int]]:
    """A handle of each process, which becomes readable when it ends."""
    with ExitStack() as held:
        found = {pid: os.pidfd_open(pid) for pid in pids}
        for handle in found.values():
            held.callback(os.close, handle)
        yield found


def gone(handle: int) -> bool:
    return bool(select.select([handle], [], [], SECONDS)[0])


# -- one port --------------------------------------------------------------------------------------------------------


def test_all_answer_and_one_that_is_killed_comes_back(tmp_path: Path) -> None:
    """Both take connections of the one port. The place of one that is killed is taken by another, with a line in the
    log, and its neighbour stays; SIGTERM ends all of them well.
    """
    with house(tmp_path) as made:
        before = made.answering()
        assert before == set(children(made.running.pid))
        killed = min(before)
        with watched({killed}) as handles:
            os.kill(killed, signal.SIGKILL)
            assert gone(handles[killed])
        after: set[int] = set()
        while killed in (after := made.answering()) or len(after) < 2:
            pass
        code, errors = made.end(signal.SIGTERM)

    assert after & before == before - {killed}
    assert (code, "Traceback" in errors) == (0, False)
    [line] = [each for each in errors.splitlines() if "another one is started" in each]
    assert str(killed) in line
    assert "SIGKILL" in line


def test_answers_in_flight_are_finished_by_all(tmp_path: Path) -> None:
    """Told to stop twice over, as by a terminal that signals parent and workers alike, they let what is in flight end,
    and take nothing new.
    """
    with house(tmp_path) as made, ThreadPoolExecutor(50) as pool:
        flying = made.held(pool)
        for pid in [*children(made.running.pid), made.running.pid]:
            os.kill(pid, signal.SIGTERM)
        while accepts(made.url):
            pass
        (tmp_path / "release").touch()
        answers = [each.result(SECONDS) for each in flying]
        _, errors = made.running.communicate(timeout=SECONDS)

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 2
    assert (made.running.returncode, "Traceback" in errors) == (0, False)


def accepts(url: str) -> bool:
    try:
        return httpx.get(url, timeout=SECONDS).status_code == 200
    except httpx.TransportError:
        return False


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    """Answers that never end keep nobody who presses Ctrl-C twice."""
    with house(tmp_path) as made, ThreadPoolExecutor(50) as pool:
        flying = made.held(pool)
        with watched(set(children(made.running.pid))) as handles:
            made.running.send_signal(signal.SIGINT)
            while accepts(made.url):
                pass
            made.running.send_signal(signal.SIGINT)
            made.running.wait(timeout=GRACE_SECONDS / 2)
            assert all(gone(handle) for handle in handles.values())
        (tmp_path / "release").touch()
        assert not any(each.exception() is None and each.result().is_success for each in flying)

    assert made.running.returncode == 0


def test_nobody_is_left_when_the_parent_is_killed(tmp_path: Path) -> None:
    """However it ends, its workers end after it: first as if they were told to."""
    with house(tmp_path) as made, watched(made.answering()) as handles:
        made.running.kill()
        assert [gone(handle) for handle in handles.values()] == [True, True]


def test_workers_that_do_not_start_end_all_of_them(tmp_path: Path) -> None:
    """What is wrong is said in words, and nobody waits for a gateway that never comes."""
    with started(tmp_path, "broken") as running:
        said, errors = running.communicate(timeout=SECONDS)

    assert (running.returncode, said, "Traceback" in errors) == (1, "", False)
    assert "ledgermesh: the second one cannot start" in errors
    assert "ended: a worker ended before it answered; the lines above say why" in errors


# -- the gateway -----------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop's settings in this folder, and the environment they need."""
    for name, text in ENVIRON.items():
        monkeypatch.setenv(name, text)
    Path("ledgermesh.toml").write_text(GOOD, encoding="utf-8")


@pytest.mark.usefixtures("shop")
def test_what_each_process_keeps_for_itself_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """State in memory, and the plans of the tools for agents; the words say what to use. And wrong numbers."""
    assert run("serve", "--workers", "2", "--port", "0") == 2
    assert (
        "2 processes need a state that they share; set state.url to file:./state" in capsys.readouterr().err
    )

    monkeypatch.setenv("LEDGERMESH_STATE__URL", "file:./state")
    monkeypatch.setenv("LEDGERMESH_SERVER__MCP", "true")
    monkeypatch.setenv("LEDGERMESH_SERVER__WORKERS", "3")
    assert run("serve", "--port", "0") == 2
    assert "a plan is kept by the process that made it, and 3 answer" in capsys.readouterr().err

    for wrong in ("-1", "many", "65", "1.5"):
        assert run("serve", f"--workers={wrong}") == 2
        assert "--workers: auto, or a number up to 64" in capsys.readouterr().err
    monkeypatch.setenv("LEDGERMESH_SERVER__WORKERS", "65")
    assert run("serve") == 2
    assert "server.workers" in capsys.readouterr().err


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_one_scrape_shows_all_workers(monkeypatch: pytest.MonkeyPatch, loop: str) -> None:
    """Whichever worker is asked adds up what all of them counted, also one that was killed since; the page is of one
    gateway. Each worker is a replica to the others.
    """
    monkeypatch.setenv("LEDGERMESH_STATE__URL", "file:./state")
    monkeypatch.setenv("LEDGERMESH_SERVER__EVENT_LOOP", loop)
    with process("serve", "--port", "0", "--workers", "2") as gateway:
        url = gateway.said("http").strip()
        for _ in range(ASKED):
            answer = httpx.post(
                f"{url}/graphql", json={"query": "{ companies { key } }"},
                headers={"Authorization": "Bearer acme-key"}, timeout=SECONDS,
            )  # fmt: skip
            assert answer.json()["data"] == {"companies": [{"key": "shop"}]}
        settled(url, ASKED, replicas=2)
        killed = children(gateway.process.pid)[0]
        with watched({killed}) as handles:
            os.kill(killed, signal.SIGKILL)
            assert gone(handles[killed])
        page = settled(url, ASKED, replicas=2)
        code, errors = gateway.stop(signal.SIGTERM)

    assert len(re.findall(r"^ledgermesh_build_info", page, flags=re.MULTILINE)) == 1
    assert (code, "Traceback" in errors) == (0, False)


def settled(url: str, asked: int, *, replicas: int) -> str:
    """The page, once it shows so many requests; it never shows more."""
    while True:
        page = httpx.get(f"{url}/metrics", timeout=SECONDS).text
        count = figure(page, 'ledgermesh_http_requests_total{method="POST",route="/graphql",status="200"}')
        count = count or figure(
            page, 'ledgermesh_http_requests_total{route="/graphql",method="POST",status="200"}'
        )
        assert count <= asked
        if count == asked and figure(page, "ledgermesh_replicas") == replicas:
            return page


def figure(page: str, series: str) -> float:
    found = re.search(rf"^{re.escape(series)} (\S+)$", page, flags=re.MULTILINE)
    return float(found[1]) if found else 0.0
