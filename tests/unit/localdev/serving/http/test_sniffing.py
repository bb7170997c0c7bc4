import pytest

from localdev.serving.http.sniffing import detect_content_type


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"got 10", "text/plain; charset=utf-8"),
        (b"  <html>", "text/html; charset=utf-8"),
        (b"<!doctype HTML>", "text/html; charset=utf-8"),
        (b"<!-- x", "text/html; charset=utf-8"),
        (b"<article>", "text/plain; charset=utf-8"),
        (b'<?xml version="1.0"?>', "text/xml; charset=utf-8"),
        (b"%PDF-1.7", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n..", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8", "image/webp"),
        (b"\x00\x00\x00\x14ftypmp42\x00\x00\x00\x00mp41", "video/mp4"),
        (b"\x1f\x8b\x08\x00", "application/x-gzip"),
        (b'{"a": 1}', "text/plain; charset=utf-8"),
        (b"caf\xc3\xa9", "text/plain; charset=utf-8"),
        (b"a\x01b", "application/octet-stream"),
    ],
)
def test_the_type_is_the_one_go_guesses(data, media_type):
    assert detect_content_type(data) == media_type


def test_only_the_beginning_counts():
    assert detect_content_type(b"x" * 512 + b"\x00") == "text/plain; charset=utf-8"
