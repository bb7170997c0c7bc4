"""Reads parameters strictly: an unknown name or a wrong value is refused by its full name."""

from collections.abc import Iterator
from typing import Self

from localdev.stripe.errors import Refused, invalid, missing, unknown
from localdev.stripe.forms import Json

_MAX_KEYS = 50
_MAX_KEY_LENGTH = 40
_MAX_VALUE_LENGTH = 500
_FLAGS = {"true": True, "false": False}


class Parameters:
    """One level of parameters; names in errors are written ``outer[inner]``."""

    def __init__(self, values: Json, path: str = "") -> None:
        self._values = values
        self._path = path

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def name(self, name: str) -> str:
        """The full name."""
        return f"{self._path}[{name}]" if self._path else name

    def check_known(self, known: frozenset[str]) -> None:
        """Refuses what the call does not take."""
        for name in self._values:
            if name not in known:
                raise unknown(self.name(name))

    def required(self, name: str) -> str:
        """A text that must be there and not be empty."""
        if name not in self._values:
            raise missing(self.name(name))
        found = self.text(name)
        if found is None:
            full = self.name(name)
            raise invalid(
                full,
                f"You passed an empty string for '{full}'. We assume empty values are an attempt "
                f"to unset a field; however '{full}' cannot be unset. You should remove '{full}' "
                "from your request or supply a non-empty value.",
                "parameter_invalid_empty",
            )
        return found

    def text(self, name: str) -> str | None:
        """A text; ``None`` where it is missing or empty."""
        found = self._values.get(name)
        if found is None or isinstance(found, str):
            return found or None
        raise invalid(self.name(name), "Invalid string: must be a single value")

    def integer(self, name: str) -> int | None:
        """A whole number."""
        found = self.text(name)
        if found is None:
            return None
        if not (found.isascii() and found.removeprefix("-").isdecimal()):
            raise invalid(self.name(name), f"Invalid integer: {found}", "parameter_invalid_integer")
        return int(found)

    def flag(self, name: str) -> bool | None:
        """True or false."""
        found = self.text(name)
        if found is None or found in _FLAGS:
            return _FLAGS.get(found or "")
        raise invalid(self.name(name), f"Invalid boolean: {found}")

    def choice(self, name: str, among: tuple[str, ...]) -> str | None:
        """One of the words."""
        found = self.text(name)
        if found is None or found in among:
            return found
        full = self.name(name)
        raise invalid(full, f"Invalid {full}: must be one of {', '.join(among)}")

    def texts(self, name: str) -> list[str]:
        """An array of texts."""
        found = self._values.get(name)
        if found in (None, ""):
            return []
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise invalid(self.name(name), "Invalid array")
        return found

    def group(self, name: str) -> Self | None:
        """The parameters inside another; ``None`` where it is missing or empty."""
        found = self._values.get(name)
        if found in (None, ""):
            return None
        if not isinstance(found, dict):
            raise invalid(self.name(name), "Invalid object")
        return type(self)(found, self.name(name))

    def tree(self, name: str) -> Json | None:
        """A group as it is, for what is only kept and given back."""
        found = self.group(name)
        return None if found is None else found._values  # noqa: SLF001 - the same class

    def changed_metadata(self, before: dict[str, str]) -> dict[str, str]:
        """The metadata after the call: given keys are set, empty ones deleted, "" deletes all."""
        if self._values.get("metadata") == "":
            return {}
        given = self.group("metadata")
        after = before | dict(given._metadata() if given else ())  # noqa: SLF001
        if len(after) > _MAX_KEYS:
            raise invalid("metadata", f"Metadata has more than {_MAX_KEYS} keys")
        return {key: value for key, value in after.items() if value}

    def _metadata(self) -> Iterator[tuple[str, str]]:
        for key in self._values:
            value = self.text(key) or ""
            if len(key) > _MAX_KEY_LENGTH:
                raise self._too_long(key, "keys", _MAX_KEY_LENGTH)
            if len(value) > _MAX_VALUE_LENGTH:
                raise self._too_long(key, "values", _MAX_VALUE_LENGTH)
            yield key, value

    def _too_long(self, key: str, what: str, most: int) -> Refused:
        message = f"Metadata {what} can have at most {most} characters"
        return invalid(self.name(key), message)
