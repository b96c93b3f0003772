from __future__ import annotations

from tools.attacks import rounds
from tools.attacks.place import STATE


def test_every_name_gets_each_plant_that_suits_it_in_an_order_that_repeats():
    names = [f"{STATE}/samples.db", f"{STATE}/weights"]
    found = rounds.chosen(names, "", 1)
    assert found == rounds.chosen(names, "", 1) != rounds.chosen(names, "", 2)
    assert ("used", f"{STATE}/samples.db", "huge rows") in found
    assert ("fresh", f"{STATE}/weights", "FIFO") in found
    assert {name for _, name, _ in found} == {*names, *rounds.MORE_NAMES}
    # Every name in turn.
    assert len({(state, name) for state, name, _ in found[:20]}) == 20


def test_one_plant_can_be_tried_alone():
    what = f"used {STATE}/weights: FIFO"
    assert rounds.chosen([f"{STATE}/weights"], what, 1) == [
        ("used", f"{STATE}/weights", "FIFO")
    ]


def test_how_far_it_is_is_said_now_and_then(capsys):
    for done in range(60):
        rounds.tell(done, 60)
    assert capsys.readouterr().err == "0 of 60 plants\n50 of 60 plants\n"
