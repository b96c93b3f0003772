"""Tickets of labels: bounded, and none of another run."""

from __future__ import annotations

import pytest

from core.errors import ServiceError
from pi.service.tickets import MOST_SETTLED, MOST_WAITING, LabelTickets


def test_a_ticket_waits_until_it_is_stored_or_lost():
    tickets = LabelTickets()
    one, other = tickets.issue(), tickets.issue()
    assert tickets.find(one.number) is one
    assert tickets.waiting == 2
    one.sample = 41
    other.lost = "the card is full"
    assert tickets.waiting == 0
    assert not one.waits


def test_no_more_wait_than_fit():
    tickets = LabelTickets()
    first, *_ = [tickets.issue() for _ in range(MOST_WAITING)]
    with pytest.raises(ServiceError, match="64 labels wait for the card already"):
        tickets.issue()
    first.sample = 1
    tickets.issue()


def test_the_oldest_that_do_not_wait_are_forgotten():
    tickets = LabelTickets()
    waits, *settled = [tickets.issue() for _ in range(3)]
    for ticket in settled:
        ticket.sample = 1
    for _ in range(MOST_SETTLED):
        tickets.issue().lost = "why"
    tickets.issue()
    assert tickets.find(waits.number) is waits
    assert [tickets.find(ticket.number) for ticket in settled] == [None, None]


@pytest.mark.parametrize("number", [None, "1", 1.0, True, [], {}, -1, 10**30])
def test_what_is_no_number_is_no_ticket(number):
    tickets = LabelTickets()
    tickets.issue()
    assert tickets.find(number) is None


def test_a_number_of_another_run_means_nothing():
    one, other = LabelTickets(), LabelTickets()
    assert other.find(one.issue().number) is None
