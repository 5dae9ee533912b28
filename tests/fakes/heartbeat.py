"""A heartbeat in memory."""


class RecordingHeartbeat:
    """Implements ports.Heartbeat; `beats` are the values of `worked`, one per poll."""

    def __init__(self) -> None:
        self.beats: list[bool] = []

    def beat(self, *, worked: bool) -> None:
        self.beats.append(worked)
