"""A watchdog that listens."""


class RecordingHeartbeat:
    """Implements ports.Heartbeat; `beats` tells of each poll whether it worked."""

    def __init__(self) -> None:
        self.beats: list[bool] = []

    def beat(self, *, worked: bool) -> None:
        self.beats.append(worked)
