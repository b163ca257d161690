"""The material of AV-Everyday: the shipped data set is made of it."""

from itertools import combinations

import pytest

from leap.data.av_everyday import rederive, sources
from leap.data.registry import open_dataset
from leap.features.everyday_networks import everyday_networks
from tests.data.av_digits.test_av_digits import assert_same
from tests.fetched import fetched_weights
from tests.tree import EVERYDAY, RECORDINGS

FOLDERS = [source.picture for source in sources.SOURCES.values() if source.picture] + [sources.BACKGROUND]


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """The folder that `leap data fetch av-everyday` makes, of links."""
    folder = tmp_path_factory.mktemp("material")
    for name, target in (("audio", EVERYDAY / "audio"), ("images", EVERYDAY / "images")):
        (folder / name).symlink_to(target)
    (folder / "fsdd").symlink_to(RECORDINGS.parent)
    return folder


def test_it_has_the_pinned_hashes(material):
    sources.check_material(material)


@pytest.mark.parametrize("rotation", range(sources.FOLDS))
def test_no_two_roles_share_the_content_of_a_file(material, rotation):
    for label in sources.SOURCES:
        parts = [
            {
                path.read_bytes()
                for files in sources.role_recordings(material, label, role, rotation).values()
                for path in files
            }
            for role in sources.ROLE_FOLDS
        ]
        assert all(parts)
        assert all(not first & second for first, second in combinations(parts, 2))


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_two_roles_share_a_photograph(material, folder):
    parts = [
        {path.read_bytes() for path in sources.role_pictures(material, folder, role)}
        for role in sources.ROLE_FOLDS
    ]
    assert all(parts)
    assert all(not first & second for first, second in combinations(parts, 2))


def test_the_shipped_roles_are_those_of_the_material(material):
    with open_dataset("av-everyday") as store:
        described = sources.describe_roles(material)
        assert store.provenance["roles"] == {
            role: parts
            | {
                "photographs": {
                    name: [list(pair) for pair in ranges] for name, ranges in parts["photographs"].items()
                }
            }
            for role, parts in described.items()
        }


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_shipped_videos_are_rederived(material, split):
    weights = fetched_weights("everyday")
    fetched_weights("efficientnet-lite1")
    with open_dataset("av-everyday") as store:
        assert_same(rederive(store, material, everyday_networks(weights), split, [0, 17, 399]))
