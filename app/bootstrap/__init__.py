"""The composition root: builds the objects of a process once. Only entry points import it.

A cold start of the Lambda function imports and builds only what its first request needs. So the objects that few
requests need are in classes of their own, which are built on first use.
"""

from functools import cached_property
from typing import TYPE_CHECKING

from app.bootstrap.core import Core

if TYPE_CHECKING:
    from app.bootstrap.accounts import Accounts
    from app.bootstrap.jobs import Jobs
    from app.bootstrap.moderation import Moderation
    from app.bootstrap.personal import Personal


class Container(Core):
    """The objects of one process. All requests share them. A route gets each by `provided(name)`."""

    @cached_property
    def accounts(self) -> "Accounts":
        """Return the objects of accounts."""
        from app.bootstrap.accounts import Accounts  # noqa: PLC0415 -- see the module's docstring

        return Accounts(self)

    @cached_property
    def jobs(self) -> "Jobs":
        """Return the objects that start background jobs."""
        from app.bootstrap.jobs import Jobs  # noqa: PLC0415 -- see the module's docstring

        return Jobs(self)

    @cached_property
    def moderation(self) -> "Moderation":
        """Return the objects of moderators."""
        from app.bootstrap.moderation import Moderation  # noqa: PLC0415 -- see the module's docstring

        return Moderation(self, self.jobs)

    @cached_property
    def personal(self) -> "Personal":
        """Return the objects that export and erase the data of a member."""
        from app.bootstrap.personal import Personal  # noqa: PLC0415 -- see the module's docstring

        return Personal(self, self.jobs)
