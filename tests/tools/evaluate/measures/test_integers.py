"""What whole numbers lose: with ranges that fit next to nothing, with others a lot."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core import modelfile, pretrained
from tools.digests import digits, photograph
from tools.evaluate.measures.integers import Comparison


def test_a_loss_is_what_float32_has_more_of():
    comparison = Comparison()
    for answers in ((7, 7, 7), (7, 7, None), (7, 1, 7), (7, None, 7), (7, None, 7), (7, 1, 2)):
        comparison.add(*answers)
    assert (comparison.count, comparison.integers, comparison.floats) == (6, 2, 4)
    assert (comparison.loss, comparison.apart) == (2, 5)


@pytest.fixture
def compare(tmp_path, evaluate, write_mnist):
    """Pictures whose labels are what the shipped weights call them in float32."""
    model = pretrained.load()
    images = digits(60)
    labels = model.network.predict(images).astype(np.uint8)
    write_mnist(tmp_path, images[labels < 10][:40], labels[labels < 10][:40])
    Image.fromarray(photograph(0)).save(tmp_path / "sheet.png")
    (tmp_path / "index.tsv").write_text(
        "file\tlabel\tkind\tsource\tnote\nsheet.png\t0\tphoto_single\tdrawn\t\n"
    )

    def run(ranges):
        path = tmp_path / "model.npz"
        modelfile.save(path, model.network, model.info, judge=model.judge, ranges=ranges)
        return evaluate("integers", tmp_path, "--data", tmp_path, "--model", path)

    return run, model.ranges


def test_the_shipped_ranges_lose_little(compare):
    run, ranges = compare
    code, out, err = run(ranges)
    assert (code, err) == (0, "")
    assert out[0].startswith("MNIST, the network alone: ")
    assert "40 in float32" in out[0]
    assert out[1].startswith("MNIST, each digit a picture: ")
    assert " of 1 right" in out[2]
    assert out[-1].endswith("(lost of MNIST and of photographs; at most 5 and 3)")


def test_ranges_that_cut_off_all_that_matters_are_found_out(compare):
    run, ranges = compare
    code, out, _ = run([each / 50 for each in ranges])
    assert code == 1
    assert int(out[-1].split()[1]) > 5


def test_weights_without_ranges_cannot_be_compared(compare):
    run, _ = compare
    code, out, err = run(None)
    assert (code, out) == (3, [])
    assert err.startswith("evaluate: error: these weights have no integer form")
