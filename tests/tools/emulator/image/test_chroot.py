"""A Debian in a folder: what is run in it, and the copy of the checkout that it gets."""

from __future__ import annotations

from tools.emulator.image import checkout, chroot


def test_the_checkout_is_there_while_it_is_used_and_gone_afterwards(tmp_path, monkeypatch):
    source = tmp_path / "source"
    (source / "core/__pycache__").mkdir(parents=True)
    (source / "core/a.py").write_text("a = 1\n")
    (source / "core/__pycache__/a.pyc").write_bytes(b"x")
    (source / "README.md").write_text("read me")
    monkeypatch.setattr(checkout, "CHECKOUT", source)
    root = tmp_path / "root"
    (root / "srv").mkdir(parents=True)
    with chroot.Chroot(root).with_checkout(("core", "README.md")) as place:
        there = root / place.removeprefix("/")
        found = sorted(str(path.relative_to(there)) for path in there.rglob("*"))
        assert found == ["README.md", "core", "core/a.py"]
    assert list((root / "srv").iterdir()) == []


def test_programs_run_in_a_space_of_their_own_with_a_known_environment(tmp_path, monkeypatch):
    calls = []

    def run(command, **options):
        calls.append((command, options))

    monkeypatch.setattr(chroot.subprocess, "run", run)
    monkeypatch.setenv("PYTHONPATH", "/not/in/there")
    chroot.Chroot(tmp_path).run(["python3", "a b.py"], environment={"A": "1"}, timeout_s=5.0)
    ((command, options),) = calls
    assert command[:2] == ["unshare", "--mount"]
    assert "--kill-child" in command
    assert command[-3:] == [str(tmp_path), "python3", "a b.py"]
    assert options["env"]["A"] == "1"
    assert "PYTHONPATH" not in options["env"]
    assert options["timeout"] == 5.0


def test_another_list_of_packages_is_another_system(tmp_path, monkeypatch):
    monkeypatch.setattr(chroot.host, "require_root", lambda what: None)
    names = []

    def folder(name, make, say):
        names.append(name)
        return tmp_path / name

    monkeypatch.setattr(chroot.cache, "folder", folder)
    for packages, recipe in ((("a",), b""), (("a", "b"), b""), (("a",), b"x")):
        system = chroot.get("trixie", packages, print, recipe=recipe)
        assert system.root == tmp_path / names[-1] / "root"
    assert len(set(names)) == 3
    assert all(name.startswith("trixie-") for name in names)
