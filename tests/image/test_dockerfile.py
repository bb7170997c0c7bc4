"""The Dockerfile as it is written; `nox -s image` builds it."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.image.base import DOCKERFILE, pinned_base

TEXT = DOCKERFILE.read_text()
IGNORED = DOCKERFILE.with_name("Dockerfile.dockerignore").read_text().splitlines()


def test_hadolint_finds_nothing():
    hadolint = Path(sys.executable).with_name("hadolint")
    ended = subprocess.run(
        [hadolint, "--no-color", DOCKERFILE], check=False, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr


def test_every_stage_stands_on_the_one_base_which_is_pinned_by_its_digest():
    stages = re.findall(r"^FROM (\S+)(?: AS (\w+))?$", TEXT, re.MULTILINE)
    names = {name for _, name in stages}
    assert {source for source, _ in stages} - names == {"${BASE}"}
    assert re.fullmatch(
        r"docker\.io/library/python:3\.11-slim-\w+@sha256:[0-9a-f]{64}", pinned_base()
    )


def test_what_pip_installs_is_locked_with_hashes():
    installs = re.findall(r"pip (?:--python \S+ )?install .*?(?=&&|$)", joined(TEXT), re.MULTILINE)
    assert len(installs) == 2
    for line in installs:
        words = shlex.split(line)
        assert {"--require-hashes", "--no-cache-dir", "-r"} <= set(words)


def test_whatever_it_copies_is_sent_to_the_builder_and_nothing_else():
    lines = re.findall(r"^COPY (?!--from)(.+)$", TEXT, re.MULTILINE)
    copied = {source for line in lines for source in line.split()[:-1]}
    assert copied == {line[1:] for line in IGNORED if line.startswith("!")}
    assert "*" in IGNORED


def test_the_function_runs_as_the_user_that_the_manifests_name():
    assert "USER 65532:65532" in TEXT.splitlines()


def joined(text: str) -> str:
    return text.replace("\\\n", " ")
