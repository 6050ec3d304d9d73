"""Who may include whom. Run by scripts/lint and by test_includes.py: prints each line that breaks a rule, fails when there is one.

include/tribute         the standard library and the core itself
include/tribute/adapter the core, POSIX, and for each header ONE library
nginx-module/ngx        nginx, the standard library, POSIX and its own folder; never the domain
nginx-module            everything but a test
tests/module            as the border kit: its own tests are a small module
elsewhere               never nginx-module, and never the word ngx_
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = {".hpp", ".cpp", ".h", ".c"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

STANDARD = set("""algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits clocale
cmath compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar
cwchar cwctype deque exception execution filesystem forward_list fstream functional future initializer_list iomanip ios iosfwd iostream
istream iterator latch limits list locale map memory memory_resource mutex new numbers numeric optional ostream queue random ratio regex
scoped_allocator semaphore set shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view
syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector
version""".split())
# The clock, randomness, threads and files: standard, but not for the pure core.
IMPURE = {"chrono", "ctime", "random", "thread", "mutex", "shared_mutex", "condition_variable", "future", "filesystem", "fstream", "iostream",
          "cstdio", "csignal"}
IMPURE_CALL = re.compile(r"\bstd::(rand|srand|getenv|system|exit|time|clock)\s*\(")
# Headers that are libraries of their own; what begins with the left word is the library on the right.
LIBRARIES = {"lmdb.h": "lmdb", "boost/": "boost", "openssl/": "openssl", "curl/": "curl", "zlib.h": "zlib"}
POSIX = re.compile(r"^(sys|linux|netinet|arpa)/|^(unistd|fcntl|poll|pthread|signal|dirent|errno|stdlib|string|stdio|endian|spawn)\.h$")
NGX = re.compile(r"^ngx_.*\.h$|^nginx\.h$")


def includes(path):
    """(line number, target, spelled with quotes)"""
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found[2], found[1] == '"'


def kind(path, target, quoted, root):
    """What an include is: std, posix, core, adapter, nginx, kit, module, library:NAME, or unknown."""
    if quoted and (path.parent / target).exists():
        place = (path.parent / target).resolve().relative_to(root).as_posix()
        for prefix, name in (("include/tribute/adapter/", "adapter"), ("include/tribute/", "core"), ("nginx-module/ngx/", "kit"),
                             ("nginx-module/", "module")):
            if place.startswith(prefix):
                return name
        return "own"
    if target in STANDARD:
        return "std"
    if target.startswith("tribute/adapter/"):
        return "adapter"
    if target.startswith("tribute/"):
        return "core"
    if NGX.match(target):
        return "nginx"
    for prefix, name in LIBRARIES.items():
        if target.startswith(prefix):
            return f"library:{name}"
    if POSIX.match(target):
        return "posix"
    if (root / "nginx-module" / target).exists():
        return "kit" if target.startswith("ngx/") else "module"
    return "unknown"


def complaint(place, target, found):
    """Why this include may not stand there, or None."""
    if place.startswith("include/tribute/adapter/"):
        allowed = found in {"std", "core", "adapter", "posix"} or found.startswith("library:")
        return None if allowed else "an adapter includes the core and its one library"
    if place.startswith("include/tribute/"):
        if found == "std" and target in IMPURE:
            return "the core is pure: no clock, no randomness, no threads, no files"
        return None if found in {"std", "core"} else "the core includes the standard library and itself"
    if place.startswith(("nginx-module/ngx/", "tests/module/")):
        return None if found in {"std", "posix", "nginx", "kit"} else "the border kit includes nginx and never the domain"
    if place.startswith("nginx-module/"):
        return "nginx-module may include the core, adapters, the border kit, libraries" if found == "unknown" else None
    return "only nginx-module includes nginx-module or nginx" if found in {"nginx", "kit", "module"} else None


def libraries_of(path, root):
    return {kind(path, target, quoted, root) for _, target, quoted in includes(path)
            if kind(path, target, quoted, root).startswith("library:")}


def bad_words(path, place):
    pure = place.startswith("include/tribute/") and not place.startswith("include/tribute/adapter/")
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        if re.search(r"\bngx_", line) and not INCLUDE.match(line) and not place.startswith(("nginx-module/", "tests/module/")):
            yield f"{place}:{number}: says ngx_, but only nginx-module may"
        if pure and IMPURE_CALL.search(line):
            yield f"{place}:{number}: the core is pure, but calls {IMPURE_CALL.search(line)[0]})"


def violations(root=ROOT):
    folders = ("include", "nginx-module", "ffmpeg-filters", "state-machines", "tests", "bench")
    for path in sorted(file for folder in folders for file in (root / folder).rglob("*") if file.suffix in CODE):
        place = path.relative_to(root).as_posix()
        for number, target, quoted in includes(path):
            why = complaint(place, target, kind(path, target, quoted, root))
            if why:
                yield f"{place}:{number}: includes {target}, but {why}"
        if place.startswith("include/tribute/adapter/") and len(libraries_of(path, root)) > 1:
            yield f"{place}:1: includes {' and '.join(sorted(libraries_of(path, root)))}, but an adapter header has one library"
        yield from bad_words(path, place)


if __name__ == "__main__":
    found = list(violations())
    print("\n".join(found) or "Everybody includes whom they may.")
    sys.exit(1 if found else 0)
