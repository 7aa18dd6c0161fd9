"""An exploration of the orders in which concurrent actors call shared services, with faults of single calls.

Code between two calls is deterministic. So a step of an actor runs its function from the start, with the recorded
outcomes of its earlier calls, and ends before the second new call. No threads are necessary, and equal states are
explored once.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any

from app.errors import UnavailableError

Rows = dict[Hashable, Any]
_LATE = "late"


class Fault(Enum):
    """A fault of one call.

    Attributes:
        REFUSED: the call has no effect and raises an error.
        LOST: it takes effect and raises an error.
        LATE: it raises an error and takes effect later.
        REPEATED: it takes effect now and, because the SDK sent it twice, again later.
        KILLED: the process of the actor ends before the call.
    """

    REFUSED = auto()
    LOST = auto()
    LATE = auto()
    REPEATED = auto()
    KILLED = auto()


class _Paused(BaseException):
    """The actor makes a further call, which belongs to its next step."""


class KilledError(BaseException):
    """The process of the actor was killed."""


@dataclass(frozen=True, slots=True)
class _Raised:
    """The outcome of a call that raised an error of this type."""

    error_type: type[BaseException]


@dataclass(frozen=True, slots=True)
class Actor:
    """The recorded outcomes of an actor's calls. Once it has ended, its result, or the type of its exception."""

    outcomes: tuple[Any, ...] = ()
    has_ended: bool = False
    result: Any = None


@dataclass(slots=True)
class State:
    """The rows of the services, the actors by name, and the actor that met a fault."""

    rows: Rows
    actors: dict[str, Actor]
    faulty_actor: str | None = None

    @property
    def key(self) -> int:
        """Return a number that is equal for equal states. Of other states, one in 2 ** 64 has the same number."""
        return hash((frozenset(self.rows.items()), tuple(self.actors.values()), self.faulty_actor))


@dataclass
class Services:
    """The rows of all services, and the call in progress. Outside of an exploration, calls run at once.

    It is also the clock of the actors, which starts at 0 in each of them.
    """

    rows: Rows = field(default_factory=dict)
    _now: float = 0.0
    _actor: str = ""
    _replayed: tuple[Any, ...] = ()
    _outcomes: list[Any] = field(default_factory=list)
    _fault: Fault | None = None
    _ids: Counter[str] = field(default_factory=Counter)

    @property
    def actor(self) -> str:
        """Return the name of the actor that makes the call in progress. Empty outside of an exploration."""
        return self._actor

    def read(self, call: Callable[..., Any], *args: Hashable) -> Any:
        """Make a call that changes nothing."""
        return self._call({Fault.REFUSED, Fault.KILLED}, call, args)

    def write(self, call: Callable[..., Any], *args: Hashable) -> Any:
        """Make a call that the SDK sends again if its response is lost."""
        return self._call(set(Fault), call, args)

    def write_once(self, call: Callable[..., Any], *args: Hashable) -> Any:
        """Make a call that the SDK sends once."""
        return self._call(set(Fault) - {Fault.REPEATED}, call, args)

    def new_id(self, kind: str) -> str:
        """Return an id that depends only on the actor and on the number of its calls."""
        if self._actor:
            return f"{kind} {len(self._outcomes)} of {self._actor}"
        self._ids[kind] += 1
        return f"{kind} {self._ids[kind]}"

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds

    def step(self, state: State, name: str, function: Callable[[], Any], fault: Fault | None = None) -> State | None:
        """Return the state after the next call of an actor. None if the call cannot have this fault."""
        self.rows, self._now, self._fault = dict(state.rows), 0.0, fault
        self._actor, self._replayed, self._outcomes = name, state.actors[name].outcomes, []
        has_ended, result = True, None
        try:
            result = function()
        except _Paused:
            has_ended = False
        except (Exception, KilledError) as error:  # noqa: BLE001 -- an exception is a result too
            result = type(error)
        finally:
            self._actor = ""
        if fault and self._fault:
            return None
        actors = state.actors | {name: Actor(tuple(self._outcomes), has_ended, result)}
        return State(self.rows, actors, name if fault else state.faulty_actor)

    def run_late_calls(self) -> None:
        """Let the late calls take effect."""
        for call, args in self.rows.pop(_LATE, ()):
            self._run(call, args)

    def _call(self, possible_faults: set[Fault], call: Callable[..., Any], args: tuple[Hashable, ...]) -> Any:
        if not self._actor:
            return call(*args)
        position = len(self._outcomes)
        if position > len(self._replayed):
            raise _Paused
        if position < len(self._replayed):
            outcome = self._replayed[position]
        else:
            outcome = self._run_with_fault(possible_faults, call, args)
        self._outcomes.append(outcome)
        if isinstance(outcome, _Raised):
            raise outcome.error_type
        return outcome

    def _run_with_fault(self, possible_faults: set[Fault], call: Callable[..., Any], args: tuple[Hashable, ...]) -> Any:
        fault = self._fault if self._fault in possible_faults else None
        if fault is None:
            return self._run(call, args)
        self._fault = None
        outcome = self._run(call, args) if fault in (Fault.LOST, Fault.REPEATED) else None
        if fault in (Fault.LATE, Fault.REPEATED):
            self.rows[_LATE] = (*self.rows.get(_LATE, ()), (call, args))
        if fault is Fault.REPEATED:
            return outcome
        return _Raised(KilledError if fault is Fault.KILLED else UnavailableError)

    def _run(self, call: Callable[..., Any], args: tuple[Hashable, ...]) -> Any:
        try:
            return call(*args)
        except Exception as error:  # noqa: BLE001 -- an exception is an outcome too
            return _Raised(type(error))


@dataclass
class Exploration:
    """An exploration of all orders of the actors' calls.

    Attributes:
        services: the services that the actors call.
        functions: the actors by name.
        in_turn: actors that differ only in their names. Each starts after the one before it, because orders that only
            exchange their names are equal.
        faults: the faults that one call of a run can have.
        states: the number of distinct states, once `run` has ended. 0 before.
    """

    services: Services
    functions: Mapping[str, Callable[[], Any]]
    in_turn: Sequence[str] = ()
    faults: Sequence[Fault] = ()
    states: int = 0

    def __post_init__(self) -> None:
        self._first_state = State(dict(self.services.rows), {name: Actor() for name in self.functions})

    def run(self) -> Iterator[State]:
        """Yield each state in which all actors have ended, after all orders."""
        first = self._first_state
        pending, seen = [first], {first.key}
        while pending:
            state = pending.pop()
            if self._is_final(state):
                yield state
            for successor in self._successors(state):
                if successor.key not in seen:
                    seen.add(successor.key)
                    pending.append(successor)
        self.states = len(seen)

    def sample(self, choose: Callable[[Sequence[State]], State]) -> State:
        """Return the final state of one order. Each state of it is chosen among the successors of the one before."""
        state = self._first_state
        while not self._is_final(state):
            state = choose(list(self._successors(state)))
        return state

    def _is_final(self, state: State) -> bool:
        return _LATE not in state.rows and all(actor.has_ended for actor in state.actors.values())

    def _successors(self, state: State) -> Iterator[State]:
        if _LATE in state.rows:
            self.services.rows = dict(state.rows)
            self.services.run_late_calls()
            yield replace(state, rows=self.services.rows)
        for name, function in self.functions.items():
            if not state.actors[name].has_ended and self._may_start(state, name):
                for fault in (None, *(self.faults if state.faulty_actor is None else ())):
                    successor = self.services.step(state, name, function, fault)
                    if successor:
                        yield successor

    def _may_start(self, state: State, name: str) -> bool:
        before = self.in_turn[self.in_turn.index(name) - 1] if name in self.in_turn[1:] else name
        return before == name or state.actors[before].outcomes != () or state.actors[before].has_ended
