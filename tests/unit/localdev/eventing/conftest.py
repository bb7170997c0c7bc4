"""Imports kafka-python once, before warnings are errors for its importers."""

import warnings

# It reads its schemas by a deprecated function while it is imported.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import kafka  # noqa: F401
