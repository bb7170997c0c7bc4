"""``python -m localdev.stripe``: the stand-in for Stripe, on loopback."""

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from localdev.cluster.ports import HOST
from localdev.stripe.account import Account
from localdev.stripe.api import Api
from localdev.stripe.challenge import ChallengePage
from localdev.stripe.controls import Controls
from localdev.stripe.keys import Keys
from localdev.stripe.objects import Objects
from localdev.stripe.store import Store
from localdev.stripe.webhooks import Endpoint, Webhooks

_SETTLING_SECONDS = 0.5


def main() -> None:
    """The command line."""
    options = _parser().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        store = Store(options.state)
        web.run_app(
            make_app(options, store),
            host=HOST,
            port=options.port,
            access_log=None,
            print=lambda *_: print("ready", flush=True),
        )
    except OSError as error:
        sys.exit(f"{error}")


def make_app(options: argparse.Namespace, store: Store) -> web.Application:
    """The server with its background work."""
    objects = Objects(f"http://{HOST}:{options.port}")
    account = Account(store, objects, has_endpoint=bool(options.webhook_url))
    app = web.Application()
    Api(account, Keys(options.secret_key, options.publishable_key)).add_routes(app.router)
    Controls(account).add_routes(app.router)
    ChallengePage(account).add_routes(app.router)

    async def background(_app: web.Application) -> AsyncIterator[None]:
        endpoint = Endpoint(options.webhook_url, options.webhook_secret)
        webhooks = Webhooks(endpoint, account)
        tasks = [asyncio.create_task(webhooks.run()), asyncio.create_task(_settle(account))]
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        store.close()

    app.cleanup_ctx.append(background)
    return app


async def _settle(account: Account) -> None:
    while True:
        account.settle_refunds(time.time())
        await asyncio.sleep(_SETTLING_SECONDS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="localdev.stripe", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="loopback port to listen on")
    parser.add_argument("--state", type=Path, required=True, help="SQLite file kept between runs")
    parser.add_argument("--secret-key", required=True, help="sk_test_…")
    parser.add_argument("--publishable-key", required=True, help="pk_test_…")
    parser.add_argument("--webhook-secret", required=True, help="whsec_…: signs the webhooks")
    parser.add_argument("--webhook-url", default="", help="where webhooks go; none without it")
    return parser


if __name__ == "__main__":
    main()
