"""What one stack has been told: traces and measurements together."""

from localdev.telemetry.series import Measurements
from localdev.telemetry.traces import Traces


class Telemetry:
    """The memory behind receiver and pages; belongs to one event loop."""

    def __init__(self) -> None:
        self.traces = Traces()
        self.measurements = Measurements()
