"""The inbox as a page for people."""

import re
from html import escape

from localdev.mail.inbox import Message

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "article{border:1px solid #ccc;border-radius:.4rem;padding:1rem;margin:1rem 0}"
    "h2{font-size:1.1rem;margin:0}pre{white-space:pre-wrap}"
    "iframe{width:100%;height:24rem;border:1px solid #eee}"
)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Inbox ({count})</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>
<body><main><h1>Inbox</h1>{messages}</main></body></html>"""
_MESSAGE = """<article><h2>{subject}</h2>
<p>To {to}, <time datetime="{at}">{at}</time></p>{content}</article>"""
_ADDRESS = re.compile(r"(https?://[^\s<>\"]+)")
# A mail's own HTML runs no script and sees nothing of this page.
_FRAME = '<iframe sandbox title="{subject}" srcdoc="{html}"></iframe>'


def inbox_page(messages: list[Message]) -> str:
    """All messages, newest first."""
    shown = "".join(_message(one) for one in reversed(messages))
    return _PAGE.format(count=len(messages), style=_STYLE, messages=shown or "<p>No mail yet.</p>")


def _message(message: Message) -> str:
    text = f"<pre>{_linked(message.text)}</pre>" if message.text else ""
    frame = _FRAME.format(subject=escape(message.subject), html=escape(message.html))
    return _MESSAGE.format(
        subject=escape(message.subject) or "(no subject)",
        to=escape(message.to),
        at=escape(message.at),
        content=text + (frame if message.html else ""),
    )


def _linked(text: str) -> str:
    """The text with its addresses to click."""
    pieces = _ADDRESS.split(text)
    return "".join(
        f'<a href="{escape(piece)}">{escape(piece)}</a>' if index % 2 else escape(piece)
        for index, piece in enumerate(pieces)
    )
