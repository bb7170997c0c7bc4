"""Many first requests at the same time: one thread learns a type, before all others use it."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
# Every round has types that nobody has used; threads change as often as the interpreter lets them.
_PROGRAM = """
import sys, threading, types
sys.setswitchinterval(1e-7)
import msgspec
from shared.runtime import typed

FIELDS = "\\n".join(f"    field{n}: {'list[Inner]' if n % 3 == 0 else 'str'}" for n in range(12))
VALUE = {f"field{n}": [] if n % 3 == 0 else "x" for n in range(12)}

def fresh(number):
    module = sys.modules[f"fresh{number}"] = types.ModuleType(f"fresh{number}")
    exec(
        "import msgspec\\nfrom dataclasses import dataclass\\n"
        "@dataclass(frozen=True)\\nclass Inner:\\n    name: str\\n    more: list[int]\\n"
        f"class Outer(msgspec.Struct):\\n{FIELDS}\\n",
        module.__dict__,
    )
    return module.Outer

for number in range(100):
    kind, start, made = fresh(number), threading.Barrier(16), []

    def first_request():
        start.wait()
        made.append(typed.convert(VALUE, kind))

    threads = [threading.Thread(target=first_request) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 16, number
"""


def test_types_are_learnt_by_one_thread():
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-500:])


def test_nobody_goes_past_it():
    """What is decoded without a type needs nothing learnt."""
    bare = re.compile(r"msgspec\.(convert\(|(json|msgpack)\.(decode\(.*type=|Decoder\((?!typed)))")
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for folder in ("shared", "functions")
        for file in (ROOT / folder).rglob("*.py")
        if file.name != "typed.py"
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if bare.search(line)
    ]
    assert found == []
