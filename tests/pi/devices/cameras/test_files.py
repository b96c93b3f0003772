from __future__ import annotations

import logging
import os

import numpy as np
import pytest
from PIL import Image

from core.errors import CameraError
from pi.devices.cameras.base import Camera, EndOfFrames, PlayedPicture
from pi.devices.cameras.files import FilesCamera
from pi.devices.cameras.registry import open_camera


@pytest.fixture
def folder(tmp_path):
    """Three pictures whose grey says their place: 0, 10, 20."""
    for name, grey in [("1.png", 0), ("2.png", 10), ("10.png", 20)]:
        Image.new("L", (32, 24), grey).save(tmp_path / name)
    return tmp_path


def greys(camera, count):
    return [int(camera.capture()[0, 0]) for _ in range(count)]


def test_frames_of_a_folder_in_natural_order_and_then_the_end(folder):
    with open_camera("files", path=folder) as camera:
        assert isinstance(camera, Camera)
        assert greys(camera, 3) == [0, 10, 20]
        with pytest.raises(EndOfFrames):
            camera.capture()
        with pytest.raises(EndOfFrames):
            camera.capture()


def test_frames_are_grey_uint8(folder):
    frame = FilesCamera(folder).capture()
    assert frame.dtype == np.uint8
    assert frame.shape == (24, 32)


def test_looped(folder):
    assert greys(FilesCamera(folder, loop=True), 7) == [0, 10, 20, 0, 10, 20, 0]


def test_held(folder):
    camera = FilesCamera(folder, hold=2)
    assert greys(camera, 2) == [0, 0]
    assert camera.picture == PlayedPicture(1, str(folder / "1.png"))
    assert greys(camera, 4) == [10, 10, 20, 20]
    assert camera.picture == PlayedPicture(3, str(folder / "10.png"))
    with pytest.raises(EndOfFrames):
        camera.capture()


def test_shuffled_by_seed(folder):
    for number in range(20):
        Image.new("L", (8, 8), 100 + number).save(folder / f"more{number}.png")
    rounds = greys(FilesCamera(folder, shuffle=1, loop=True), 46)
    first, second = rounds[:23], rounds[23:]
    assert sorted(first) == sorted(second)
    assert first != sorted(first)
    assert first != second
    assert greys(FilesCamera(folder, shuffle=1, loop=True), 46) == rounds
    assert greys(FilesCamera(folder, shuffle=2), 23) != first


def test_pictures_that_come_while_it_plays_are_shown_before_the_end(folder):
    camera = FilesCamera(folder)
    assert greys(camera, 1) == [0]
    Image.new("L", (8, 8), 90).save(folder / "0.png")
    assert greys(camera, 3) == [10, 20, 90]
    with pytest.raises(EndOfFrames):
        camera.capture()
    Image.new("L", (8, 8), 91).save(folder / "11.png")
    assert greys(camera, 1) == [91]
    with pytest.raises(EndOfFrames):
        camera.capture()


def test_a_picture_written_anew_is_shown_again(folder):
    camera = FilesCamera(folder)
    assert greys(camera, 3) == [0, 10, 20]
    Image.new("L", (64, 64), 50).save(folder / "2.png")
    assert greys(camera, 1) == [50]


def test_in_a_loop_new_pictures_are_there_in_the_next_round(folder):
    camera = FilesCamera(folder, loop=True)
    greys(camera, 1)
    Image.new("L", (8, 8), 5).save(folder / "1b.png")
    (folder / "10.png").unlink()
    assert greys(camera, 1) == [10]
    (folder / "2.png").unlink()
    assert greys(camera, 4) == [0, 5, 0, 5]


def test_a_broken_picture_that_comes_late_is_no_error(folder, caplog):
    camera = FilesCamera(folder)
    greys(camera, 3)
    (folder / "4.png").write_bytes(b"half of a pic")
    with pytest.raises(EndOfFrames):
        camera.capture()
    assert "4.png" in caplog.text


def test_a_folder_that_was_emptied(folder):
    camera = FilesCamera(folder, loop=True)
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(CameraError, match="no pictures"):
        camera.capture()


def test_a_folder_may_hold_pictures_of_any_size(folder):
    assert FilesCamera(folder).varies


def test_a_single_file(folder):
    camera = FilesCamera(folder / "2.png")
    assert greys(camera, 1) == [10]
    with pytest.raises(EndOfFrames):
        camera.capture()


@pytest.mark.parametrize("kind", ["png", "jpg", "bmp", "pgm"])
def test_kinds_of_pictures(tmp_path, kind):
    Image.new("L", (32, 24), 77).save(tmp_path / f"one.{kind}")
    assert greys(FilesCamera(tmp_path), 1) == [77]


def test_npy(tmp_path):
    frame = np.arange(12, dtype=np.uint8).reshape(3, 4)
    np.save(tmp_path / "one.npy", frame)
    assert np.array_equal(FilesCamera(tmp_path).capture(), frame)


@pytest.mark.parametrize(
    "content",
    [
        np.zeros((3, 4), np.float32),
        np.zeros((3, 4, 3), np.uint8),
        np.zeros((0, 4), np.uint8),
        b"",
        b"\x93NUMPY",
        b"nonsense",
    ],
)
def test_an_npy_that_is_no_frame_is_left_out(tmp_path, content, caplog):
    path = tmp_path / "a.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content)
    Image.new("L", (8, 8), 5).save(tmp_path / "b.png")
    with caplog.at_level(logging.WARNING):
        assert greys(FilesCamera(tmp_path), 1) == [5]
    assert str(path) in caplog.text


def test_a_broken_picture_is_left_out_with_one_warning(folder, caplog):
    (folder / "3.jpg").write_bytes(b"not a picture")
    with caplog.at_level(logging.WARNING):
        assert greys(FilesCamera(folder, loop=True), 6) == [0, 10, 20, 0, 10, 20]
    assert len(caplog.records) == 1
    assert "3.jpg" in caplog.text


def test_a_folder_of_broken_pictures_is_an_error_and_no_endless_loop(tmp_path):
    (tmp_path / "1.png").write_bytes(b"")
    (tmp_path / "2.png").write_bytes(b"no")
    with pytest.raises(CameraError, match="none of its 2 pictures can be read"):
        FilesCamera(tmp_path, loop=True).capture()


def test_a_picture_that_goes_away_while_it_plays(folder, caplog):
    camera = FilesCamera(folder)
    greys(camera, 1)
    (folder / "2.png").unlink()
    assert greys(camera, 1) == [20]
    assert "2.png" in caplog.text


@pytest.mark.parametrize("there", [True, False])
def test_an_empty_or_missing_folder(tmp_path, there):
    path = tmp_path / "pictures"
    if there:
        path.mkdir()
        (path / "notes.txt").write_text("no picture")
    with pytest.raises(CameraError, match="no pictures" if there else "no such") as caught:
        FilesCamera(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("option", [{"rate": 0}, {"rate": -1.0}, {"hold": 0}])
def test_impossible_options_are_refused(folder, option):
    with pytest.raises(ValueError, match="must be"):
        FilesCamera(folder, **option)


class Clock:
    def __init__(self):
        self.now = 100.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


def test_frames_come_at_the_rate(folder):
    clock = Clock()
    camera = FilesCamera(folder, rate=4, loop=True, clock=clock, sleep=clock.sleep)
    greys(camera, 3)
    assert clock.slept == [0.25, 0.25]
    clock.now += 0.2
    greys(camera, 1)
    assert clock.slept[2:] == [pytest.approx(0.05)]


def test_a_slow_reader_waits_no_more(folder):
    clock = Clock()
    camera = FilesCamera(folder, rate=4, loop=True, clock=clock, sleep=clock.sleep)
    for _ in range(5):
        camera.capture()
        clock.now += 1.0
    assert clock.slept == []


def test_a_closed_camera_gives_nothing(folder):
    camera = FilesCamera(folder)
    camera.close()
    camera.close()
    with pytest.raises(CameraError, match="closed"):
        camera.capture()


def npy(header, content=b"", version=1):
    """An npy file written by hand."""
    text = header.encode()
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + content


@pytest.mark.parametrize(
    "content",
    [
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (60000, 60000)}", bytes(99)),
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (10**9, 10**9)}"),
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (" + "9" * 200 + ", 1)}"),
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (-1, -99)}", bytes(99)),
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1e9, 2)}", bytes(99)),
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (9, 9)}", bytes(80)),
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (9, 9)}", bytes(82)),
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': 81}", bytes(81)),
        npy("{'descr': '|u1', 'shape': (9, 9)}", bytes(81)),
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (9, 9)}", b"cos\nsystem\n."),
        npy("{'descr': '|V999999999', 'fortran_order': False, 'shape': (1, 1)}"),
        npy(
            "{'descr': [('a', '|u1', (9999, 9999))] , 'fortran_order': False, 'shape': (9, 9)}"
        ),
        npy("(" * 9000),
        npy("[" * 60000),
        npy("{'descr': " + "-" * 9000 + "1}"),
        npy("'" + "x" * 65000 + "'"),
        npy(" " * 500_000, version=2),
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (9, 9)}", version=9),
        b"\x93NUMPY\2\0\xff\xff\xff\xff",
        b"PK\3\4" + bytes(500),
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\4\x95",
    ],
)
def test_a_hostile_npy_is_left_out(tmp_path, content, caplog):
    (tmp_path / "a.npy").write_bytes(content)
    Image.new("L", (8, 8), 5).save(tmp_path / "b.png")
    with caplog.at_level(logging.WARNING):
        assert greys(FilesCamera(tmp_path), 1) == [5]
    assert len(caplog.records) == 1
    assert str(tmp_path / "a.npy") in caplog.text


def test_an_npy_by_columns(tmp_path):
    frame = np.asfortranarray(np.arange(12, dtype=np.uint8).reshape(3, 4))
    np.save(tmp_path / "one.npy", frame)
    assert np.array_equal(FilesCamera(tmp_path).capture(), frame)


def test_what_is_no_file_is_left_out(folder, caplog):
    os.mkfifo(folder / "0.png")
    os.mkfifo(folder / "0.npy")
    (folder / "0.jpg").mkdir()
    (folder / "0.bmp").symlink_to("/dev/zero")
    Image.new("L", (1, 1)).save(folder / "0.pgm")
    with caplog.at_level(logging.WARNING):
        assert greys(FilesCamera(folder), 3) == [0, 10, 20]
    assert len(caplog.records) == 5
    with pytest.raises(CameraError, match=r"0\.png: no folder that can be listed"):
        FilesCamera(folder / "0.png")


def test_what_may_not_be_read_is_not_called_absent(shut):
    for path in (shut, shut / "file"):
        with pytest.raises(CameraError, match="Permission denied"):
            FilesCamera(path)
