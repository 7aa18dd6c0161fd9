"""The dependencies of routes on accounts."""

from typing import Annotated

from app.accounts.passwords import Passwords
from app.accounts.sessions import Sessions
from app.accounts.sign_up import SignUp
from app.web.dependencies import provided

AccountSignUp = Annotated[SignUp, provided("accounts.sign_up")]
AccountSessions = Annotated[Sessions, provided("accounts.sessions")]
AccountPasswords = Annotated[Passwords, provided("accounts.passwords")]
