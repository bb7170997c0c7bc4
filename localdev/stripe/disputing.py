"""Makes and ends disputes of an intent, as a holder and a bank would."""

from localdev.stripe.account import Account
from localdev.stripe.challenge import NoSuchIntentError
from localdev.stripe.disputes import DisputeRefusedError, decided, disputed
from localdev.stripe.moment import Moment
from localdev.stripe.records import Charge, Dispute, Intent
from localdev.stripe.store import Page


def open_dispute(account: Account, intent_id: str, reason: str) -> Dispute:
    """The new dispute of what the intent took; durable on return."""
    moment = Moment()
    with account.store.transaction():
        step = disputed(_charge(account, intent_id), reason, moment)
        account.apply(step, moment)
    account.news.set()
    return step.about


def close_dispute(account: Account, intent_id: str, *, is_won: bool) -> Dispute:
    """The intent's newest dispute after the bank's decision; durable on return."""
    with account.store.transaction():
        charge = _charge(account, intent_id)
        newest = Page(limit=1, equals={"intent": intent_id}, created={})
        found, _ = account.store.page(Dispute, newest)
        if not found:
            raise DisputeRefusedError(f"PaymentIntent {intent_id} has no dispute.")
        step = decided(found[0], charge, is_won=is_won)
        account.apply(step, Moment())
    account.news.set()
    return step.about


def _charge(account: Account, intent_id: str) -> Charge:
    intent = account.store.find(Intent, intent_id)
    if intent is None:
        raise NoSuchIntentError(f"No such payment_intent: '{intent_id}'")
    if intent.latest_charge is None or not intent.amount_received:
        raise DisputeRefusedError(f"PaymentIntent {intent_id} has taken no money.")
    return account.store.get(Charge, intent.latest_charge)
