"""A guess at a body's media type, as Go's http.DetectContentType makes it."""

import re

SNIFFED_BYTES = 512
_TAGS = rb"!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY|BR|P"
_HTML = re.compile(rb"<(?:" + _TAGS + rb")[ >]|<!--", re.IGNORECASE)
_SPACE = b"\t\n\x0c\r "
_TEXT = "text/plain; charset=utf-8"
_PREFIXES = (
    (b"%PDF-", "application/pdf"),
    (b"%!PS-Adobe-", "application/postscript"),
    (b"\xfe\xff", "text/plain; charset=utf-16be"),
    (b"\xff\xfe", "text/plain; charset=utf-16le"),
    (b"\xef\xbb\xbf", _TEXT),
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"\x00\x00\x02\x00", "image/x-icon"),
    (b"BM", "image/bmp"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"ID3", "audio/mpeg"),
    (b"OggS\x00", "application/ogg"),
    (b"MThd\x00\x00\x00\x06", "audio/midi"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"\x00\x01\x00\x00", "font/ttf"),
    (b"OTTO", "font/otf"),
    (b"ttcf", "font/collection"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"\x1f\x8b\x08", "application/x-gzip"),
    (b"PK\x03\x04", "application/zip"),
    (b"Rar!\x1a\x07\x00", "application/x-rar-compressed"),
    (b"Rar!\x1a\x07\x01\x00", "application/x-rar-compressed"),
    (b"\x00asm", "application/wasm"),
)
_CONTAINERS = {
    (b"RIFF", b"WEBPVP"): "image/webp",
    (b"RIFF", b"AVI "): "video/avi",
    (b"RIFF", b"WAVE"): "audio/wave",
    (b"FORM", b"AIFF"): "audio/aiff",
}
_BINARY = bytes({*range(32)} - {*b"\t\n\x0c\r\x1b"})


def detect_content_type(data: bytes) -> str:
    """The media type by the first 512 bytes; ``application/octet-stream`` when nothing fits."""
    data = data[:SNIFFED_BYTES]
    text = data.lstrip(_SPACE)
    if _HTML.match(text):
        return "text/html; charset=utf-8"
    if text.startswith(b"<?xml"):
        return "text/xml; charset=utf-8"
    for prefix, media_type in _PREFIXES:
        if data.startswith(prefix):
            return media_type
    for (outer, inner), media_type in _CONTAINERS.items():
        if data.startswith(outer) and data[8:].startswith(inner):
            return media_type
    if _is_mp4(data):
        return "video/mp4"
    is_binary = data.translate(None, _BINARY) != data
    return "application/octet-stream" if is_binary else _TEXT


def _is_mp4(data: bytes) -> bool:
    box = int.from_bytes(data[:4], "big")
    if data[4:8] != b"ftyp" or box % 4 or len(data) < box:
        return False
    brands = [data[at : at + 3] for at in range(8, box, 4) if at != 12]  # noqa: PLR2004 - version
    return b"mp4" in brands
