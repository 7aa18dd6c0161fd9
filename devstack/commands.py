"""The commands `run`, `aws`, `deploy`, `undeploy` and `reset`, and their output."""

import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing

import httpx

from devstack import api, console, deployment, embedded_aws, ministack, seed_once, worker
from devstack.app_process import AppProcess
from devstack.embedded_aws import EmbeddedAws
from devstack.errors import LocalError
from devstack.mail import Mailbox
from devstack.options import Options
from devstack.ports import require_free
from devstack.process import Service
from devstack.state import StateFolder

# The only polls of an idle `make run` that this process makes. Shorter intervals would keep a laptop awake.
_POLL_SECONDS = 1.0


def run(options: Options, stop: threading.Event) -> None:
    """Serve the API and run the worker on the embedded AWS, until `stop` is set.

    Raises:
        LocalError: if a port or the state folder is in use, or if the embedded AWS cannot start or ends unexpectedly.
    """
    state = StateFolder(options.state_folder)
    with state.lock() as lock:
        require_free(options.port, lambda port: options.make_command("run", PORT=port))
        _require_free_aws_ports("run", options, options.aws_ports)
        started = time.monotonic()
        _print_start(options, state)
        with embedded_aws.run(options, state, lock) as embedded:
            _seed(state, embedded)
            if not stop.is_set():
                _serve(options, state, embedded, stop, started)


def aws(options: Options, stop: threading.Event) -> None:
    """Run only the embedded AWS until `stop` is set.

    Raises:
        LocalError: if a port or the state folder is in use, or if the embedded AWS cannot start or ends unexpectedly.
    """
    state = StateFolder(options.state_folder)
    with state.lock() as lock:
        _require_free_aws_ports("aws", options, options.aws_ports)
        _print_start(options, state)
        with (
            embedded_aws.run(options, state, lock) as embedded,
            closing(_open_mailbox(embedded.mail_endpoint)) as mailbox,
        ):
            print(console.format_app_commands(options))
            print(console.format_aws_message(options, embedded))
            _watch(stop, embedded.services, mailbox)


def deploy(options: Options, stop: threading.Event) -> None:
    """Deploy serverless.yml into an embedded AWS, and serve the deployment until `stop` is set.

    Raises:
        LocalError: if a port or the state folder is in use, if the deployment or the seed fails, or if MiniStack ends
            unexpectedly.
    """
    state = StateFolder(options.state_folder).deployment
    with state.lock() as lock:
        _require_free_aws_ports("deploy-local", options, (options.aws_port, *options.function_ports))
        _print_if_killed(state)
        print("Deploying into the embedded AWS ...")
        with deployment.run(options, state, lock) as deployed:
            seed_once.seed_once(state, deployed.env)
            deployment.sweep(deployed)
            print(console.format_deployment_message(options, deployed))
            with closing(_open_mailbox(deployed.aws.endpoint)) as mailbox:
                _watch(stop, [deployed.aws], mailbox)


def undeploy(options: Options, _: threading.Event) -> None:
    """Remove the functions of the deployment, and keep its data.

    Raises:
        LocalError: if the port or the state folder is in use, or if the removal fails.
    """
    state = StateFolder(options.state_folder).deployment
    with state.lock() as lock:
        _require_free_aws_ports("undeploy-local", options, (options.aws_port,))
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


def _require_free_aws_ports(target: str, options: Options, ports: Sequence[int]) -> None:
    for port in ports:
        require_free(port, lambda other: options.make_command(target, AWS_PORT=other))


def _print_start(options: Options, state: StateFolder) -> None:
    _print_if_killed(state)
    print(console.format_starting_message(options))


def _print_if_killed(state: StateFolder) -> None:
    snapshot = ministack.find_snapshot(state.path)
    if snapshot.exists():
        print(console.format_killed_message(snapshot.stat().st_mtime))


def _serve(options: Options, state: StateFolder, embedded: EmbeddedAws, stop: threading.Event, started: float) -> None:
    with (
        closing(_open_mailbox(embedded.mail_endpoint)) as mailbox,
        worker.run(embedded.env) as job_worker,
        api.serve(options.port, state.env_file, embedded.env, reload=options.reload) as server,
    ):
        api.wait_until_listening(server, options.port)
        print(console.format_api_message(options))
        print(console.format_aws_message(options, embedded))
        print(f"Ready after {time.monotonic() - started:.0f} seconds.\n")
        _watch(stop, embedded.services, mailbox, [server, job_worker])


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
    stop: threading.Event, services: Sequence[Service], mailbox: Mailbox, processes: Sequence[AppProcess] = ()
) -> None:
    """Print new mail, and a message if a process of the app ends, until `stop` is set.

    Raises:
        LocalError: if a service of the embedded AWS ends unexpectedly.
    """
    while not stop.wait(_POLL_SECONDS):
        for service in services:
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
