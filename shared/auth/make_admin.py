"""``python -m shared.auth.make_admin EMAIL``: the first admin, made by whoever runs the shop.

Reads the settings of an auth function (MONGO_URL, SINK_URL, EVENT_KEY_AUTH) from the environment.
"""

import sys

from shared.auth.model import normal_email
from shared.auth.mongo import MongoUsers
from shared.auth.ports import Users
from shared.kernel.errors import NotFound
from shared.runtime.wiring import build_adapter


def make_admin(email: str, users: Users) -> None:
    """Gives a registered person the role; ``NotFound`` if nobody has this e-mail."""
    while user := users.by_email(normal_email(email)):
        if user.role == "admin" or users.save(user.changed(role="admin")):
            return
    raise NotFound(f"Nobody is registered with {email}; register first.")


if __name__ == "__main__":
    make_admin(sys.argv[1], build_adapter(MongoUsers, "auth"))
