"""Reads the pages for operators: their code, commands, tables, links and anchors."""

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCED = re.compile(
    r"^(?:<!-- test: (\S+) -->\n)? *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE
)
_INDENTED = re.compile(r"(?<=\n\n)((?: {4}.*\n|\n(?= {4}))+)")
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
_HEREDOC = re.compile(r"<<'(\w+)'\n(.*?)\n\s*\1$", re.DOTALL | re.MULTILINE)
_SEPARATORS = {"|", "||", "&&", ";", "do", "then", "{", "("}


@dataclass(frozen=True)
class Block:
    """A piece of code; ``language`` is empty where it is only indented, as commands are.

    ``mark`` is what the page says to tests above it.
    """

    text: str
    language: str = ""
    mark: str = ""

    @property
    def is_shell(self) -> bool:
        """Whether it is typed into a shell."""
        return self.language in {"", "sh"}

    @property
    def heredocs(self) -> list[str]:
        """The manifests that are handed to a command."""
        return [found[1] for found in _HEREDOC.findall(self.text)]

    @property
    def commands(self) -> list[str]:
        """The lines without what is handed to them, each command on one line."""
        text = _HEREDOC.sub("", self.text).replace("\\\n", " ")
        return [line.strip() for line in text.splitlines() if line.strip()]


@dataclass(frozen=True)
class Page:
    """A page of Markdown."""

    file: Path

    @cached_property
    def text(self) -> str:
        """All of it."""
        return self.file.read_text(encoding="utf-8")

    @cached_property
    def blocks(self) -> list[Block]:
        """Its code, fenced or indented by four or more."""
        fenced = [
            Block(textwrap.dedent(code), language or "text", mark)
            for mark, language, code in _FENCED.findall(self.text)
        ]
        return [*fenced, *map(Block, map(textwrap.dedent, _INDENTED.findall(self.prose)))]

    @property
    def prose(self) -> str:
        """The page without fenced code."""
        return _FENCED.sub("", self.text)

    @property
    def quoted(self) -> list[str]:
        """What stands between backticks in a line."""
        return re.findall(r"`([^`\n]+)`", self.prose)

    @property
    def links(self) -> list[str]:
        """Where its links go."""
        return _LINK.findall(self.prose)

    @property
    def anchors(self) -> set[str]:
        """Its headings as GitHub names them."""
        return {_slug(line.lstrip("#")) for line in self.prose.splitlines() if line.startswith("#")}

    def commands(self, program: str) -> list[list[str]]:
        """Every call of a program in code and text, as words, up to the next command."""
        lines = [line for block in self.blocks if block.is_shell for line in block.commands]
        return [call for line in [*lines, *self.quoted] for call in _calls(line, program)]

    def table(self, mark: str) -> list[list[str]]:
        """The rows of the table below a mark, the head first, without bold."""
        lines = iter(self.text.splitlines())
        for line in lines:
            if line == f"<!-- test: {mark} -->":
                break
        rows = []
        for line in lines:
            if not line.startswith("|"):
                break
            rows.append([cell.strip().strip("*") for cell in line.strip("|").split("|")])
        return [rows[0], *rows[2:]]


def pages(*folders: str) -> list[Page]:
    """The pages directly in folders of docs/."""
    return [Page(file) for name in folders for file in sorted((DOCS / name).glob("*.md"))]


def _slug(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower().replace("`", ""))
    return kept.replace(" ", "-")


def _calls(line: str, program: str) -> Iterator[list[str]]:
    line = re.sub(r"\s#\s.*$", "", line)
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|()<>")
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = list(lexer)
    except ValueError:
        return
    starts = [at for at, word in enumerate(words) if word.lstrip("$(") == program]
    for at in starts:
        end = next((i for i in range(at + 1, len(words)) if _ends(words[i])), len(words))
        yield words[at + 1 : end]


def _ends(word: str) -> bool:
    return word in _SEPARATORS or set(word) <= set(";&|)<>")
