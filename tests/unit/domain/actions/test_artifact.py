"""The names of artifacts with a history."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.actions.artifact import SECOND_SAVE, artifact_name
from cluster_status.domain.history.histories import key_of
from tests.property.steady import steady

NAMES = st.text(st.sampled_from("aAbB12-._ /éÉßſ中"), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("name", "artifact"),
    [
        ("cluster", "cluster-status-cluster"),
        ("MSCluster", "cluster-status-mscluster"),
        ("hpc-2", "cluster-status-hpc-2"),
        ("My Cluster", "cluster-status-my-cluster.f3c5e5c4"),
    ],
)
def test_a_plain_name_is_used_as_it_is_and_others_get_a_digest(name: str, artifact: str) -> None:
    assert artifact_name(key_of(name)) == artifact


@steady
@given(NAMES, NAMES)
def test_two_clusters_have_one_artifact_name_only_if_their_names_differ_in_case_alone(
    one: str, other: str
) -> None:
    names = [artifact_name(key_of(name)) for name in (one, other)]
    assert (names[0] == names[1]) == (key_of(one) == key_of(other))
    assert all(re.fullmatch(r"cluster-status-[a-z0-9.-]*", name) for name in names)
    assert not any(name.endswith(SECOND_SAVE) for name in names)
