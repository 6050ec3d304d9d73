"""The include rules hold, and the check that says so notices each way to break them."""
import pytest

import includes


def test_everybody_includes_whom_they_may():
    assert list(includes.violations()) == []


@pytest.mark.parametrize("place,line", [
    ("include/tribute/a.hpp", "#include <lmdb.h>"),
    ("include/tribute/a.hpp", "#include <chrono>"),
    ("include/tribute/a.hpp", "#include <unistd.h>"),
    ("include/tribute/a.hpp", "int x = std::rand();"),
    ("tests/module/kit/f.cpp", "#include <tribute/id.hpp>"),
    ("include/tribute/a.hpp", "#include <tribute/adapter/b.hpp>"),
    ("include/tribute/flv/a.hpp", '#include "../adapter/b.hpp"'),
    ("include/tribute/a.hpp", "using x = ngx_str_t;"),
    ("include/tribute/adapter/b.hpp", "#include <ngx_core.h>"),
    ("include/tribute/adapter/b.hpp", "#include <lmdb.h>\n#include <boost/json.hpp>"),
    ("nginx-module/ngx/c.hpp", "#include <tribute/id.hpp>"),
    ("nginx-module/ngx/c.hpp", "#include <lmdb.h>"),
    ("nginx-module/d.cpp", '#include "nowhere.hpp"'),
    ("tests/unit/e_test.cpp", "#include <ngx_http.h>"),
    ("bench/f_bench.cpp", '#include "../nginx-module/ngx/c.hpp"'),
])
def test_a_broken_rule_is_seen(tmp_path, place, line):
    for name in ("include/tribute/adapter/b.hpp", "nginx-module/ngx/c.hpp", place):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list(includes.violations(tmp_path)) == []
    (tmp_path / place).write_text(line + "\n")
    assert [found.split(":")[0] for found in includes.violations(tmp_path)] == [place]
