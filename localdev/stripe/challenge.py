"""The 3-D Secure challenge: a page on which a person plays the card holder."""

import hmac
import html
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import web

from localdev.stripe.account import Account
from localdev.stripe.currencies import written
from localdev.stripe.machine import NEEDS_ACTION, SUCCEEDED, UnexpectedStateError, authenticated
from localdev.stripe.moment import Moment
from localdev.stripe.records import Intent, Method

PATH = "/3d_secure_2/hosted"

_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:10vh auto;padding:0 1rem}"
    "button,a{font:inherit;display:inline-block;margin:.5rem .5rem 0 0;padding:.6rem 1rem;"
    "border:1px solid #635bff;border-radius:.4rem;background:#fff;color:#635bff}"
    "button[value=succeeded]{background:#635bff;color:#fff}"
)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>3-D Secure test page</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>
<body><main><h1>{title}</h1>{content}</main></body></html>"""
_QUESTION = """<p>This is a test of 3-D Secure for a payment of <strong>{amount}</strong>.
Complete or fail the authentication.</p>
<form method="post"><input type="hidden" name="payment_intent" value="{intent}">
<input type="hidden" name="payment_intent_client_secret" value="{secret}">
<button name="outcome" value="succeeded">Complete authentication</button>
<button name="outcome" value="failed">Fail authentication</button></form>"""


class NoSuchIntentError(LookupError):
    """No intent has this id."""


class ChallengeOverError(Exception):
    """The intent awaits no challenge."""


def end_challenge(account: Account, intent_id: str, *, is_holder: bool) -> Intent:
    """The intent after its challenge; durable on return."""
    with account.store.transaction():
        intent = account.store.find(Intent, intent_id)
        if intent is None:
            raise NoSuchIntentError(f"No such payment_intent: '{intent_id}'")
        try:
            step = authenticated(intent, _method(account, intent), Moment(), is_holder=is_holder)
        except UnexpectedStateError as error:
            raise ChallengeOverError(str(error)) from error
        account.apply(step, Moment())
    account.news.set()
    return account.store.get(Intent, intent_id)


def back_to_shop(intent: Intent) -> str | None:
    """``return_url`` with what Stripe adds to it."""
    if intent.return_url is None:
        return None
    parts = urlsplit(intent.return_url)
    told = {
        "payment_intent": intent.id,
        "payment_intent_client_secret": intent.secret,
        "redirect_status": "succeeded" if intent.status == SUCCEEDED else "failed",
    }
    query = [*parse_qsl(parts.query, keep_blank_values=True), *told.items()]
    return urlunsplit(parts._replace(query=urlencode(query)))


class ChallengePage:
    """The handlers of the page that ``next_action`` names."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Shows the question, takes the answer."""
        router.add_get(PATH, self._ask)
        router.add_post(PATH, self._take)

    async def _ask(self, request: web.Request) -> web.Response:
        intent = self._intent(dict(request.query))
        if intent is None:
            return _page("No such payment", "<p>This link is wrong or incomplete.</p>", 404)
        if intent.status != NEEDS_ACTION:
            return _over(intent)
        question = _QUESTION.format(
            amount=html.escape(f"{written(intent.amount, intent.currency)} {intent.currency}"),
            intent=html.escape(intent.id),
            secret=html.escape(intent.secret),
        )
        return _page("3-D Secure test page", question)

    async def _take(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        intent = self._intent(form)
        if intent is None:
            return _page("No such payment", "<p>This link is wrong or incomplete.</p>", 404)
        try:
            ended = end_challenge(
                self._account, intent.id, is_holder=form.get("outcome") == "succeeded"
            )
        except ChallengeOverError:
            return _over(intent)
        where = back_to_shop(ended)
        return _over(ended) if where is None else _see_other(where)

    def _intent(self, given: dict[str, str]) -> Intent | None:
        """The intent, for whoever knows its secret."""
        intent = self._account.store.find(Intent, given.get("payment_intent", ""))
        secret = given.get("payment_intent_client_secret", "")
        if intent is None or not hmac.compare_digest(secret.encode(), intent.secret.encode()):
            return None
        return intent


def _method(account: Account, intent: Intent) -> Method:
    if intent.method is None:
        raise UnexpectedStateError("This PaymentIntent has no payment method.", intent)
    return account.store.get(Method, intent.method)


def _see_other(where: str) -> web.Response:
    return web.Response(status=303, headers={"Location": where})


def _over(intent: Intent) -> web.Response:
    where = back_to_shop(intent)
    link = f'<p><a href="{html.escape(where)}">Back to the shop</a></p>' if where else ""
    status = html.escape(intent.status.replace("_", " "))
    return _page("Nothing to authenticate", f"<p>The payment is: {status}.</p>{link}")


def _page(title: str, content: str, status: int = 200) -> web.Response:
    return web.Response(
        status=status,
        text=_PAGE.format(style=_STYLE, title=title, content=content),
        content_type="text/html",
        headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
    )
