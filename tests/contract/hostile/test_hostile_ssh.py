"""A hostile SSH server costs a check little memory and little time, at any stage."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import cast

import pytest

from cluster_status.domain.status.cause import MAY_PASS
from tests.contract.hostile.behaviours import Behaviour, behaviours
from tests.contract.hostile.check_process import CHECK_SECONDS, Checked, check
from tests.contract.hostile.table import ROWS
from tests.fakes.ssh import SshServer

PEAK_BYTES = 80_000_000
SLACK_SECONDS = 10.0  # to start a process on a busy machine
SIDE_BY_SIDE = 6
STATUSES = {"online", "offline", "unknown"}
WORKING = Behaviour("close", "nothing hostile", SshServer())

TEST = "test_a_hostile_server_costs_little_memory_and_little_time"

Result = Callable[[Behaviour], Checked]


@pytest.fixture(scope="session")
def result(request: pytest.FixtureRequest) -> Iterator[Result]:
    """Return the result of a behaviour. Those of all selected tests are checked side by side."""
    selected = [
        cast("Behaviour", item.callspec.params["behaviour"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.originalname == TEST
    ]
    rows = request.config.stash.setdefault(ROWS, [])
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        checking = {id(one): pool.submit(partial(check, one.handler)) for one in selected}

        def result_of(behaviour: Behaviour) -> Checked:
            checked = checking[id(behaviour)].result()
            rows.append((behaviour, checked))
            return checked

        yield result_of


@pytest.mark.parametrize("behaviour", [WORKING, *behaviours()], ids=str)
def test_a_hostile_server_costs_little_memory_and_little_time(behaviour: Behaviour, result: Result) -> None:
    checked = result(behaviour)
    assert checked.peak_bytes <= PEAK_BYTES
    assert checked.seconds <= CHECK_SECONDS + SLACK_SECONDS
    assert checked.status in STATUSES, checked.detail
    has_failed = checked.status == "unknown" and checked.cause not in MAY_PASS
    assert checked.exit_status == (3 if has_failed else 0), checked.detail
    # only a server that has answered before it is hostile can be online
    assert checked.status != "online" or behaviour.stage == "close"
