"""One command on another machine: what it answers, and that nobody can answer for ever."""

from __future__ import annotations

import time

import pytest

from core.errors import ServiceError
from tools.fleet import ssh


@pytest.fixture
def ask(zeros):
    """A function that runs a command on the host "zero", in a folder of its own."""
    zeros.add("zero")

    def run(*command, host="zero", largest=1000, limit_s=20, **options):
        options.setdefault("program", [str(zeros.ssh)])
        return ssh.ask(host, command, largest=largest, limit_s=limit_s, **options)

    return run


def test_what_it_is_given_and_answers(ask):
    heard = []
    found = ask(
        "sh", "-c", "cat; echo one >&2; echo two >&2", given=b"hello", hear=heard.append
    )
    assert (found.code, found.out, found.said) == (0, b"hello", "two")
    assert heard == ["one", "two"]
    assert found.check("x") == b"hello"


def test_arguments_arrive_as_they_are(ask):
    assert ask("printf", "%s|", "a b", "c'd", "$HOME").out == b"a b|c'd|$HOME|"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("echo 'zerodigit: error: no card' >&2; exit 7", "gives nothing: no card"),
        ("exit 9", "gives nothing: ended with 9"),
        ("nowhere-to-be-found", "has no zerodigit"),
        ("printf '\\033[31mred\\n' >&2; exit 1", r"gives nothing: \x1b[31mred"),
    ],
)
def test_why_it_failed(ask, command, why):
    with pytest.raises(ServiceError) as error:
        ask("sh", "-c", command).check("gives nothing")
    assert why in str(error.value)


def test_a_host_that_is_off(ask):
    with pytest.raises(
        ServiceError, match="not reached: ssh: connect to host none: Connection"
    ):
        ask("true", host="none").check("x")


def test_endless_answers_and_endless_lines_are_bounded(ask):
    with pytest.raises(ServiceError, match="more than 0 kB"):
        ask("cat", "/dev/zero")
    said = ask("sh", "-c", "head -c 9000000 /dev/zero | tr '\\0' x >&2").said
    assert said == "x" * ssh.LONGEST_LINE


def test_who_does_not_answer_is_given_up(ask):
    began = time.monotonic()
    with pytest.raises(ServiceError, match="no answer within 0 minutes"):
        ask("sleep", "60", limit_s=0.05)
    assert time.monotonic() - began < 20


def test_an_interrupt_closes_the_connection(ask, zeros):
    with pytest.raises(ServiceError, match="interrupted"):
        ask("sh", "-c", "exec >&- 2>&-; sleep 60", stop=lambda: True)


def test_who_does_not_listen_is_heard(ask):
    found = ask("sh", "-c", "exec <&-; echo no >&2; exit 3", given=bytes(1 << 20))
    assert (found.code, found.said) == (3, "no")


def test_without_ssh(ask):
    with pytest.raises(ServiceError, match="no ssh here"):
        ask("true", program=["nowhere-to-be-found"])


def test_ssh_is_asked_to_ask_nobody(ask):
    options = ask("true", program=["sh", "-c", 'echo "$0 $*"']).out.decode()
    assert "-oBatchMode=yes" in options
    assert "-oConnectTimeout=10" in options
    assert options.endswith("-- zero true\n")
