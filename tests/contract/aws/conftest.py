from collections.abc import Iterator

import pytest

from tests.contract.aws.cloud import Cloud
from tests.fakes.certificate import Certificate, make_certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def cloud(certificate: Certificate) -> Iterator[Cloud]:
    with Cloud(certificate) as cloud:
        yield cloud
