from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.history.digests import Digests
from cluster_status.domain.history.ssh_state import Login, Server, SshState, remember
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult, RememberedLogin
from cluster_status.domain.status.verdict import KnownServer
from tests.unit.domain.build import DIGESTS, NOON, failed, host_key, listed, noon_plus, with_host_key

GOOD = listed(idle=4)
REFUSED = failed(Cause.REFUSED)
UNTRUSTED = failed(Cause.HOST_KEY)
NO_LOGIN = failed(Cause.LOGIN_REFUSED)
EXPIRED = ProbeResult(
    outcome=ProbeFailure(Cause.LOGIN_REFUSED), reached=True, credential_offered=True, logged_in=True
)
"""The password is right, but has expired."""
KEY, OTHER_KEY = host_key(), host_key(secret=b"S" * 36)
NO_DIGESTS = Digests()
WORKED = KnownServer(reached=True, scheduler_seen=True, shell_seen=True, nodes_seen=True)
LOGIN_ONLY = ProbeResult(
    outcome=ClusterState(login_only=True), reached=True, credential_offered=True, logged_in=True
)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def remembered(
    *results: ProbeResult,
    before: SshState = SshState(),  # noqa: B008 - it is frozen
    digests: Digests = DIGESTS,
    every: timedelta = timedelta(minutes=5),
) -> SshState:
    """Return the state after probes with these results, the first of them at noon."""
    state = before
    for number, result in enumerate(results):
        state = remember(state, result, digests, NOON + number * every)
    return state


def is_held_back(state: SshState, after: timedelta, digests: Digests = DIGESTS) -> bool:
    return state.remembered_login(digests, NOON + after).login_held_back


# The server


@pytest.mark.parametrize(
    ("result", "known"),
    [
        (REFUSED, KnownServer()),
        (UNTRUSTED, KnownServer(reached=True)),
        (NO_LOGIN, KnownServer(reached=True)),
        (failed(Cause.DROPPED, reached=True), KnownServer(reached=True)),
        (failed(Cause.SHELL_HANGS), KnownServer(reached=True)),
        (failed(Cause.NO_SCHEDULER), KnownServer(reached=True, shell_seen=True)),
        (failed(Cause.SCHEDULER_DOWN), KnownServer(reached=True, shell_seen=True)),
        (failed(Cause.SINFO_FAILED), KnownServer(reached=True, shell_seen=True)),
        (failed(Cause.UNPARSABLE), KnownServer(reached=True, shell_seen=True)),
        (failed(Cause.NO_SUCH_PARTITION), KnownServer(reached=True, shell_seen=True)),
        (GOOD, WORKED),
        (listed(), replace(WORKED, nodes_seen=False)),
        (LOGIN_ONLY, KnownServer(reached=True, shell_seen=True)),
    ],
)
def test_a_server_stays_known_as_far_as_it_was_reached(result: ProbeResult, known: KnownServer) -> None:
    assert remembered(result).known_server(DIGESTS) == known
    assert remembered(result, REFUSED).known_server(DIGESTS) == known


def test_a_history_of_an_earlier_version_knows_the_shell_if_sinfo_worked() -> None:
    before = SshState(server=Server(DIGESTS.server, DIGESTS.key, reached=True, scheduler_seen=True))
    assert before.known_server(DIGESTS).shell_seen


def test_nothing_is_known_of_a_different_server() -> None:
    different = replace(DIGESTS, server="different")
    before = remembered(GOOD)
    assert before.known_server(different) == KnownServer()
    after = remembered(REFUSED, before=before, digests=different)
    assert after.known_server(different) == KnownServer()


@pytest.mark.parametrize("digests", [Digests("new-server", "new-login", "new-key"), NO_DIGESTS])
def test_a_server_stays_known_if_the_key_of_the_digests_changes(digests: Digests) -> None:
    before = remembered(GOOD)
    assert before.known_server(digests) == WORKED
    assert remembered(GOOD, before=before, digests=digests).known_server(digests) == WORKED


# The host key


def test_the_host_key_is_remembered_after_a_login() -> None:
    state = remembered(with_host_key(GOOD, KEY))
    assert state.remembered_login(DIGESTS, NOON) == RememberedLogin(
        KEY.type_and_fingerprint, login_worked=True
    )


@pytest.mark.parametrize("result", [NO_LOGIN, UNTRUSTED, failed(Cause.DROPPED, reached=True)])
def test_the_host_key_is_not_remembered_before_a_login(result: ProbeResult) -> None:
    assert remembered(with_host_key(result, KEY)).host_key is None


@pytest.mark.parametrize(
    "result",
    [GOOD, REFUSED, NO_LOGIN, with_host_key(UNTRUSTED, OTHER_KEY), with_host_key(GOOD, OTHER_KEY)],
)
def test_the_first_host_key_of_a_login_stays_remembered(result: ProbeResult) -> None:
    first = remembered(with_host_key(GOOD, KEY))
    assert remembered(result, before=first).host_key == first.host_key


@pytest.mark.parametrize("before", [SshState(), remembered(with_host_key(GOOD, KEY))])
def test_a_pinned_host_key_is_not_remembered(before: SshState) -> None:
    assert remembered(with_host_key(GOOD, KEY, pinned=True), before=before).host_key is None


# The login


@pytest.mark.parametrize("result", [NO_LOGIN, EXPIRED])
@pytest.mark.parametrize(
    ("after", "held_back"),
    [
        (0 * HOUR, True),
        (HOUR - SECOND, True),
        (HOUR, False),
        (DAY, False),
        (SECOND - HOUR, True),
        (-HOUR, False),
    ],
)
def test_a_refused_login_is_held_back_for_an_hour(
    result: ProbeResult, after: timedelta, *, held_back: bool
) -> None:
    assert is_held_back(remembered(result), after) is held_back


@pytest.mark.parametrize("result", [NO_LOGIN, EXPIRED])
def test_a_changed_credential_is_tried_at_once(result: ProbeResult) -> None:
    assert not is_held_back(remembered(result), SECOND, replace(DIGESTS, login="changed"))


@pytest.mark.parametrize(
    ("at_the_refusal", "now"),
    [(NO_DIGESTS, NO_DIGESTS), (NO_DIGESTS, DIGESTS), (DIGESTS, NO_DIGESTS)],
    ids=["no digest at all", "no digest of the refused login", "no digest of the login now"],
)
def test_without_two_digests_to_compare_time_alone_holds_a_login_back(
    at_the_refusal: Digests, now: Digests
) -> None:
    state = remembered(NO_LOGIN, digests=at_the_refusal)
    assert is_held_back(state, HOUR - SECOND, now)
    assert not is_held_back(state, HOUR, now)


def test_a_login_that_was_held_back_does_not_prolong_the_hour() -> None:
    not_offered = failed(Cause.LOGIN_REFUSED, offered=False)
    assert not is_held_back(remembered(NO_LOGIN, not_offered, every=HOUR / 2), HOUR)


def test_a_second_refusal_holds_a_login_back_for_another_hour() -> None:
    assert is_held_back(remembered(NO_LOGIN, NO_LOGIN, every=HOUR), 1.5 * HOUR)


def test_other_failures_do_not_hold_a_login_back() -> None:
    assert not is_held_back(remembered(REFUSED, UNTRUSTED), SECOND)


def test_a_login_that_works_ends_the_hour() -> None:
    assert remembered(NO_LOGIN, GOOD).login == Login(worked_at=noon_plus(5), worked=DIGESTS.login)


@pytest.mark.parametrize("result", [NO_LOGIN, EXPIRED])
def test_a_refused_login_has_not_worked_and_keeps_the_last_time_it_did(result: ProbeResult) -> None:
    assert remembered(result).login.worked_at is None
    assert remembered(GOOD, result).login.worked_at == NOON


# A login without a response


def hangs(*, passwords: int = 1) -> ProbeResult:
    return replace(failed(Cause.LOGIN_HANGS), unanswered_passwords=passwords)


CLOSED = replace(failed(Cause.LOGINS_CLOSED), unanswered_passwords=1)


def passwords_left(state: SshState, after: timedelta) -> int:
    return state.remembered_login(DIGESTS, NOON + after).passwords_left


@pytest.mark.parametrize("result", [hangs(), CLOSED])
def test_a_login_without_a_response_is_not_held_back(result: ProbeResult) -> None:
    assert not is_held_back(remembered(result), SECOND)


def test_a_prompt_that_is_left_unanswered_holds_the_login_back() -> None:
    result = replace(failed(Cause.LOGIN_REFUSED, offered=False), prompts_unanswered=True)
    assert is_held_back(remembered(result), SECOND)


def test_three_passwords_without_a_response_are_offered_within_an_hour() -> None:
    state = remembered(hangs(), hangs(passwords=2))
    assert passwords_left(state, timedelta(minutes=5)) == 0
    assert passwords_left(state, HOUR - SECOND) == 0
    assert passwords_left(state, HOUR) == 1
    assert passwords_left(state, timedelta(minutes=65)) == 3


def test_a_refusal_between_them_does_not_reset_the_count_of_passwords_without_a_response() -> None:
    assert passwords_left(remembered(hangs(), NO_LOGIN, REFUSED, hangs()), 15 * MINUTE) == 1


def test_a_login_that_works_resets_the_count_of_passwords_without_a_response() -> None:
    assert passwords_left(remembered(hangs(passwords=3), GOOD), SECOND) == 3


def test_passwords_without_a_response_after_a_login_of_the_same_run_count() -> None:
    assert passwords_left(remembered(replace(GOOD, unanswered_passwords=1)), SECOND) == 2


def test_a_credential_that_worked_is_recognized_until_another_one_works() -> None:
    other = replace(DIGESTS, login="other")
    state = remembered(GOOD, NO_LOGIN, hangs())
    assert state.remembered_login(DIGESTS, NOON).login_worked
    assert not state.remembered_login(other, NOON).login_worked
    state = remembered(GOOD, before=state, digests=other)
    assert not state.remembered_login(DIGESTS, NOON).login_worked


def test_without_a_digest_no_credential_counts_as_one_that_worked() -> None:
    state = remembered(GOOD, digests=NO_DIGESTS)
    assert not state.remembered_login(NO_DIGESTS, NOON).login_worked


def test_closed_logins_are_maintenance_for_a_day() -> None:
    login = remembered(GOOD, CLOSED, failed(Cause.TIMEOUT), CLOSED).login
    assert not login.is_closed_too_long(NOON + 5 * MINUTE + DAY - SECOND, None)
    assert login.is_closed_too_long(NOON + 5 * MINUTE + DAY, None)


def test_closed_logins_are_maintenance_until_a_known_window_ends() -> None:
    end = NOON + 2 * DAY
    login = remember(remembered(GOOD), CLOSED, DIGESTS, NOON, maintenance_until=end).login
    assert not login.is_closed_too_long(end - SECOND, None)
    assert login.is_closed_too_long(end, None)
    assert not login.is_closed_too_long(end, end + DAY)


def test_a_login_that_works_ends_closed_logins() -> None:
    assert remembered(CLOSED, GOOD).login.closed_until is None
    assert not remembered(GOOD).login.is_closed_too_long(NOON + DAY, None)
