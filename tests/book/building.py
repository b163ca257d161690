"""Builds the book."""

import os
import subprocess


def snakemake(folder, *options, profile="smoke"):
    command = [
        "snakemake",
        "--cores",
        "2",
        "--nolock",
        *options,
        "--config",
        f"profile={profile}",
        "--",
        "book",
    ]
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # users have none, and Python writes beside book/_ext
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
