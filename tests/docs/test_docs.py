"""The documents say what the code does: directives, commands, variables, links."""
import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "state-machines").rglob("*.md")]
MODULE = os.environ.get("TRIBUTE_MODULE_SO") or str(ROOT / "build/dev/nginx-module/ngx_http_tribute_module.so")


def text_of(name):
    return (ROOT / name).read_text()


# ---- directives ------------------------------------------------------------------------------------------

def command_table():
    """The names in the module's table of directives, wherever it stands."""
    for path in sorted((ROOT / "nginx-module").rglob("*.cpp")):
        found = re.search(r"ngx_command_t commands\[\] = \{(.*?)\n\};", path.read_text(), re.DOTALL)
        if found:
            return re.findall(r'"(\w+)"', found[1])
    raise AssertionError("nginx-module has no table of directives")


def documented():
    """name -> {"Syntax": …, "Default": …, "Context": …, maybe "Example": …, "text": …}"""
    found = {}
    for section in re.split(r"^## ", text_of("docs/directives.md"), flags=re.MULTILINE)[1:]:
        name, rest = section.split("\n", 1)
        facts = dict(re.findall(r"^- \*\*(\w+):\*\* (.+)$", rest, re.MULTILINE))
        found[name.strip()] = {**facts, "text": re.sub(r"^- \*\*.*$", "", rest, flags=re.MULTILINE).strip()}
    return found


def test_directives_are_documented_and_exist():
    names = command_table()
    assert sorted(names) == sorted(documented()), "docs/directives.md and the module's table differ"
    assert list(documented()) == names, "they are described in the order of the table"


@pytest.mark.parametrize("name", command_table())
def test_a_directive_is_described_whole(name):
    facts = documented()[name]
    assert {"Syntax", "Default", "Context"} <= set(facts)
    assert facts["Syntax"].startswith(f"`{name}")
    assert len(facts["text"].split()) > 15


def nginx_says(folder, http="", location=""):
    for name in ("logs", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    temporary = "".join(f"{name}_temp_path tmp/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(f"""
        error_log logs/error.log; pid nginx.pid;
        load_module /usr/lib/nginx/modules/ngx_rtmp_module.so; load_module "{MODULE}";
        events {{}}
        http {{ access_log off; {temporary} {http} server {{ listen unix:{folder}/socket; location / {{ {location} }} }} }}""")
    return subprocess.run(["nginx", "-t", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "logs/error.log")],
                          capture_output=True, text=True, check=False)


def example_of(name, folder):
    """The line of the documents that can be tried: the example, the default, or the syntax of a word without a value."""
    facts = documented()[name]
    line = next(re.search(rf"`({name}\b[^`]*;)`", facts.get(fact, "")) for fact in ("Example", "Default", "Syntax")
                if re.search(rf"`({name}\b[^`]*;)`", facts.get(fact, "")))[1]
    if name == "tribute_jwt_secret_file":
        (folder / "jwt.key").write_text("0123456789abcdef" * 2)
        line = f"{name} {folder}/jwt.key;"
    return line


@pytest.mark.parametrize("name", command_table())
def test_nginx_takes_the_directive_as_documented(name, tmp_path):
    line = example_of(name, tmp_path)
    handler = "" if name.startswith("tribute") and documented()[name]["Context"] == "location" else "tribute;"
    here = {"http": {"http": line, "location": handler}, "location": {"location": line}}
    elsewhere = {"http": {"location": line}, "location": {"http": line}}
    context = documented()[name]["Context"]
    taken = nginx_says(tmp_path, **here[context])
    assert taken.returncode == 0, taken.stderr
    refused = nginx_says(tmp_path, **elsewhere[context])
    assert refused.returncode != 0 and "is not allowed here" in refused.stderr
    twice = nginx_says(tmp_path, **{place: said if said == handler else said * 2 for place, said in here[context].items()})
    assert twice.returncode != 0, "the documents say that a directive may be there once"


# ---- commands --------------------------------------------------------------------------------------------

def test_scripts_that_are_named_exist():
    named = {name for page in PAGES for name in re.findall(r"\bscripts/([a-z]+)\b(?!/)", page.read_text())}
    assert {"run", "test", "bench", "setup", "format", "lint"} <= named
    for name in named - {"lib"}:
        path = ROOT / "scripts" / name
        assert path.is_file() and os.access(path, os.X_OK), f"scripts/{name}"
    assert {path.name for path in (ROOT / "scripts").iterdir() if path.is_file()} <= named, "every script is named somewhere"


@pytest.mark.parametrize("name", ["run", "test", "bench", "setup", "format", "lint"])
def test_a_script_explains_itself(name):
    said = subprocess.run([ROOT / "scripts" / name, "--help"], capture_output=True, text=True, check=False)
    assert said.returncode == 0 and f"scripts/{name}" in said.stdout, said.stderr


def test_options_and_variables_of_run():
    script, readme = text_of("scripts/run"), text_of("README.md")
    table = dict(re.findall(r"^\| `(TRIBUTE_\w+)` \| ([^|]*) \|", readme, re.MULTILINE))
    defaults = dict(re.findall(r"\$\{(TRIBUTE_\w+):-([^}]*)\}", script))
    assert set(table) == set(defaults)
    for name, default in defaults.items():
        assert default in table[name], f"README says {table[name]} of {name}, scripts/run takes {default}"
    for option in re.findall(r"`(?:scripts/run )?(--\w+)`", readme):
        assert f"{option})" in script, option


def test_suites_that_are_named_exist():
    listed = subprocess.run([ROOT / "scripts/test", "--help"], capture_output=True, text=True, check=True).stdout
    suites = re.search(r"Suites: ([\w ]+)\.", listed)[1].split()
    groups = re.findall(r'Suite\("[\w-]+", "(\w+)"', text_of("scripts/lib/suites.py"))
    assert set(suites) == set(groups)
    row = next(line for line in text_of("README.md").splitlines() if line.startswith("| `scripts/test`"))
    for name in suites:
        assert f"`{name}`" in row or f"`scripts/test {name}`" in row, name


def test_presets_that_are_named_exist():
    presets = {preset["name"] for preset in json.loads(text_of("CMakePresets.json"))["configurePresets"] if not preset.get("hidden")}
    for page in PAGES:
        for name in re.findall(r"--preset (\w+)", page.read_text()):
            assert name in presets, f"{page.name}: {name}"


def test_ci_runs_the_test_command():
    assert re.search(r"^exec .*/scripts/test\"$", text_of(".ci/run"), re.MULTILINE)


def test_the_picture_is_the_derived_one():
    def picture(name):
        return re.search(r"```mermaid\n.*?```", text_of(name), re.DOTALL)[0]
    assert picture("README.md") == picture("state-machines/picture.md")


# ---- links and versions ----------------------------------------------------------------------------------

def test_links_lead_somewhere():
    broken = [f"{page.relative_to(ROOT)}: {target}" for page in PAGES
              for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()) if not (page.parent / target).exists()]
    assert broken == []


def test_changelog_speaks_of_this_version():
    version = re.search(r'TRIBUTE_VERSION "([\d.]+)"', text_of("include/tribute/version.hpp"))[1]
    newest = re.search(r"^## ([\d.]+)", text_of("CHANGELOG.md"), re.MULTILINE)[1]
    assert newest == version
