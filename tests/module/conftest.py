"""Fixtures of the module tests: clips, and the real nginx. See support/ for what they are made of."""
import pathlib
import sys
import tempfile
import shutil

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support import clip  # noqa: E402
from support.server import Server  # noqa: E402


class Clips:
    """Numbered clips, each made when first asked for and then kept for the whole run."""

    def __init__(self, folder):
        self.folder, self.made = folder, {}

    def __call__(self, seconds=20, **how):
        name = "clip" + str(len(self.made))
        key = (seconds, repr(sorted(how.items())))
        if key not in self.made:
            self.made[key] = clip.make(self.folder, seconds, name, **how)
        return self.made[key]


@pytest.fixture(scope="session")
def clips():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tbclips-", dir="/tmp"))
    yield Clips(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def server():
    """One server for all tests of a file: tests that leave it as they found it."""
    with Server() as running:
        yield running


@pytest.fixture
def make_server():
    """Servers of a test's own: make_server(workers=4, …)."""
    made = []

    def start(**settings):
        made.append(Server(**settings))
        return made[-1].start()
    yield start
    problems = []
    for one in made:
        try:
            one.close()
        except AssertionError as problem:
            problems.append(str(problem))
    assert not problems, "\n".join(problems)
