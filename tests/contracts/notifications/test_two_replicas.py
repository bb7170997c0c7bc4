"""The feed between replicas of the WebSocket service."""

import pytest

from shared.kernel.ids import SessionId, UserId
from shared.notifications.redis import RedisFeed
from shared.runtime.identity import Caller
from tests.contracts.notifications.test_notification_ports import a_notification

pytestmark = pytest.mark.engines

ANN = Caller(user_id=UserId("ann"), session_id=SessionId("s1"))


@pytest.fixture
def replicas(redis_settings):
    feeds = RedisFeed(redis_settings), RedisFeed(redis_settings)
    yield feeds
    for feed in feeds:
        if listener := feed._listener:
            listener.join(10)


def test_the_sockets_on_every_replica_hear_each_message_once(replicas):
    one, other = replicas
    with one.subscribe(ANN) as here, other.subscribe(ANN) as there:
        one.publish(ANN.user_id, a_notification(1))
        other.publish(ANN.user_id, a_notification(2))
        for subscription in (here, there):
            assert [subscription.next(5).sequence, subscription.next(5).sequence] == [1, 2]
            assert subscription.next(0.05) is None
