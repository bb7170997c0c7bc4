"""Pages: the template beside a function, with the same data as its JSON."""

import functools
import json
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from shared.kernel.money import Money
from shared.runtime.answers import Reply, Response
from shared.runtime.declare import Http, Spec
from shared.runtime.identity import Caller
from shared.runtime.problem_form import fields_to_correct, in_plain_words, label_of
from shared.runtime.request import Request, is_back_office, local_path

HTML = "text/html; charset=utf-8"
# Script and style come from our own host alone; a page that needs more says so in its reply.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_ROOT = Path(__file__).parents[2]
_TEMPLATES = Path(__file__).parent / "templates"


def answer_page(
    spec: Spec,
    trigger: Http,
    request: Request,
    caller: Caller,
    reply: Reply[Any],
    headers: list[tuple[str, str]],
) -> Response:
    """The page of an answer: its template, or after a form a 303 to ``then``."""
    if trigger.then and (not request.is_htmx or spec.template is None):
        headers += [("Location", _destination(trigger.then, request, reply.value))]
        return Response(303, headers, b"")
    context = _context(request, caller) | {"result": reply.value}
    body = _render(str(_template(spec, request)), request, context)
    return Response(reply.status or trigger.status, _with_defaults(headers), body)


def problem_page(
    spec: Spec, request: Request, problem: dict[str, Any], headers: list[tuple[str, str]]
) -> Response:
    """A problem for a person; htmx gets the alert alone, put above what they typed."""
    del spec
    context = _context(request, Caller()) | {
        "problem": problem,
        "fields": fields_to_correct(request.form, problem),
        "back": request.came_from,
        "own_url": request.own_url,
    }
    if request.is_htmx:
        headers = [*headers, ("HX-Retarget", "#problem"), ("HX-Reswap", "innerHTML show:top")]
        body = _block("problem.html", "problem", context)
    else:
        body = _render("problem.html", request, context)
    return Response(problem["status"], _with_defaults(headers), body)


def load_page(spec: Spec) -> None:
    """Loads the templates of a function, so that its first page need not."""
    if spec.template:
        _environment().get_template(str(spec.template.relative_to(_ROOT)))


def compile_templates() -> int:
    """Compiles every template into the cache, as for modules when an image is made; how many."""
    found = [file.name for file in _TEMPLATES.glob("*.html")]
    found += [str(file.relative_to(_ROOT)) for file in _ROOT.glob("functions/*/*.html")]
    for name in found:
        _environment().get_template(name)
    return len(found)


def _with_defaults(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    given = {name.lower() for name, _ in headers}
    defaults = {
        "Content-Type": HTML,
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Cache-Control": "no-store",
    }
    return headers + [(k, v) for k, v in defaults.items() if k.lower() not in given]


def _destination(then: str, request: Request, value: Any) -> str:  # noqa: ANN401
    """Where a form goes after success; a form posted to ``?next=/local/path`` goes there."""
    if wanted := request.query.get("next"):
        return local_path(wanted)
    if request.is_htmx and (current := request.header("HX-Current-URL")) and then == "back":
        return "/" + current.split("/", 3)[-1]
    fields = {name: getattr(value, name) for name in dir(value) if not name.startswith("_")}
    return then.format_map(fields)


def _template(spec: Spec, request: Request) -> Path:
    """The back office may have a page of its own for the same data (``name.admin.html``)."""
    own = Path(spec.source).with_suffix(".admin.html")
    if is_back_office(request.host) and own.exists():
        return own.relative_to(_ROOT)
    return Path(spec.source).with_suffix(".html").relative_to(_ROOT)


def _render(name: str, request: Request, context: dict[str, Any]) -> bytes:
    """The whole page, or the one block that htmx's target names (``#cart-lines``: cart_lines)."""
    target = request.header("HX-Target").replace("-", "_")
    if request.is_htmx and target in _environment().get_template(name).blocks:
        return _block(name, target, context)
    return _environment().get_template(name).render(context).encode()


def _block(name: str, block: str, context: dict[str, Any]) -> bytes:
    template = _environment().get_template(name)
    return "".join(template.blocks[block](template.new_context(context))).encode()


def _context(request: Request, caller: Caller) -> dict[str, Any]:
    """What every template may use. Name and cart count are for display and authorise nothing."""
    cookies = request.cookies
    return {
        "caller": caller,
        "path": request.path,
        "query": _Query(request.query if request.method == "GET" else {}),
        "is_admin_host": is_back_office(request.host),
        "shown_name": unquote(cookies.get("shop-name", ""))[:60],
        "cart_count": cookies.get("cart-count", "")[:4],
        "problem": None,
    }


class _Compiled(FileSystemBytecodeCache):
    """Templates compiled once, as modules are: a page's cost at a cold start was this, 13-25 ms.

    As with modules, ``PYTHONDONTWRITEBYTECODE`` and a file system that is read-only leave it at
    what an image brought along.
    """

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps what was compiled, if it may."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                Path(self.directory).mkdir(exist_ok=True)
                super().dump_bytecode(bucket)


class _Query(dict[str, str]):
    """The query in a template: a field that was not sent is empty."""

    def __missing__(self, name: str) -> str:
        return ""


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader([str(_TEMPLATES), str(_ROOT)]),
        bytecode_cache=_Compiled(str(_TEMPLATES / "__pycache__"), "%s.jinja"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "money": money,
        "major": major,
        "when": when,
        "compact_json": json.dumps,
        "plain": in_plain_words,
        "label": label_of,
    }
    environment.globals["with_query"] = with_query
    return environment


def money(value: Money) -> str:
    """``$12.99``; other currencies by their code."""
    whole, cents = divmod(abs(value.amount), 100)
    sign = "-" if value.amount < 0 else ""
    symbol = "$" if value.currency == "USD" else f"{value.currency} "
    return f"{sign}{symbol}{whole:,}.{cents:02d}"


def major(minor_units: int) -> str:
    """``1299`` as people type it: ``12.99``."""
    return "{}.{:02d}".format(*divmod(minor_units, 100))


def when(value: datetime) -> str:
    """``25 Nov 2026, 09:23 UTC``."""
    return value.strftime("%d %b %Y, %H:%M UTC")


def with_query(query: dict[str, str], **changes: Any) -> str:  # noqa: ANN401
    """The query string with some fields changed (``None`` or nothing removes one)."""
    fields = {k: v for k, v in {**query, **changes}.items() if v not in {None, ""}}
    return "?" + urlencode(fields)
