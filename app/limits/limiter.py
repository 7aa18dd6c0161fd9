"""The limit of a request: counts its write, and takes the count back if the write changed nothing."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass

from app.aws.errors import is_transient, log_suppressed
from app.errors import DwipperError, TooManyRequestsError, UnavailableError
from app.limits.counters import Count, LimitCounters
from app.limits.policies import Kind


@dataclass(slots=True)
class CountedWrite:
    """A write that was counted.

    Attributes:
        has_changed: whether the write changed something. If None, a success counts as a change, and an error of the
            domain does not.
    """

    has_changed: bool | None = None


class WriteLimit:
    """The limits of one kind of write, for the member of a request.

    Args:
        counters: the counters of all members.
        member_id: the member.
        kind: the kind of the write.
        headers: the headers of the response, to which a counted write adds the state of its limits.
    """

    def __init__(self, counters: LimitCounters, member_id: str, kind: Kind, headers: MutableMapping[str, str]) -> None:
        self._counters = counters
        self._member_id = member_id
        self._kind = kind
        self._headers = headers

    @contextmanager
    def count_write(self) -> Iterator[CountedWrite]:
        """Count the write in the `with` block. Take the count back if the write changed nothing.

        The `with` block sets `has_changed` if its outcome does not show whether something changed. A write with an
        unknown outcome stays counted, for example if the response of AWS was lost.

        Raises:
            RateLimitedError: if a limit is used up. The `with` block does not run then.
        """
        count = self._counters.count(self._member_id, self._kind)
        self._headers.update(count.fields)
        write = CountedWrite()
        try:
            yield write
        except (UnavailableError, TooManyRequestsError):
            raise
        except DwipperError:
            if not write.has_changed:
                self._take_back(count)
            raise
        if write.has_changed is False:
            self._take_back(count)

    def _take_back(self, count: Count) -> None:
        try:
            self._counters.take_back(count)
        except Exception as error:
            if not is_transient(error):
                raise
            log_suppressed(error)  # The write stays counted, which costs the member one write in this window.
            return
        for name in count.fields:
            del self._headers[name]
