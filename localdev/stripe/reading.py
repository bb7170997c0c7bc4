"""Lists with cursors, and ``expand[]``."""

from localdev.stripe.account import Account
from localdev.stripe.errors import Refused, invalid, no_such
from localdev.stripe.forms import Json
from localdev.stripe.objects import list_object
from localdev.stripe.parameters import Parameters
from localdev.stripe.records import Charge, Intent, Method, Record, Refund
from localdev.stripe.store import Page

LISTING = frozenset({"limit", "starting_after", "ending_before", "created", "expand"})

_MAX_LIMIT = 100
_DEFAULT_LIMIT = 10
_MAX_DEPTH = 4
_COMPARISONS = ("gt", "gte", "lt", "lte")
_KINDS: dict[str, type[Record]] = {
    "charge": Charge,
    "latest_charge": Charge,
    "payment_intent": Intent,
    "payment_method": Method,
}


def page_of(
    account: Account, params: Parameters, kind: type[Record], equals: dict[str, str]
) -> Page:
    """The page asked for; ``equals`` filters on fields of the records."""
    limit = params.integer("limit")
    limit = _DEFAULT_LIMIT if limit is None else limit
    if not 1 <= limit <= _MAX_LIMIT:
        raise invalid(
            "limit",
            f"Invalid limit: must be between 1 and {_MAX_LIMIT}",
            "parameter_invalid_integer",
        )
    cursors = {name: params.text(name) for name in ("starting_after", "ending_before")}
    for name, cursor in cursors.items():
        if cursor and account.store.find(kind, cursor) is None:
            raise no_such("object", cursor, name, 400)
    return Page(
        limit=limit,
        equals=equals,
        created=_created(params),
        after=cursors["starting_after"],
        before=cursors["ending_before"],
    )


def list_page(
    account: Account, params: Parameters, kind: type[Record], page: Page, url: str
) -> Json:
    """The list object, expanded as asked (``data.latest_charge``)."""
    records, has_more = account.store.page(kind, page)
    answer = list_object(
        url, [account.objects.whole(record) for record in records], has_more=has_more
    )
    expand(account, answer, params.texts("expand"))
    return answer


def expand(account: Account, seen: Json, paths: list[str]) -> None:
    """Replaces ids in ``seen`` by their objects."""
    for path in paths:
        names = path.split(".")
        if len(names) > _MAX_DEPTH:
            raise invalid("expand", f"You cannot expand more than {_MAX_DEPTH} levels: {path}")
        _expand(account, seen, names, path)


def _expand(account: Account, seen: Json, names: list[str], path: str) -> None:
    first, rest = names[0], names[1:]
    if first == "data" and seen.get("object") == "list":
        inside = seen["data"]
    else:
        inside = [_expanded(account, seen, first, path)]
    for one in inside if rest else ():
        if one is not None:
            _expand(account, one, rest, path)


def _expanded(account: Account, seen: Json, name: str, path: str) -> Json | None:
    if name == "refunds" and seen.get("object") == "charge":
        seen[name] = seen.get(name) or _refunds(account, seen["id"])
    elif name not in seen or name not in _KINDS:
        raise Refused(
            f"This property cannot be expanded ({path}).",
            param="expand",
            code="property_not_expandable",
        )
    elif isinstance(seen[name], str):
        seen[name] = account.objects.whole(account.store.get(_KINDS[name], seen[name]))
    found: Json | None = seen[name]
    return found


def _refunds(account: Account, charge_id: str) -> Json:
    page = Page(limit=_DEFAULT_LIMIT, equals={"charge": charge_id}, created={})
    found, has_more = account.store.page(Refund, page)
    items = [account.objects.whole(refund) for refund in found]
    return list_object(f"/v1/charges/{charge_id}/refunds", items, has_more=has_more)


def _created(params: Parameters) -> dict[str, int]:
    if "created" not in params:
        return {}
    try:
        group = params.group("created")
    except Refused:
        exactly = params.integer("created") or 0
        return {"gte": exactly, "lte": exactly}
    if group is None:
        return {}
    group.check_known(frozenset(_COMPARISONS))
    bounds = {name: group.integer(name) for name in _COMPARISONS}
    return {name: bound for name, bound in bounds.items() if bound is not None}
