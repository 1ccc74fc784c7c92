"""Login codes by text message: sent, read at the sandbox's `/_control/messages`, and used once."""

from __future__ import annotations

import datetime as dt
from collections import deque

from ledgermesh.clock import Clock
from ledgermesh.sandbox.emulator import Message
from ledgermesh.sandbox.kashoo.users import MFA_CODE, User

CODE_SECONDS = 600
"""How long a code is good; assumed."""
_SENT_MAX = 100


class Messages:
    """The text messages to everybody with a login."""

    def __init__(self, product: str, clock: Clock) -> None:
        self._product = product
        self._clock = clock
        self._good_until: dict[str, dt.datetime] = {}
        self.sent: deque[Message] = deque(maxlen=_SENT_MAX)

    def send(self, user: User) -> None:
        """Send a code; it replaces the one before."""
        now = self._clock.now()
        self._good_until[user.email] = now + dt.timedelta(seconds=CODE_SECONDS)
        self.sent.append(Message(user.email, f"Your {self._product} code is {MFA_CODE}", MFA_CODE, now))

    def good(self, user: User, code: str) -> bool:
        """Whether this is the code that was sent to the user, and still good."""
        ends = self._good_until.get(user.email)
        return ends is not None and self._clock.now() < ends and code.strip() == MFA_CODE

    def use(self, user: User, code: str) -> bool:
        """The same; a good code is used up by it."""
        if not self.good(user, code):
            return False
        del self._good_until[user.email]
        return True
