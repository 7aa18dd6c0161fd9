"""The commands `run`, `aws`, `deploy`, `undeploy` and `reset`, and their output."""

import sys
import threading
from collections.abc import Sequence

import httpx

from devstack import api, console, deployment, embedded_aws, seed_once, worker
from devstack.app_process import AppProcess
from devstack.embedded_aws import EmbeddedAws
from devstack.errors import LocalError
from devstack.mail import Mailbox
from devstack.options import Options
from devstack.ports import require_free
from devstack.state import StateFolder

_POLL_SECONDS = 0.3


def run(options: Options, stop: threading.Event) -> None:
    """Serve the API and run the worker on the embedded AWS, until `stop` is set.

    Raises:
        LocalError: if a port or the state folder is in use, or if the embedded AWS cannot start or ends unexpectedly.
    """
    state = StateFolder(options.state_folder)
    with state.lock() as lock:
        require_free(options.port, "PORT", "run")
        _require_free_aws_ports(options, "run")
        print(console.format_starting_message(options))
        with embedded_aws.run(options, state, lock) as embedded:
            _seed(state, embedded)
            if not stop.is_set():
                _serve(options, state, embedded, stop)


def aws(options: Options, stop: threading.Event) -> None:
    """Run only the embedded AWS until `stop` is set.

    Raises:
        LocalError: if a port or the state folder is in use, or if the embedded AWS cannot start or ends unexpectedly.
    """
    state = StateFolder(options.state_folder)
    with state.lock() as lock:
        _require_free_aws_ports(options, "aws")
        print(console.format_starting_message(options))
        with embedded_aws.run(options, state, lock) as embedded:
            mailbox = _open_mailbox(embedded.mail_endpoint)
            print(console.format_no_worker_message(options))
            print(console.format_aws_message(options, embedded))
            _watch(stop, embedded, mailbox)


def deploy(options: Options, stop: threading.Event) -> None:
    """Deploy serverless.yml into an embedded AWS, and serve the deployment until `stop` is set.

    Raises:
        LocalError: if a port or the state folder is in use, if the deployment or the seed fails, or if MiniStack ends
            unexpectedly.
    """
    state = StateFolder(options.state_folder).deployment
    with state.lock() as lock:
        for port in (options.aws_port, *options.function_ports):
            require_free(port, "AWS_PORT", "deploy-local")
        print("Deploying into the embedded AWS ...")
        with deployment.run(options, state, lock) as deployed:
            seed_once.seed_once(state, deployed.env)
            deployment.sweep(deployed)
            mailbox = _open_mailbox(deployed.aws.endpoint)
            print(console.format_deployment_message(options, deployed))
            while not stop.wait(_POLL_SECONDS):
                deployed.aws.require_alive()
                _print_new_mail(mailbox)


def undeploy(options: Options, _: threading.Event) -> None:
    """Remove the functions of the deployment, and keep its data.

    Raises:
        LocalError: if the port or the state folder is in use, or if the removal fails.
    """
    state = StateFolder(options.state_folder).deployment
    with state.lock() as lock:
        require_free(options.aws_port, "AWS_PORT", "undeploy-local")
        deployment.remove(options, state, lock)
    print("Removed the functions. `make deploy-local` uses the data again, and `make reset` deletes it.")


def reset(options: Options, _: threading.Event) -> None:
    """Delete the data of `run`, `aws` and `deploy`.

    Raises:
        LocalError: if an embedded AWS is using the data.
    """
    state = StateFolder(options.state_folder)
    for folder in (state, state.deployment) if state.deployment.path.exists() else (state,):
        with folder.lock():
            folder.delete_data()
    print(f"Deleted the data in {options.state_folder}.")


def _require_free_aws_ports(options: Options, command: str) -> None:
    for port in options.aws_ports:
        require_free(port, "AWS_PORT", command)


def _serve(options: Options, state: StateFolder, embedded: EmbeddedAws, stop: threading.Event) -> None:
    mailbox = _open_mailbox(embedded.mail_endpoint)
    with (
        worker.run(embedded.env) as job_worker,
        api.serve(options.port, state.env_file, embedded.env, reload=options.reload) as server,
    ):
        api.wait_until_listening(server, options.port)
        print(console.format_api_message(options))
        print(console.format_aws_message(options, embedded))
        _watch(stop, embedded, mailbox, [server, job_worker])


def _seed(state: StateFolder, embedded: EmbeddedAws) -> None:
    """Add the first members and Dwipps.

    Print an error instead of raising it: a developer with a broken app still needs the embedded AWS.
    """
    try:
        seed_once.seed_once(state, embedded.env)
    except LocalError as error:
        print(error)


def _open_mailbox(endpoint: str) -> Mailbox:
    """Return a mailbox that has skipped the mail sent so far."""
    mailbox = Mailbox(endpoint)
    mailbox.fetch_new()
    return mailbox


def _watch(
    stop: threading.Event, embedded: EmbeddedAws, mailbox: Mailbox, processes: Sequence[AppProcess] = ()
) -> None:
    """Print new mail, and a message if a process of the app ends, until `stop` is set.

    Raises:
        LocalError: if a service of the embedded AWS ends unexpectedly.
    """
    while not stop.wait(_POLL_SECONDS):
        for service in embedded.services:
            service.require_alive()
        for process in processes:
            if message := process.pop_exit_message():
                print(message)
        _print_new_mail(mailbox)


def _print_new_mail(mailbox: Mailbox) -> None:
    try:
        mails = mailbox.fetch_new()
    except httpx.HTTPError:
        return  # The next poll fetches the mail, or finds that MiniStack has ended.
    for mail in mails:
        print(console.emphasize(str(mail), sys.stdout))
