from datetime import timedelta

from cluster_status.domain.history.publication import Publication, published
from tests.unit.domain.build import NOON, noon_plus


def polls(*digests: str, every: int = 5) -> list[bool]:
    """Return for each poll whether the page is worth publishing."""
    last, found = Publication(), []
    for number, digest in enumerate(digests):
        at = NOON + timedelta(minutes=every * number)
        last = published(last, digest, at)
        found.append(last.at == at)
    return found


def test_a_page_is_published_when_its_content_changes_and_in_the_poll_after_that() -> None:
    assert polls("a", "a", "a", "b", "b", "b") == [True, True, False, True, True, False]


def test_a_page_that_stays_the_same_is_published_in_the_first_poll_of_each_hour() -> None:
    assert polls("a", "a", "a", "a", "a", every=20) == [True, True, False, True, False]


def test_a_page_is_published_in_the_first_poll_after_a_gap() -> None:
    assert published(Publication(NOON, "a"), "a", noon_plus(180)).at == noon_plus(180)
