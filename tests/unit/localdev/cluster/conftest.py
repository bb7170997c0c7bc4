"""Imports kafka-python once, before warnings are errors for its importers."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import kafka  # noqa: F401 - for its side effect
