"""Committed offsets of consumer groups, read and written without being a member.

All sources of this machine are carried by one process that reads each partition once, so there is
nothing to balance: Kafka only keeps the groups' offsets (OffsetCommit of an empty group).
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import KafkaError, NoError
from kafka.structs import OffsetAndMetadata

from localdev.eventing.lanes import Place

_COORDINATOR_SECONDS = 30.0
_RETRY_SECONDS = 0.1
Offsets = Mapping[Place, int]


class CommitRefusedError(RuntimeError):
    """Kafka did not take a group's offsets; says which and why."""


class Groups:
    """Group offsets over one connection. Not thread-safe."""

    def __init__(self, bootstrap: str) -> None:
        self._admin = KafkaAdminClient(
            bootstrap_servers=bootstrap, client_id="popshop-groups", reconnect_backoff_max_ms=1000
        )

    def committed(self, places: Mapping[str, Iterable[Place]]) -> dict[str, dict[Place, int]]:
        """The committed offsets of each group, without the partitions that have none."""
        if not places:
            return {}
        wanted = {group: [TopicPartition(*it) for it in set(its)] for group, its in places.items()}
        found = self._look_up(wanted)
        return {
            group: {tuple(place): at.offset for place, at in offsets.items() if at.offset >= 0}
            for group, offsets in found.items()
        }

    def commit(self, group: str, offsets: Offsets) -> None:
        """Raises ``CommitRefusedError``; then nothing or a part was committed."""
        named = {
            TopicPartition(*place): OffsetAndMetadata(offset, "", -1)
            for place, offset in offsets.items()
        }
        try:
            answers = self._admin.alter_group_offsets(group, named)
        except KafkaError as error:
            raise CommitRefusedError(f"offsets of {group} not committed: {error}") from error
        refused = {place: error for place, error in answers.items() if error is not NoError}
        if refused:
            named_errors = ", ".join(f"{place}: {error}" for place, error in refused.items())
            raise CommitRefusedError(f"offsets of {group} not committed: {named_errors}")

    def _look_up(self, wanted: Any) -> Any:  # noqa: ANN401 - kafka-python has no types
        """A new Kafka makes its offsets topic when it is first asked for a group."""
        deadline = time.monotonic() + _COORDINATOR_SECONDS
        while True:
            try:
                return self._admin.list_group_offsets(wanted)
            except KafkaError as error:
                if not error.retriable or time.monotonic() > deadline:
                    raise
            time.sleep(_RETRY_SECONDS)

    def close(self) -> None:
        """Ends the connection."""
        self._admin.close()
