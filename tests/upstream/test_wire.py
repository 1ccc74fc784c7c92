"""What goes onto the wire and what comes back, as values."""

from __future__ import annotations

from ledgermesh.upstream.wire import Answer, Request


def test_requests_and_answers_do_not_print_what_may_be_secret() -> None:
    """Neither address, headers nor bodies stand in a repr."""
    request = Request(
        method="POST", url="https://x.example/?q=hidden", headers=(("a", "hidden"),), body=b"hidden"
    )
    answer = Answer(200, {"a": "hidden"}, b"hidden")
    assert "hidden" not in repr(request) + repr(answer)
