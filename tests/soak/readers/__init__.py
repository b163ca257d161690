"""The readers of files: for each kind of input how a case is made and read, and what has to hold of it."""

from tests.soak.readers import arrays, checkpoints, json_files, tables

KINDS = tables.KINDS | json_files.KINDS | arrays.KINDS | checkpoints.KINDS
