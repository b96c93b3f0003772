"""The rules of the house that a reader of one file cannot see: who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]

TOP_LEVEL = {
    ".ci", ".gitattributes", ".github", ".gitignore", "LICENSE", "README.md", "core", "pi",
    "pyproject.toml", "systemd", "tests", "tools",
}  # fmt: skip

# What each package may import besides the standard library and itself. Hardware libraries
# are imported inside the constructors that need them.
MAY_IMPORT = {
    "core": {"numpy", "PIL"},
    "pi": {"core", "numpy", "PIL", "gpiozero", "lgpio", "picamera2", "libcamera"},
    "tools": {"core", "pi", "numpy", "PIL"},
}
HARDWARE = {"gpiozero", "lgpio", "picamera2", "libcamera"}

# The packages, ground floor first: each imports only from floors below its own.
FLOORS = (
    ("core.errors", "core.classes", "core.interrupt"),
    ("core.files",),
    ("core.nn", "core.vision"),
    ("core.integer", "core.training", "core.synthesis"),
    ("core.data", "core.network"),
    ("core.modelfile",),
    ("core.pretrained", "core.exemplars"),
    ("core.reading",),
    ("pi.system", "pi.control"),
    ("pi.devices",),
    ("pi.config",),
    ("pi.models", "pi.samples"),
    ("pi.diagnostics", "pi.retraining"),
    ("pi.service", "pi.backup"),
    ("pi.cli",),
    ("tools.command",),
    ("tools.fetch_mnist", "tools.plotting", "tools.digests", "tools.emulator"),
    ("tools.fetch_fonts",),
    ("tools.fleet",),
    ("tools.lessons", "tools.train_base", "tools.pictures", "tools.evaluate"),
    ("tools.attacks", "tools.bench", "tools.experiments"),
    ("tools.acceptance",),
)
FLOOR = {name: number for number, floor in enumerate(FLOORS) for name in floor}

# Network, training and data are numpy alone, so that learning needs no picture library.
WITH_PILLOW = {"core.vision", "core.synthesis"}

# Modules that belong to no package below these.
MOST_FLAT = {"core": 16, "pi": 14}

LONGEST_MODULE = 500
LONGER_WITH_REASON: dict[str, str] = {}

# Importing these must cost a Pi nothing: `zerodigit --help` answers before numpy has loaded.
HEAVY = {"numpy", "PIL", "gpiozero", "picamera2"}


def tracked() -> list[Path]:
    """The files that git tracks, relative to the checkout; without git, the modules there."""
    git = ["git", "-C", str(CHECKOUT), "ls-files", "-z"]
    try:
        names = subprocess.run(git, capture_output=True, text=True).stdout.split("\0")
    except OSError:
        names = []
    paths = [Path(name) for name in names if name and (CHECKOUT / name).is_file()]
    return paths or [
        path.relative_to(CHECKOUT)
        for folder in sorted(MAY_IMPORT)
        for path in sorted((CHECKOUT / folder).rglob("[!.]*.py"))
    ]


FILES = tracked()
MODULES = [path for path in FILES if path.suffix == ".py" and path.parts[0] in MAY_IMPORT]


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse((CHECKOUT / path).read_text(encoding="utf-8"), filename=str(path))


def imported(tree: ast.AST) -> set[str]:
    """Top-level names of all that is imported anywhere in `tree`."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import"
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def imported_at_once(tree: ast.Module) -> set[str]:
    """As `imported`, but only what runs when the module is imported."""
    names = set()
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= imported(node)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            pending += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending += ast.iter_child_nodes(node)
    return names


def test_there_are_modules_to_look_at():
    assert {path.parts[0] for path in MODULES} == set(MAY_IMPORT)


def test_top_level_is_as_it_was_agreed():
    if Path("LICENSE") not in FILES:
        pytest.skip("not a git checkout")
    assert {path.parts[0] for path in FILES} == TOP_LEVEL


def test_dependencies_point_one_way():
    offenders = {}
    for path in MODULES:
        package = path.parts[0]
        allowed = MAY_IMPORT[package] | {package} | sys.stdlib_module_names
        if foreign := imported(parse(path)) - allowed:
            offenders[str(path)] = foreign
    assert offenders == {}


def modules_imported(path: Path) -> set[str]:
    """Our own modules that `path` imports anywhere, those for types alone too."""
    names = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= (whole & DOTTED.keys()) or {node.module}
    return names & DOTTED.keys()


def dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


DOTTED = {dotted(path): path for path in MODULES}


def package(module: str) -> str:
    return ".".join(module.split(".")[:2])


def test_every_package_has_its_floor():
    packages = {package(module) for module in DOTTED}
    assert packages - {"core", "pi", "tools"} == set(FLOOR)


def test_no_import_climbs():
    climbing = [
        f"{module} imports {other}"
        for module, path in DOTTED.items()
        for other in modules_imported(path)
        if package(module) != package(other)
        and FLOOR.get(package(module), 0) <= FLOOR.get(package(other), -1)
    ]
    assert climbing == []


def test_no_import_goes_in_a_circle():
    """Not within a package either: what is left when files that import nothing left go."""
    left = {module: modules_imported(path) - {module} for module, path in DOTTED.items()}
    # A face hands on what is inside; who is inside does not look at it.
    while free := {module for module, others in left.items() if not others & left.keys()}:
        left = {module: others for module, others in left.items() if module not in free}
    assert left == {}


def test_hardware_is_imported_where_it_is_used():
    assert [str(p) for p in MODULES if imported_at_once(parse(p)) & HARDWARE] == []


def test_nobody_asks_a_path_what_it_is_but_os_path():
    """A `Path` raises where a name is too long, a NUL is in it or a folder may not be read."""
    asking = {"exists", "is_file", "is_dir", "is_symlink", "is_fifo", "is_mount"}
    found = [
        f"{path}:{node.lineno}: {node.func.attr}"
        for path in MODULES
        if path.parts[0] != "tools"
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in asking
        and not (isinstance(node.func.value, ast.Attribute) and node.func.value.attr == "path")
    ]
    assert found == []


def test_network_training_and_data_are_numpy_alone():
    with_pillow = {
        ".".join(path.parent.parts)
        for path in MODULES
        if path.parts[0] == "core" and "PIL" in imported(parse(path))
    }
    assert with_pillow == WITH_PILLOW


def test_learning_loads_no_pillow():
    """What the list above cannot see: pillow by way of another module of ours."""
    code = (
        "import sys, core.data.datasets, core.modelfile, core.network, core.training;"
        "print('PIL' in sys.modules)"
    )
    assert run_python(code) == "False"


def test_help_loads_nothing_heavy():
    """Each sub-command's help too: a Pi Zero takes seconds to import numpy."""
    code = f"""
import contextlib, io, sys
from pi.cli import main
for arguments in (["--help"], ["--version"], ["demo", "--help"], ["predict", "--help"],
                  ["train", "--help"], ["logs", "--help"], ["weights", "--help"],
                  ["weights", "list"], ["config", "--show"], ["samples", "--help"],
                  ["label", "--help"], ["retrain", "--help"], ["history", "--help"]):
    shown = io.StringIO()
    code = 0
    with contextlib.redirect_stdout(shown):
        try:
            code = main(arguments)
        except SystemExit as stop:
            code = stop.code
    assert not code and shown.getvalue(), arguments
print(sorted({HEAVY!r} & set(sys.modules)))
"""
    assert run_python(code) == "[]"


def run_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_few_modules_lie_flat():
    flat = [path.parts[0] for path in MODULES if len(path.parts) == 2]
    assert [top for top, most in MOST_FLAT.items() if flat.count(top) > most] == []


def test_every_module_says_what_it_is_for():
    assert [str(path) for path in MODULES if not ast.get_docstring(parse(path))] == []


def test_every_module_is_short_enough_to_read():
    lengths = {
        str(path): len((CHECKOUT / path).read_text(encoding="utf-8").splitlines())
        for path in MODULES
    }
    too_long = {path: n for path, n in lengths.items() if n > LONGEST_MODULE}
    assert set(too_long) == set(LONGER_WITH_REASON), too_long


def test_what_is_public_is_explained():
    bare = [
        f"{path}: {node.name}"
        for path in MODULES
        if path.parts[0] != "tools"
        for node in parse(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert bare == []


def test_tests_mirror_the_tree():
    """tests/core/test_x.py is about something in core; helpers live in conftest.py alone."""
    for path in FILES:
        if path.parts[0] == "tests" and path.suffix == ".py":
            assert path.name.startswith("test_") or path.name == "conftest.py", path
            about = {*MAY_IMPORT, "systemd"}
            assert path.parent == Path("tests") or path.parts[1] in about, path


def test_core_names_no_64_bit_integers() -> None:
    # numpy on 32-bit ARM refuses int64 where it counts or indexes, and no test machine of
    # ours but the emulated Pi would notice: np.intp is the machine's own size.
    named = [
        str(path)
        for path in tracked()
        if path.parts[0] in ("core", "pi") and path.suffix == ".py"
        and "int64" in (CHECKOUT / path).read_text(encoding="utf-8")
    ]  # fmt: skip
    assert named == []
