"""PINs and cards (myq.md sections 5 and 6.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.simulator.pins import constant_step, fault_of, generated, shortest
from support.simulator import Simulator

USERS = "/api/v3/users"


@pytest.mark.parametrize(
    ("setting", "users", "length"),
    [
        pytest.param(4, 999, 4, id="below 1,000 users: 4 digits"),
        pytest.param(4, 1_000, 5, id="from 1,000: 5 digits"),
        pytest.param(4, 9_999, 5, id="below 10,000: 5 digits"),
        pytest.param(4, 10_000, 6, id="from 10,000: 6 digits"),
        pytest.param(4, 1_000_000, 6, id="beyond the table: 6 digits"),
        pytest.param(8, 5, 8, id="the setting may ask for more"),
    ],
)
def test_section_5_the_number_of_users_sets_a_floor(setting: int, users: int, length: int) -> None:
    assert shortest(setting, users) == length


@pytest.mark.parametrize("pin", ["1111", "1234", "9876", "1357", "97531"])
def test_section_5_a_constant_step_is_refused(pin: str) -> None:
    assert constant_step(pin)
    assert fault_of(pin, 4, steps_refused=True)
    assert not fault_of(pin, 4, steps_refused=False)


@pytest.mark.parametrize("pin", ["123", "12345678901234567", "12a4", "", "²³¼4"])
def test_section_5_length_and_digits(pin: str) -> None:
    assert fault_of(pin, 4, steps_refused=False)


@given(st.integers(4, 16))
def test_section_5_a_generated_pin_keeps_the_rules(length: int) -> None:
    pin = next(generated(length))
    assert (len(pin), fault_of(pin, length, steps_refused=True)) == (length, "")


def test_section_6_3_the_server_generates_the_pin(simulator: Simulator) -> None:
    first = simulator.seed([{"username": "ada", "pins": ["908172"]}])
    one = simulator.call("POST", f"{USERS}/{first}/pins", {}).content["pin"]
    assert simulator.users()["ada"]["pins"] == ["908172", one]
    two = simulator.call("POST", f"{USERS}/{first}/pins", {"deleteOld": True}).content["pin"]
    assert simulator.users()["ada"]["pins"] == [two]
    assert [each["what"] for each in simulator.log()] == [{"pins": [None, "***"]}] * 2


def test_section_6_3_a_pin_of_the_callers_choice_is_not_heeded(simulator: Simulator) -> None:
    first = simulator.seed([{"username": "ada"}])
    reply = simulator.call("POST", f"/api/v2/users/{first}/pins", {"pin": "908172"})
    assert simulator.users()["ada"]["pins"] == [reply.content["pin"]] != ["908172"]


@pytest.mark.parametrize(("pin", "status"), [("90817", 400), ("111111", 400), ("908172", 200)])
def test_section_5_a_pin_set_by_hand_obeys_the_rules(simulator: Simulator, pin: str, status: int) -> None:
    first = simulator.seed([{"username": "ada"}])
    reply = simulator.call("PATCH", f"{USERS}/{first}", {"pins": [pin]})
    assert reply.status == status
    assert pin not in str(reply.content)
    assert all(pin not in str(each) for each in simulator.log())


def test_a_hashed_pin_is_for_csv_alone(simulator: Simulator) -> None:
    first = simulator.seed([{"username": "ada"}])
    assert simulator.call("PATCH", f"{USERS}/{first}", {"pins": ["hash:00"]}).status == 400


def test_section_6_3_an_empty_body_registers_a_card_of_the_servers_choice(simulator: Simulator) -> None:
    first = simulator.seed([{"username": "ada", "cards": ["A1"]}])
    simulator.switch(undocumented_operations=False)
    card = simulator.call("POST", f"/api/v2/users/{first}/cards", {}).content["card"]
    other = simulator.call("POST", f"/api/v2/users/{first}/cards", {"card": "B2"}).content["card"]
    assert simulator.users()["ada"]["cards"] == ["A1", card, other]
    assert other != "B2"


def test_section_6_3_a_given_card_is_an_assumption(simulator: Simulator) -> None:
    first = simulator.seed([{"username": "ada"}, {"username": "bob", "cards": ["B1"]}])
    cards = f"{USERS}/{first}/cards"
    assert simulator.call("POST", cards, {"card": "A1"}).content == {"card": "A1"}
    assert simulator.call("POST", cards, {"card": "A1"}).status == 409
    assert simulator.call("POST", cards, {"card": "B1"}).status == 409
    simulator.switch(card_collision="skip")
    assert simulator.call("POST", cards, {"card": "B1"}).status == 200
    assert simulator.users()["ada"]["cards"] == ["A1"]
    assert [each["what"] for each in simulator.log()] == [{"cards": [None, "A1"]}]
