import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))


@pytest.fixture
def folder():
    """A folder that the worker user can reach; /tmp, because the checkout may be closed to others."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="tribute-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)
