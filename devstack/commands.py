"""What `run`, `aws`, `deploy`, `undeploy` and `reset` do, and the one place that prints."""

import sys
import threading

import httpx

from devstack import api, console, deployment, embedded_aws, seed_once
from devstack.embedded_aws import EmbeddedAws
from devstack.errors import LocalError
from devstack.mail import Mailbox
from devstack.options import Options
from devstack.ports import require_free
from devstack.state import Home

_PAUSE = 0.3


def run(options: Options, stop: threading.Event) -> None:
    """Serve the API on the embedded AWS until told to stop."""
    home = Home(options.home)
    with home.locked() as lock:
        require_free(options.port, "PORT", "run")
        _require_aws_ports(options, "run")
        print(console.starting(options))
        with embedded_aws.started(options, home, lock) as embedded:
            _seed(home, embedded)
            if not stop.is_set():
                _serve(options, home, embedded, stop)


def aws(options: Options, stop: threading.Event) -> None:
    """Run the embedded AWS alone until told to stop."""
    home = Home(options.home)
    with home.locked() as lock:
        _require_aws_ports(options, "aws")
        print(console.starting(options))
        with embedded_aws.started(options, home, lock) as embedded:
            mailbox = _emptied(embedded)
            print(console.aws(options, embedded))
            _watch(stop, embedded, mailbox)


def deploy(options: Options, stop: threading.Event) -> None:
    """Deploy all of it into an embedded AWS, and answer there until told to stop."""
    home = Home(options.home).deployed
    with home.locked() as lock:
        for port in (options.aws_port, options.function_port):
            require_free(port, "AWS_PORT", "deploy-local")
        print("Deploying into the embedded AWS ...")
        with deployment.running(options, home, lock) as deployed:
            seed_once.seed_once(home, deployed.variables)
            mailbox = Mailbox(deployed.aws.endpoint)
            mailbox.fresh()
            print(console.deployed(options, deployed))
            while not stop.wait(_PAUSE):
                deployed.aws.require_alive()
                _print_mail(mailbox)


def undeploy(options: Options, _: threading.Event) -> None:
    """Remove what `deploy` made, but for the tables and the pool, which are retained."""
    home = Home(options.home).deployed
    with home.locked() as lock:
        require_free(options.aws_port, "AWS_PORT", "undeploy-local")
        deployment.remove(options, home, lock)
    print("Removed all but the tables and the user pool, which `make reset` drops.")


def reset(options: Options, _: threading.Event) -> None:
    """Drop the data, unless an embedded AWS is using them."""
    home = Home(options.home)
    for each in (home, home.deployed) if home.deployed.path.exists() else (home,):
        with each.locked():
            each.drop()
    print(f"Dropped the data in {options.home}.")


def _require_aws_ports(options: Options, command: str) -> None:
    for port in options.aws_ports:
        require_free(port, "AWS_PORT", command)


def _serve(options: Options, home: Home, embedded: EmbeddedAws, stop: threading.Event) -> None:
    mailbox = _emptied(embedded)
    with api.serving(options.port, home.env, embedded.variables, reload=options.reload) as served:
        served.wait()
        print(console.api(options))
        print(console.aws(options, embedded))
        _watch(stop, embedded, mailbox, served)


def _seed(home: Home, embedded: EmbeddedAws) -> None:
    try:
        seed_once.seed_once(home, embedded.variables)
    except LocalError as error:
        # Whoever is just breaking the app still wants the AWS to mend it on.
        print(error)


def _emptied(embedded: EmbeddedAws) -> Mailbox:
    mailbox = Mailbox(embedded.mailbox)
    mailbox.fresh()
    return mailbox


def _watch(stop: threading.Event, embedded: EmbeddedAws, mailbox: Mailbox, served: api.Api | None = None) -> None:
    while not stop.wait(_PAUSE):
        for service in embedded.services:
            service.require_alive()
        if served is not None and (obituary := served.obituary()):
            print(obituary)
        _print_mail(mailbox)


def _print_mail(mailbox: Mailbox) -> None:
    try:
        fresh = mailbox.fresh()
    except httpx.HTTPError:
        return  # The next look will do, or find that MiniStack has ended.
    for mail in fresh:
        print(console.emphasized(str(mail), sys.stdout))
