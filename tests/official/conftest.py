"""What only LLP's own files and the real recordings can tell: collected where they are beside the repository.

Everything else is tested on files that the tests make.
"""

from tests.tree import EVERYDAY, LLP, RECORDINGS

collect_ignore = [
    name
    for name, folder in (
        ("test_llp.py", LLP),
        ("test_diagnosis.py", LLP),
        ("test_recordings.py", RECORDINGS),
        ("test_everyday.py", EVERYDAY),
    )
    if not folder.is_dir()
]
