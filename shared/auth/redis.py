"""Revocations and throttling in Redis."""

from datetime import datetime

from shared.auth.model import ACCESS_SECONDS
from shared.contracts.auth import REVOKED_CHANNEL, revoked_session_key, revoked_user_key
from shared.kernel.errors import RateLimited
from shared.kernel.ids import SessionId, UserId
from shared.runtime.identity import Caller
from shared.runtime.redis import connect_redis
from shared.runtime.settings import RedisSettings


class RedisRevocations:
    """Keys that outlive every access token issued before them."""

    def __init__(self, redis: RedisSettings) -> None:
        self._redis = connect_redis(redis)

    def revoke_session(self, session_id: SessionId) -> None:
        """Ends the session's access tokens at once, open sockets included."""
        self._revoke(revoked_session_key(session_id), "1")

    def revoke_user(self, user_id: UserId, now: datetime) -> None:
        """Ends every access token of the user that was issued before now."""
        self._revoke(revoked_user_key(user_id), str(int(now.timestamp())))

    def is_revoked(self, caller: Caller, issued_at: int) -> bool:
        """Whether the caller's token was ended."""
        keys = [revoked_session_key(str(caller.session_id)), revoked_user_key(str(caller.user_id))]
        session, user = self._redis.mget(keys)
        return session is not None or (user is not None and issued_at <= int(user))

    def _revoke(self, key: str, value: str) -> None:
        self._redis.set(key, value, ex=ACCESS_SECONDS + 60)
        self._redis.publish(REVOKED_CHANNEL, key)


class RedisThrottle:
    """Fixed windows: one counter per key, gone with its window."""

    def __init__(self, redis: RedisSettings) -> None:
        self._redis = connect_redis(redis)

    def check(self, key: str, limit: int, window_seconds: int) -> None:
        """Counts one try; ``RateLimited`` above the limit in the window."""
        if self._count(f"limit:{key}", window_seconds) > limit:
            raise RateLimited("Too many requests; slow down.", window_seconds)

    def refuse_after(self, key: str, limit: int) -> None:
        """``RateLimited`` when ``key`` has failed ``limit`` times lately."""
        failures = self._redis.get(f"failures:{key}")
        if failures is not None and int(failures) >= limit:
            seconds = max(1, int(self._redis.ttl(f"failures:{key}")))
            raise RateLimited(f"Too many failed tries; wait {seconds} s.", seconds)

    def note_failure(self, key: str, window_seconds: int) -> None:
        """Counts a failure, forgotten after the window."""
        self._count(f"failures:{key}", window_seconds)

    def forget(self, key: str) -> None:
        """Forgets the failures (a success)."""
        self._redis.delete(f"failures:{key}")

    def _count(self, key: str, window_seconds: int) -> int:
        pipeline = self._redis.pipeline()
        pipeline.set(key, 0, ex=window_seconds, nx=True)
        pipeline.incr(key)
        return int(pipeline.execute()[1])
