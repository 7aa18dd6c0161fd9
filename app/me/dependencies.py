"""The dependencies of routes on the member's own account."""

from typing import Annotated

from app.cognito.user_pool import UserPool
from app.me.deletion import Deletion
from app.me.export import Export
from app.web.dependencies import provided

AccountDeletion = Annotated[Deletion, provided("personal.deletion")]
AccountExport = Annotated[Export, provided("personal.export")]
AccountUserPool = Annotated[UserPool, provided("user_pool")]
