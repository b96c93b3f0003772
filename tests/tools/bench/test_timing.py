from __future__ import annotations

from tools.bench.timing import Race, processor_s, race, spread


def test_contestants_take_turns_and_the_first_round_is_not_kept():
    turns = []

    def contestant(name, seconds):
        def run():
            turns.append(name)
            return next(seconds)

        return run

    found = race(
        {"a": contestant("a", iter([9, 1, 2])), "b": contestant("b", iter([8, 4, 4]))}, 100, 2
    )
    assert turns == ["a", "b", "a", "b", "a", "b"]
    assert found.seconds == {"a": [1, 2], "b": [4, 4]}
    assert found.rates("a") == [100, 50]


def test_ratios_are_of_the_same_round():
    found = Race(1, {"ours": [1.0, 2.0], "theirs": [3.0, 4.0]})
    assert found.ratios("ours", "theirs") == [3.0, 2.0]


def test_the_middle_and_its_quartiles():
    assert spread([5.0, 1.0, 2.0]) == (1.0, 5.0)
    assert spread([3.0, 1.0, 2.0]) == (1.0, 3.0)
    assert spread([1.0, 2.0, 3.0, 4.0, 5.0]) == (2.0, 4.0)


def test_processor_time_is_of_the_work_alone():
    done = []
    assert processor_s(lambda: done.append(1)) >= 0.0
    assert done == [1]
