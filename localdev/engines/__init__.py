"""The engines of a local stack: MongoDB, Kafka, Redis and S3, the best available of each."""

from localdev.engines.engine import Engine, EngineError, Engines
from localdev.engines.s3 import Store, store_at
from localdev.engines.start import end_engines, start_engines

__all__ = [
    "Engine",
    "EngineError",
    "Engines",
    "Store",
    "end_engines",
    "start_engines",
    "store_at",
]
