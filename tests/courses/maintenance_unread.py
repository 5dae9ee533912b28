"""Maintenances in which Slurm cannot be asked, or the channel fails."""

from cluster_status.domain.notification.event import Event
from cluster_status.domain.status.cause import Cause, Status
from tests.courses.course import Course
from tests.courses.phases import BEGINS, ENDS, IN_MAINTENANCE, SCHEDULED
from tests.courses.sites import mscluster
from tests.courses.steps import (
    before,
    channel_fails,
    channel_works,
    controller,
    deleted,
    hour,
    login,
    poll,
    reserved,
    says,
    scontrol,
    starts,
    step,
)
from tests.fakes.site import Reservation, Site


def _without_scontrol(begin: float, end: float) -> Site:
    site = mscluster()
    site.failures.scontrol = "missing"
    site.reserve(Reservation("cooling-water", hour(begin), hour(end)))
    return site


COURSES = (
    Course(
        name="controller-stopped-inside",
        truth="A controller that is stopped inside the window is maintenance, without more messages.",
        site=mscluster,
        steps=(
            starts(),
            SCHEDULED,
            *BEGINS,
            poll(until=11),
            step("The controller is stopped.", controller("down"), until=15, found=Status.MAINTENANCE),
            step("It is started again.", controller(""), found=Status.MAINTENANCE),
            *ENDS,
        ),
    ),
    Course(
        name="host-key-changes-inside",
        truth="A changed host key is no maintenance: the status is unknown.",
        site=mscluster,
        steps=(
            starts(),
            SCHEDULED,
            *BEGINS,
            poll(until=11),
            step("The server has another host key.", login(Cause.HOST_KEY), polls=2, found=Status.UNKNOWN),
            poll(says(Event.MONITOR_LOST), found=Status.UNKNOWN),
            poll(until=13),
            step("It has its host key again.", login(None), says(Event.MONITOR_RESTORED)),
            *ENDS,
        ),
    ),
    Course(
        name="scontrol-denied",
        truth="A remembered window counts while scontrol fails, and a notice says so once a day.",
        site=mscluster,
        steps=(
            starts(),
            SCHEDULED,
            poll(until=3),
            step("scontrol is denied.", scontrol("denied"), notices=("scontrol", "denied")),
            *BEGINS,
            *ENDS,
            poll(until=27),
            poll(polls=2, within=True, notices=("scontrol",)),
            poll(until=30),
        ),
    ),
    Course(
        name="scontrol-missing",
        truth="A notice says once a day that maintenance cannot be read, and the nodes show it.",
        site=lambda: _without_scontrol(10, 18),
        steps=(
            starts(noticed=("scontrol",)),
            poll(until=before(10)),
            poll(says(Event.MAINTENANCE_STARTED), then=IN_MAINTENANCE),
            *ENDS,
            poll(until=before(24)),
            poll(polls=2, within=True, notices=("scontrol",)),
        ),
    ),
    Course(
        name="live-and-cancelled",
        truth="The live message shows no maintenance that was cancelled.",
        site=mscluster,
        inputs={"discord-mode": "live"},
        steps=(
            starts(),
            SCHEDULED,
            poll(until=3, shows=("scheduled",)),
            step("The reservation is deleted.", deleted()),
            poll(says(Event.MAINTENANCE_CANCELLED, times=(10,))),
            poll(until=5, hides=("Maintenance begins",)),
            poll(until=20, shows=("online",), hides=("scheduled", "Maintenance begins")),
        ),
    ),
    Course(
        name="undelivered-and-cancelled",
        truth="A message about a maintenance that was cancelled before it was delivered is dropped.",
        site=mscluster,
        steps=(
            starts(),
            step("The channel fails.", channel_fails),
            step("All nodes are reserved from 18:00 to 02:00.", reserved(10, 18), until=2),
            step("The reservation is deleted.", deleted(), until=3),
            step("The channel works again.", channel_works, until=20),
        ),
    ),
    Course(
        name="undelivered-and-moved",
        truth="Of messages about one maintenance that wait for the channel, the last is sent.",
        site=mscluster,
        steps=(
            starts(),
            step("The channel fails.", channel_fails),
            step("All nodes are reserved from 18:00 to 02:00.", reserved(10, 18), until=2),
            step("The reservation is moved to 00:00 to 08:00.", reserved(16, 24), until=3),
            step(
                "The channel works again.",
                channel_works,
                says((Event.MAINTENANCE_SCHEDULED, Event.MAINTENANCE_CHANGED), times=(16, 24)),
            ),
            poll(until=15),
        ),
    ),
)
