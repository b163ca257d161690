import pytest

from tests.book.building import snakemake
from tests.tree import copy_tree


@pytest.fixture(scope="session")
def tree(tmp_path_factory):
    """A copy of the repository with the book, built at profile smoke."""
    folder = tmp_path_factory.mktemp("book")
    copy_tree(folder)
    result = snakemake(folder)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder
