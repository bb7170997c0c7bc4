"""The pages for people when the gateway answers itself: no function is there to render them."""

from http import HTTPStatus

MEDIA_TYPE = "text/html; charset=utf-8"
# Envoy takes a percent sign for a command of its own, so there is none in here.
_PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title} · Popshop</title>
  <link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/assets/bootstrap.min.css">
</head>
<body>
  <nav class="navbar bg-body-tertiary border-bottom mb-4" aria-label="Main"><div class="container">
    <a class="navbar-brand fw-bold" href="/">Popshop</a>
  </div></nav>
  <main class="container">
    <h1 class="h3">{title}</h1>
    <div class="alert alert-danger" role="alert" data-code="{code}">{detail}</div>
    <p><a href="/">Back to the start</a></p>
  </main>
</body>
</html>
"""


def problem_page(status: int, code: str, detail: str) -> str:
    """A status with its problem's code and detail as a page."""
    return _PAGE.format(title=HTTPStatus(status).phrase, code=code, detail=detail)
