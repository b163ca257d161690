"""The Chromium of this machine, for tests of pages."""

import os
import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

if CHROMIUM is None and os.environ.get("LEAP_BROWSER") == "required":
    raise FileNotFoundError("LEAP_BROWSER=required, but no Chromium is installed (package chromium)")

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (package chromium)")

PATIENCE = 120_000
"""Milliseconds to wait for a page or an element, on a machine that does other work as well."""
