"""What the program declares, recorded once for all tests: both stacks as their files say, and a way to run it with other config."""

import gc
import signal

import pytest

from tests.infra.build import Build
from tests.infra.engine import Engine
from tests.infra.values import CONFIG_SECRETS

# A shell gives its background jobs SIGINT ignored, and that is handed down: what tests interrupt would not hear it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-golden", action="store_true", help="write tests/infra/golden anew instead of comparing with it")


@pytest.fixture(scope="session")
def engine() -> Engine:
    """Runs the program: `engine.build(stack, flatKey=value)`."""
    gc.freeze()  # what is there by now stays: looking through it again and again takes a third of the time
    return Engine()


@pytest.fixture(scope="session")
def staging(engine: Engine) -> Build:
    """The stack staging."""
    return engine.build("staging")


@pytest.fixture(scope="session")
def production(engine: Engine) -> Build:
    """The stack production."""
    return engine.build("production")


@pytest.fixture(scope="session", params=["staging", "production"])
def build(request: pytest.FixtureRequest) -> Build:
    """Both stacks, one after the other."""
    found: Build = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def full(engine: Engine) -> Build:
    """Everything that config can turn on, and that no committed stack file does."""
    return engine.build(
        "staging",
        registry="digitalocean",
        registryName="example",
        ownsRegistry=True,
        databasePool=5,
        databaseCa="-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        broker="rabbitmq",
        basicAuth=CONFIG_SECRETS["site:basicAuth"],
        ownsGitlabProjects=True,
        aliases=["www.staging.example.com"],
        acmeCa="https://acme.example.com/directory",
        serverSize="s-2vcpu-4gb",
        backup=True,
        mediaBucket=True,
        spacesRegion="ams3",
        protect=True,
    )
