"""Wheels written for tests, and pip set to find them and nothing else."""

import hashlib
from zipfile import ZipFile


def write_wheel(folder, package, members):
    """A wheel of ``name==version`` with files by path; returns its SHA-256."""
    name, version = package.split("==")
    stem = f"{name.replace('-', '_')}-{version}"
    path = folder / f"{stem}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    described = {
        f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{stem}.dist-info/RECORD": "",
    }
    with ZipFile(path, "w") as archive:
        for member, content in (described | members).items():
            archive.writestr(member, content)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def set_pip(monkeypatch, **configuration):
    """Replace pip's configuration, of which ``index_url`` and ``find_links`` are the usual values."""
    for key, value in {"config_file": "/dev/null", "find_links": "", "retries": "0", **configuration}.items():
        monkeypatch.setenv(f"PIP_{key.upper()}", str(value))
