"""Following the news over a socket."""

import time

import msgspec

from shared.notifications.model import Notification
from shared.notifications.ports import Ended, Feed, Inboxes, Interrupted, Subscription
from shared.runtime.identity import Caller
from shared.runtime.sockets import Channel

# WebSocket close codes: ours for an ended session, IANA's "service restart" for "come again".
SESSION_ENDED, COME_AGAIN = 4401, 1012
# How long a message lost between Redis and us can stay unseen, at most.
_RESYNC_SECONDS = 30.0
_WAIT_SECONDS = 5.0
_BATCH = 200


def follow(
    channel: Channel, caller: Caller, after: int | None, inboxes: Inboxes, feed: Feed
) -> None:
    """Sends what is stored after ``after`` (``None``: nothing), then what comes, until the end."""
    try:
        with feed.subscribe(caller) as subscription:
            start = inboxes.newest_sequence(caller.user) if after is None else after
            _Follower(channel, caller, inboxes, subscription, start).run()
    except Ended:
        channel.close(SESSION_ENDED, "the session has ended")
    except Interrupted:
        channel.close(COME_AGAIN, "connect again and resume")
    except ConnectionError:
        return  # the client is gone


class _Follower:
    """One socket: what it has been sent so far, and how it is kept up to date."""

    def __init__(
        self,
        channel: Channel,
        caller: Caller,
        inboxes: Inboxes,
        subscription: Subscription,
        sequence: int,
    ) -> None:
        self._channel = channel
        self._caller = caller
        self._inboxes = inboxes
        self._subscription = subscription
        self._sequence = sequence
        self._synced_at = 0.0

    def run(self) -> None:
        """Until the client leaves; raises ``Ended`` with the session."""
        self._catch_up()
        while self._channel.is_open:
            self._check_session()
            news = self._subscription.next(_WAIT_SECONDS)
            if news is not None:
                self._take(news)
            elif time.monotonic() - self._synced_at > _RESYNC_SECONDS:
                self._catch_up()

    def _take(self, news: Notification) -> None:
        if news.sequence is None:
            self._send(news)
        elif news.sequence == self._sequence + 1:
            self._sequence = news.sequence
            self._send(news)
        elif news.sequence > self._sequence:
            self._catch_up()

    def _catch_up(self) -> None:
        """Everything stored and not yet sent, in order."""
        while batch := self._inboxes.after(self._caller.user, self._sequence, _BATCH):
            for news in batch:
                self._sequence = news.sequence or self._sequence
                self._send(news)
        self._synced_at = time.monotonic()

    def _send(self, news: Notification) -> None:
        self._channel.send(msgspec.json.encode(news).decode())

    def _check_session(self) -> None:
        ends_at = self._caller.session_expires_at
        if ends_at is not None and time.time() >= ends_at:
            raise Ended("the session has expired")
