"""The home of redis-py: one client per process and URL; outages as 503."""

import functools

import redis

from shared.runtime.problem import register_outage
from shared.runtime.settings import RedisSettings

__all__ = ["OUTAGES", "Redis", "connect_redis"]

Redis = redis.Redis
OUTAGES = (redis.ConnectionError, redis.TimeoutError)

register_outage(*OUTAGES)


def connect_redis(settings: RedisSettings) -> redis.Redis:
    """A client that connects on first use; answers are text."""
    return _client(settings.url)


@functools.cache
def _client(url: str) -> redis.Redis:
    client: redis.Redis = redis.Redis.from_url(
        url, decode_responses=True, socket_timeout=3, socket_connect_timeout=2
    )
    return client
