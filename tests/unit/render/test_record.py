from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.outbox import Outbox
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.uptime.uptime import Uptime
from cluster_status.render.markdown import markdown
from cluster_status.render.record import UPTIME_LEGEND, outage_facts, uptime_table, uptimes
from cluster_status.render.summary import plain, summary_of
from tests.unit.domain.build import NOON, failed, history, listed, noon_plus, polled, step

GOOD, REFUSED, UNTRUSTED = listed(idle=4), failed(Cause.REFUSED), failed(Cause.HOST_KEY)
TABLE = """\
 LAST    UP  DEGRADED  MONITORED
 24 h  75 %       0 %     8.33 %
  7 d  75 %       0 %     1.19 %
 30 d  75 %       0 %     0.27 %
 90 d  75 %       0 %     0.09 %
365 d  75 %       0 %     0.02 %"""
STRIP = "Last 30 days, by the worst status of each day (UTC): X offline 1, · not monitored 29."
SIGNS_OF_DAYS = "·" * 29 + "X"
MARKDOWN = f"""
{STRIP}

| From | Days |
| --- | --- |
| 2 Jan | `{SIGNS_OF_DAYS}` |

| Last | Up | Degraded | Monitored |
| --- | ---: | ---: | ---: |
| 24 h | 75 % | 0 % | 8.33 % |
| 7 d | 75 % | 0 % | 1.19 % |
| 30 d | 75 % | 0 % | 0.27 % |
| 90 d | 75 % | 0 % | 0.09 % |
| 365 d | 75 % | 0 % | 0.02 % |

{UPTIME_LEGEND}
"""


def history_after(*results: ProbeResult) -> History:
    return polled(history(Status.ONLINE), *results)


AN_OUTAGE = history_after(*[GOOD] * 9, *[REFUSED] * 6, *[GOOD] * 10)


def test_the_uptime_table_has_one_row_per_window() -> None:
    assert uptime_table(uptimes(AN_OUTAGE)) == TABLE


def test_a_window_without_up_or_down_time_shows_a_dash() -> None:
    rows = uptime_table([("24 h", None), ("7 d", Uptime(1.0, 0.5))]).splitlines()
    assert [" ".join(row.split()) for row in rows[1:]] == ["24 h - - -", "7 d 100 % 0 % 50 %"]


@pytest.mark.parametrize(
    "remembered", [history(), history_after(*[GOOD] * 12), history_after(*[UNTRUSTED] * 15)]
)
def test_there_is_no_uptime_table_before_one_monitored_hour(remembered: History) -> None:
    assert uptimes(remembered) == ()


def test_outages_are_summarised() -> None:
    assert list(outage_facts(AN_OUTAGE)) == [
        "Outages: 1, the longest 30 min from 2026-01-31 12:45:00 UTC",
        "Mean time to recovery: 30 min",
    ]


def test_an_ongoing_outage_is_counted_and_not_averaged() -> None:
    assert list(outage_facts(history_after(GOOD, REFUSED, REFUSED))) == [
        "Outages: 1, the longest 5 min from 2026-01-31 12:05:00 UTC"
    ]


def test_an_outage_that_begins_with_this_poll_has_no_length_yet() -> None:
    assert list(outage_facts(history_after(GOOD, REFUSED))) == ["Outages: 1"]


def test_the_unmonitored_part_of_an_outage_is_shown() -> None:
    after = polled(
        step(history_after(GOOD, GOOD, REFUSED), REFUSED, noon_plus(310)), GOOD, start=noon_plus(315)
    )
    assert next(outage_facts(after)).endswith(
        "longest 5 h 5 min from 2026-01-31 12:10:00 UTC, 5 h of it not monitored"
    )


@pytest.mark.parametrize("remembered", [history(), history_after(GOOD, GOOD)])
def test_without_an_outage_there_are_no_outage_facts(remembered: History) -> None:
    assert list(outage_facts(remembered)) == []


def test_the_summary_shows_uptime_and_outages_as_markdown_and_as_text() -> None:
    delivered = replace(AN_OUTAGE, outbox=Outbox())
    summary = summary_of(Verdict(Status.ONLINE), "Deep Thought", delivered)
    assert plain(summary, with_table=False).endswith(
        f"30 min\n{STRIP}\n 2 Jan  {SIGNS_OF_DAYS}\n{TABLE}\n{UPTIME_LEGEND}"
    )
    assert markdown(summary).endswith(MARKDOWN)


def test_an_outage_of_a_second_is_not_rounded_away() -> None:
    after = polled(history(Status.ONLINE), *[GOOD] * 13, start=NOON - timedelta(hours=1))
    after = polled(after, REFUSED, GOOD, GOOD, start=noon_plus(1), every=timedelta(seconds=1))
    assert uptime_table(uptimes(after)).splitlines()[1].split()[2] == "99.97"
