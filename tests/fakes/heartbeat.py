"""A heartbeat in memory."""


class RecordingHeartbeat:
    """Implements ports.Heartbeat; `beats` says of each poll whether it worked."""

    def __init__(self) -> None:
        self.beats: list[bool] = []

    def beat(self, *, worked: bool) -> None:
        self.beats.append(worked)
