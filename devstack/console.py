"""What a developer reads at the start; prints nothing itself."""

from typing import TextIO

from devstack.deployment import FUNCTION, Deployment
from devstack.embedded_aws import EmbeddedAws
from devstack.options import Options
from devstack.ports import LOOPBACK
from devstack.seed_content import DEMO, PASSWORD, email


def starting(options: Options) -> str:
    """Say what takes its time now."""
    if options.engine == "ministack":
        return "Starting the embedded AWS ..."
    return (
        "Starting the embedded AWS with DynamoDB Local, which is fetched at the first start ...\n"
        f"DynamoDB Local can listen on all interfaces only, here on port {options.dynamodb_port}."
    )


def api(options: Options) -> str:
    """Say where the API is and who may log in."""
    address = f"http://{LOOPBACK}:{options.port}"
    login = f"{email(DEMO)} / {PASSWORD}"
    return f"\n  API          {address}\n  Docs         {address}/docs\n  Demo login   {login}"


def aws(options: Options, embedded: EmbeddedAws) -> str:
    """Say what is emulated, and where its data lie."""
    *_, store = embedded.services
    lines = [
        f"  Cognito      emulated by MiniStack at {embedded.mailbox}",
        f"  DynamoDB     emulated by {store.name} at {store.endpoint}",
        f"  Settings     {options.home / 'env'}",
        f"  Data         kept in {options.home}, dropped by `make reset`",
    ]
    if embedded.is_outdated:
        lines.append("  Mind         deploy/data.yml was changed since the data were made: `make reset` takes it up")
    return "\n".join([*lines, "  Mail         appears below; Ctrl-C ends everything\n"])


def deployed(options: Options, deployment: Deployment) -> str:
    """Say where the deployment answers, and by what."""
    home = options.home / "deployed"
    lines = [
        f"\n  API          {deployment.url}",
        f"  Docs         {deployment.url}/docs",
        f"  Demo login   {email(DEMO)} / {PASSWORD}",
        f"  Function     {FUNCTION}, run by awslambdaric with its role's credentials; logs in {home}",
        f"  The rest     emulated by MiniStack at {deployment.aws.endpoint}: gateway, authorizer, IAM, tables, pool",
        f"  Data         kept in {home}, dropped by `make reset`",
        "  Mail         appears below; Ctrl-C ends everything, `make deploy-local` deploys again\n",
    ]
    return "\n".join(lines)


def emphasized(text: str, where: TextIO) -> str:
    """Have a line stand out among those of the log, where that is a terminal."""
    return f"\033[1;7m {text} \033[0m" if where.isatty() else text
