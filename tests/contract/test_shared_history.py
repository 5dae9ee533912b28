"""Two clusters with one name, as processes that share a history file and a channel."""

from pathlib import Path

from tests.contract.process import Site, site, without_nodes
from tests.fakes.ssh import LoopbackServer, SshServer

A_DAY = 24 * 3600


def test_two_clusters_with_one_name_fail_with_the_fix_and_cause_no_false_outage(tmp_path: Path) -> None:
    other_ssh_server = SshServer()
    other_ssh_server.command = without_nodes
    with site(tmp_path) as online, LoopbackServer(other_ssh_server) as server:
        offline = Site(tmp_path, server, other_ssh_server, online.discord)
        polls = [one.poll() for one in (online, offline, online, offline, offline)]
        assert [poll.exit_status for poll in polls] == [0, 0, 4, 4, 4]
        assert [poll.outputs["status"] for poll in polls] == [
            "online",
            "offline",
            "online",
            "offline",
            "offline",
        ]
        assert "is of another server. This poll notifies nothing" in " ".join(polls[1].annotations)
        for poll in polls[2:]:
            assert "'mscluster' is used for two servers" in poll.annotations[0]
            assert "Give each cluster its own cluster-name." in poll.annotations[0]
        assert online.headlines() == ["online"]
        # when only one of them is polled for a day, its polls continue the history
        assert [offline.poll(seconds_later=A_DAY + 60).exit_status, online.headlines()] == [0, ["offline"]]
