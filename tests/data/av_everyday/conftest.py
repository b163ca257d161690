import pytest

from tests.everyday_material import write_material


@pytest.fixture(scope="session")
def material(tmp_path_factory):
    return write_material(tmp_path_factory.mktemp("material"))
