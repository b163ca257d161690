"""The readers of files: for each kind of input how a case is made and read, and what has to hold of it."""

from tests.soak.readers import (
    arrays,
    checkpoints,
    custom_data,
    json_files,
    media,
    notebooks,
    stores,
    tables,
    vectors,
)

MODULES = tables, custom_data, json_files, notebooks, vectors, arrays, stores, checkpoints, media
KINDS = {name: kind for module in MODULES for name, kind in module.KINDS.items()}
