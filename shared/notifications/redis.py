"""The fan-out over Redis: one subscription per process, a queue per open socket."""

import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import Any

import msgspec

from shared.contracts.auth import REVOKED_CHANNEL, revoked_session_key, revoked_user_key
from shared.kernel.ids import UserId
from shared.notifications.model import Notification
from shared.notifications.ports import Ended, Interrupted
from shared.runtime import typed
from shared.runtime.identity import Caller
from shared.runtime.logs import log
from shared.runtime.redis import OUTAGES, Redis, connect_redis
from shared.runtime.settings import RedisSettings

_CHANNEL = "notifications"
_QUEUE_LENGTH = 1000
_READY_SECONDS = 3.0
_POLL_SECONDS = 1.0


class _Message(msgspec.Struct, frozen=True):
    """What replicas tell each other; for everybody without ``user_id``."""

    user_id: UserId | None
    notification: Notification


class _Subscriber:
    """The queue of one socket; an exception in it ends the subscription."""

    def __init__(self, caller: Caller) -> None:
        self.user_id = caller.user_id
        self.keys = {revoked_session_key(str(caller.session_id)), revoked_user_key(caller.user)}
        self._queue: queue.Queue[Notification | Exception] = queue.Queue(_QUEUE_LENGTH)

    def put(self, item: Notification | Exception) -> None:
        """Whoever cannot follow is interrupted and resumes from the store."""
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            with contextlib.suppress(queue.Empty):
                self._queue.get_nowait()
            self._queue.put(Interrupted("too slow"))

    def next(self, timeout_seconds: float) -> Notification | None:
        """The next notification, ``None`` after the timeout."""
        try:
            item = self._queue.get(timeout=timeout_seconds)
        except queue.Empty:
            return None
        if isinstance(item, Exception):
            raise item
        return item


class RedisFeed:
    """Publishes to and listens on Redis channels."""

    def __init__(self, redis: RedisSettings) -> None:
        self._redis: Redis = connect_redis(redis)
        self._subscribers: set[_Subscriber] = set()
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._listener: threading.Thread | None = None

    def publish(self, user_id: UserId | None, notification: Notification) -> None:
        """To the owner's sockets, or to everybody's."""
        self._redis.publish(_CHANNEL, msgspec.json.encode(_Message(user_id, notification)))

    @contextlib.contextmanager
    def subscribe(self, caller: Caller) -> Iterator[_Subscriber]:
        """What arrives from now on; ``Ended`` if the session has been ended already."""
        subscriber = _Subscriber(caller)
        with self._lock:
            self._subscribers.add(subscriber)
            if self._listener is None:
                self._ready.clear()
                self._listener = threading.Thread(target=self._listen, daemon=True)
                self._listener.start()
        try:
            if not self._ready.wait(_READY_SECONDS):
                raise Interrupted("Redis is not reachable")
            if self._redis.exists(revoked_session_key(str(caller.session_id))):
                raise Ended("the session was ended")
            yield subscriber
        finally:
            with self._lock:
                self._subscribers.discard(subscriber)

    def _listen(self) -> None:
        """Hands out messages until nobody listens, or until Redis is lost: then all come again."""
        try:
            with self._redis.pubsub() as pubsub:  # type: ignore[no-untyped-call]
                pubsub.subscribe(_CHANNEL, REVOKED_CHANNEL)
                self._receive(pubsub)
        except OUTAGES as error:
            log("warning", "the feed lost Redis", error=str(error))
        finally:
            with self._lock:
                if self._listener is threading.current_thread():
                    self._listener = None
                    for subscriber in self._subscribers:
                        subscriber.put(Interrupted("Redis was lost"))

    def _receive(self, pubsub: Any) -> None:  # noqa: ANN401 - redis-py's PubSub is untyped
        while not self._is_idle():
            message = pubsub.get_message(timeout=_POLL_SECONDS)
            if message is None:
                continue
            if message["type"] == "subscribe":
                self._ready.set()
            elif message["channel"] == REVOKED_CHANNEL:
                self._end(message["data"])
            else:
                self._hand_out(typed.decode(message["data"], _Message))

    def _is_idle(self) -> bool:
        """Whether nobody listens; then the next subscriber starts a listener of its own."""
        with self._lock:
            if not self._subscribers:
                self._listener = None
            return not self._subscribers

    def _hand_out(self, message: _Message) -> None:
        with self._lock:
            for subscriber in self._subscribers:
                if message.user_id in {None, subscriber.user_id}:
                    subscriber.put(message.notification)

    def _end(self, key: str) -> None:
        with self._lock:
            for subscriber in self._subscribers:
                if key in subscriber.keys:
                    subscriber.put(Ended("the session was ended"))
