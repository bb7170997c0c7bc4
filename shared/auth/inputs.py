"""What the bodies of auth's functions share."""

from typing import Annotated

from msgspec import Meta

Email = Annotated[str, Meta(min_length=1, max_length=254)]
PresentPassword = Annotated[str, Meta(min_length=1, max_length=128)]
NewPassword = Annotated[str, Meta(min_length=8, max_length=128)]
MailedToken = Annotated[str, Meta(min_length=1, max_length=200)]
