"""A confirmed account has the password of its own registrant, in any order of concurrent requests.

These tests explore all orders of the requests' calls, or as many as a test has time for. See `SignUp` for the protocol.
"""

import random
from collections.abc import Iterable

import pytest

from app.accounts import sign_up
from app.errors import InvalidCodeError, UnavailableError
from tests.conftest import Figures
from tests.unit.accounts.exploration import Exploration, Fault, KilledError, State
from tests.unit.accounts.sign_up_model import SignUpModel

SAMPLES = 40


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> SignUpModel:
    model = SignUpModel()
    monkeypatch.setattr(sign_up, "time", model.services)
    # A confirmation polls twice. Further polls meet the same states.
    monkeypatch.setattr(sign_up, "_REMOVAL_TIMEOUT_SECONDS", 0.0)
    return model


def _check_without_faults(model: SignUpModel, states: Iterable[State]) -> set[object]:
    """Check all properties. Return the results of the actors that do not only register."""
    results: set[object] = set()
    for state in states:
        assert all(isinstance(state.actors[name].result, str) for name in model.registrants), state
        model.check_one_can_be_confirmed(state)
        model.check_latest_registration_wins(state)
        model.check_no_later_user_was_removed(state)
        model.check_confirmed_users_remain(state)
        results |= {actor.result for name, actor in state.actors.items() if name not in model.registrants}
    return results


def _check_with_faults(model: SignUpModel, states: Iterable[State]) -> None:
    """Check the properties that hold in spite of a fault. Then check that a new registration succeeds."""
    for state in states:
        errors = {actor.result for actor in state.actors.values() if isinstance(actor.result, type)}
        assert errors <= {InvalidCodeError, UnavailableError, KilledError}, state
        model.check_confirmed_users_remain(state)
        model.check_users_belong_to_their_registrations(state)
        model.check_latest_registration_wins(state)
        assert len(model.get_users(state)) <= 1, state
        assert len(model.list_confirmable(state)) <= 1, state
        model.check_recovery(state)


def _record(figures: Figures, exploration: Exploration) -> None:
    figures("states", exploration.states)


class TestRegistrations:
    @pytest.mark.parametrize(
        ("number", "is_registered_earlier"),
        # (4, True) has 3,485,579 states. All of them passed on 2026-11-26, in nine minutes.
        [(2, False), (3, False), pytest.param(4, False, marks=pytest.mark.slow), (2, True), (3, True)],
    )
    def test_one_of_all_can_be_confirmed(
        self, number: int, is_registered_earlier: bool, model: SignUpModel, figures: Figures
    ) -> None:
        if is_registered_earlier:
            model.register_earlier()
        model.add_registrations(number)
        exploration = model.explore()
        _check_without_faults(model, exploration.run())
        _record(figures, exploration)

    @pytest.mark.parametrize("number", [4, 8, 16])
    def test_one_of_many_can_be_confirmed_in_random_orders(self, number: int, model: SignUpModel) -> None:
        model.register_earlier()
        model.add_registrations(number)
        exploration = model.explore()
        choose = random.Random(number).choice  # noqa: S311 -- not a secret
        _check_without_faults(model, (exploration.sample(choose) for _ in range(SAMPLES)))

    def test_bound_of_replacements_leaves_a_user(
        self, model: SignUpModel, monkeypatch: pytest.MonkeyPatch, figures: Figures
    ) -> None:
        monkeypatch.setattr(sign_up, "_MAX_REMOVALS", 1)
        model.register_earlier()
        model.add_registrations(3)
        exploration = model.explore()
        for state in exploration.run():
            model.check_one_can_be_confirmed(state)
        _record(figures, exploration)

    def test_single_fault_leaves_a_way_to_register(self, model: SignUpModel, figures: Figures) -> None:
        model.register_earlier()
        model.add_registrations(2)
        exploration = model.explore(tuple(Fault))
        _check_with_faults(model, exploration.run())
        _record(figures, exploration)


class TestConfirmation:
    @pytest.mark.parametrize("number", [1, 2, pytest.param(3, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
    def test_confirmation_or_replacement_wins(self, number: int, model: SignUpModel, figures: Figures) -> None:
        code = model.register_earlier()
        model.add_registrations(number)
        model.add_confirmation("confirmation", code)
        exploration = model.explore()
        assert _check_without_faults(model, exploration.run()) == {None, InvalidCodeError, UnavailableError}
        _record(figures, exploration)

    def test_confirmation_of_a_concurrent_registration_lasts(self, model: SignUpModel, figures: Figures) -> None:
        model.register_earlier()
        for name in ("first", "second"):
            model.add_registrant_with_mail(name)
        exploration = model.explore()
        results = _check_without_faults(model, exploration.run())
        assert any(isinstance(result, str) for result in results)
        _record(figures, exploration)

    def test_single_fault_undoes_no_confirmation(self, model: SignUpModel, figures: Figures) -> None:
        code = model.register_earlier()
        model.add_registrations(1)
        model.add_confirmation("confirmation", code)
        exploration = model.explore(tuple(Fault))
        _check_with_faults(model, exploration.run())
        _record(figures, exploration)

    @pytest.mark.slow
    @pytest.mark.timeout(1800)
    def test_single_fault_with_two_registrations_undoes_no_confirmation(
        self, model: SignUpModel, figures: Figures
    ) -> None:
        code = model.register_earlier()
        model.add_registrations(2)
        model.add_confirmation("confirmation", code)
        exploration = model.explore(tuple(Fault))
        _check_with_faults(model, exploration.run())
        _record(figures, exploration)


class TestRepeatedConfirmation:
    @pytest.mark.parametrize("fault", [None, *Fault], ids=lambda fault: fault.name if fault else "no fault")
    def test_repetition_of_a_success_succeeds(self, fault: Fault | None, model: SignUpModel, figures: Figures) -> None:
        code = model.register_earlier()
        for name in ("one", "two"):
            model.add_confirmation(name, code)
        exploration = model.explore((fault,) if fault else ())
        for state in exploration.run():
            model.check_confirmed_users_remain(state)
            assert model.can_confirm(state, model.earlier or "", code), state
            assert fault or [actor.result for actor in state.actors.values()] == [None, None]
        _record(figures, exploration)

    def test_wrong_code_does_not_replace_the_right_one(self, model: SignUpModel, figures: Figures) -> None:
        code = model.register_earlier()
        model.add_confirmation("right", code)
        for name in ("wrong", "wrong again"):
            model.add_confirmation(name, "wrong")
        exploration = model.explore()
        for state in exploration.run():
            assert state.actors["right"].result is None, state
            assert model.can_confirm(state, model.earlier or "", code), state
            assert not model.can_confirm(state, model.earlier or "", "wrong"), state
        _record(figures, exploration)
