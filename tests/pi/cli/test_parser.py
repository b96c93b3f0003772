"""The parser: errors in one line, and what was perhaps meant."""

from __future__ import annotations

import pytest

from pi.cli.errors import UsageError
from pi.cli.parser import Parser


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ["--coun", "--colou=red"],
            "unrecognized arguments: --colou=red; did you mean --colour?",
        ),
        (["--nothing"], "unrecognized arguments: --nothing; see `mill --help`"),
        (["grnd"], "did you mean grind?; see `mill --help`"),
        (["grind", "--colour", "red"], "--colour red; --colour goes before grind; see `mill"),
        (["grind", "--fnie"], "--fnie; did you mean --fine?; see `mill grind --help`"),
    ],
)
def test_what_was_meant_and_whose_help_to_see(given, said):
    parser = Parser(prog="mill", allow_abbrev=False)
    parser.add_argument("--coun", action="store_true")
    parser.add_argument("--colour")
    parser.add_subparsers().add_parser("grind").add_argument("--fine")
    with pytest.raises(UsageError) as error:
        parser.parse_args(given)
    assert said in str(error.value).replace("'", "")


def test_the_help_of_a_sub_command_says_what_it_is_for():
    verbs = Parser(prog="mill").add_subparsers()
    assert (
        "\n\nflour from corn\n"
        in verbs.add_parser("grind", help="flour from corn").format_help()
    )
    told = verbs.add_parser("sift", help="sort", description="Sorts flour.").format_help()
    assert "\n\nSorts flour.\n" in told
