"""The messages that the commands print for the developer."""

import shlex
from datetime import datetime
from typing import TextIO

from devstack.deployment import FUNCTIONS, Deployment
from devstack.embedded_aws import EmbeddedAws
from devstack.options import Options
from devstack.ports import LOOPBACK
from devstack.seed_content import DEMO_HANDLE, MODERATOR_EMAIL, PASSWORD, to_email


def format_starting_message(options: Options) -> str:
    """Return the message for the start, which can take a while."""
    if options.engine == "ministack":
        return "Starting the embedded AWS ..."
    return (
        "Starting the embedded AWS with DynamoDB Local, which the first start downloads ...\n"
        f"DynamoDB Local cannot be limited to loopback: it listens on all interfaces, on port {options.dynamodb_port}."
    )


def format_api_message(options: Options) -> str:
    """Return the addresses of the API and of its docs, the demo logins, and a line about the worker."""
    address = f"http://{LOOPBACK}:{options.port}"
    worker = "  Worker       runs the background jobs, and logs below"
    return "\n".join([f"\n  API          {address}", f"  Docs         {address}/docs", *_format_logins(), worker])


def format_killed_message(saved_at: float) -> str:
    """Return the message for a start after a kill.

    Args:
        saved_at: the time of the last save, in seconds since the epoch.
    """
    time = datetime.fromtimestamp(saved_at).astimezone().strftime("%H:%M:%S on %Y-%m-%d")
    return f"The last run was killed. Its data is that of its last save, at {time}. Later changes are lost."


def format_app_commands(options: Options) -> str:
    """Return the commands that start the API and a worker, because `make aws` starts neither."""
    load = f"set -a; . {shlex.quote(str(options.state_folder / 'env'))}; set +a"
    server = f"uvicorn app.main:app --port {options.port} --ws none"
    return "\n".join(
        [
            f"\n  API          none; to start one: ({load}; .venv/bin/python -m {server})",
            f"  Worker       none; to start one: ({load}; .venv/bin/python -m app.worker)",
        ]
    )


def format_aws_message(options: Options, embedded: EmbeddedAws) -> str:
    """Return the endpoints of the embedded AWS, and the paths of its settings and data.

    If the template is newer than the stack, the message says so.
    """
    *_, store = embedded.services
    lines = [
        f"  Cognito, SQS emulated by MiniStack at {embedded.mail_endpoint}",
        f"  DynamoDB     emulated by {store.name} at {store.endpoint}",
        f"  Settings     {options.state_folder / 'env'}",
        f"  Data         kept in {options.state_folder}, deleted by `make reset`",
    ]
    if embedded.is_outdated:
        lines.append(
            "  Note         deploy/data.yml has changed since the tables were created: `make reset` applies it"
        )
    return "\n".join([*lines, "  Mail         appears below; Ctrl-C ends everything\n"])


def format_deployment_message(options: Options, deployment: Deployment) -> str:
    """Return the addresses and parts of the deployment, and the demo logins."""
    folder = options.state_folder / "deployed"
    lines = [
        f"\n  API          {deployment.loopback_url}",
        f"  Docs         {deployment.loopback_url}/docs",
        *_format_logins(),
        f"  Functions    {' and '.join(FUNCTIONS)}, run by awslambdaric with the credentials of their roles",
        f"  Logs         of the functions in {folder}",
        f"  AWS          emulated by MiniStack at {deployment.aws.endpoint}: gateway, authorizer, IAM, data, queue",
        f"  Data         kept in {folder}, deleted by `make reset`",
        "  Mail         appears below; Ctrl-C ends everything, `make deploy-local` deploys again\n",
    ]
    return "\n".join(lines)


def _format_logins() -> tuple[str, str]:
    """Return the lines with the logins of the demo member and of the moderator."""
    return f"  Demo login   {to_email(DEMO_HANDLE)} / {PASSWORD}", f"  Moderator    {MODERATOR_EMAIL} / {PASSWORD}"


def emphasize(text: str, stream: TextIO) -> str:
    """Return the text in bold inverse video if the stream is a terminal, so that it stands out from the log."""
    return f"\033[1;7m {text} \033[0m" if stream.isatty() else text
