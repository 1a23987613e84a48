"""Running a campaign from start to end on this host, with a live view, a site that follows, and a clean stop."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Self

import structlog

import agents
from blueprint import BlueprintError, Renderings
from checker import LeanChoice, Sandbox
from coordinator.engine.background import Recurring
from coordinator.engine.keeping import Backups
from coordinator.engine.reconcile import Coordinator
from coordinator.errors import CoordinatorError, InputError
from coordinator.git import require_git
from coordinator.observation.observer import Observer
from coordinator.schedule.actions import Finish
from coordinator.store.opening import open_to_read, open_to_write
from coordinator.temporary import temporary_folder
from coordinator.views.live import LiveView, one_line, plain
from coordinator.views.planning import PLAN_FILE, in_a_line, keep_plan, make_plan, outcome_since, read_plan
from coordinator.views.snapshot import look_once, take_snapshot
from coordinator.views.under_way import look_at_jobs
from coordinator.work.services import Services
from coordinator.work.shared_certificates import Sharing
from website import WebsiteError, build_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from coordinator.campaign.campaign import Book, Campaign
    from coordinator.store.store import Store

log = structlog.get_logger(__name__)

STOPPED = Finish("stopped", "Stopped; `blueprover run` goes on with it.")


class _Stop(Exception):
    """Somebody pressed Ctrl-C, or the process was told to end."""


def preflight(campaign: Campaign) -> str:
    """Refuses at once what could only fail later.

    Returns:
        The identity of the Lean that this host's workers have; empty where it is to run none.

    Raises:
        GitError: git is missing or too old.
        checker.CheckerError: this host is to run workers, and has no sandbox, or not the Lean of the project.
        agents.AgentError: a model has no known price, there is no key for it, or its service does not answer.
        CoordinatorError: certificates are to be shared, and there is no key to seal them with.
    """
    settings = campaign.settings
    require_git()
    prices = settings.model.price_table()
    for name in settings.model.names:
        prices.price(name)
    if settings.workers.agents and not settings.model.rehearsal:
        model = agents.AnthropicModel(os.environ.get(settings.model.api_key_env), settings.model.base_url, prices)
        try:
            for name in settings.model.names:
                model.check_access(name)
        finally:
            model.close()
    if not settings.workers.agents and not settings.workers.builds:
        return ""
    if settings.workers.certificates == "broker":
        Sharing(settings.workers.certificates_key_env, settings.workers.certificates_mb << 20).secret()
    sandbox = Sandbox.bubblewrap() if settings.workers.sandbox == "bubblewrap" else Sandbox.none()
    with temporary_folder("lean") as scratch:
        campaign.hub.export(campaign.main(), scratch)
        return LeanChoice(settings.lean, campaign.packages).toolchain(scratch, sandbox).identity


def run_campaign(campaign: Campaign, console: Console) -> Finish:
    """Runs `campaign` until it is finished or stopped.

    Raises:
        CampaignBusy: another coordinator holds it.
        CoordinatorError, checker.CheckerError, agents.AgentError, blueprint.BlueprintError: it cannot run.
    """
    lean = preflight(campaign)
    with ExitStack() as stack:
        stack.enter_context(campaign.lock())
        book = campaign.read_book()
        store = open_to_write(campaign)
        stack.callback(store.close)
        views = open_to_read(campaign)  # so that whoever looks does not make the one who writes wait
        stack.callback(views.close)
        observer = stack.enter_context(Observer(campaign))
        stop_asked = stack.enter_context(_stop_signals())
        services = Services(campaign.settings, campaign.folder)
        stack.callback(services.stop)
        services.start()
        coordinator = Coordinator(campaign, book, store, services, lean=lean, observer=observer)
        stack.callback(coordinator.close)
        _plan_once(campaign, book, views)
        publisher = stack.enter_context(Publisher(campaign, book, views))
        backups = stack.enter_context(Backups(store.file, campaign.settings.store))
        view = stack.enter_context(LiveView(console))

        def told_to_stop() -> bool:
            return stop_asked() or coordinator.told_to_stop

        def watch() -> None:
            _watch(campaign, book, views, view, publisher, told_to_stop)
            backups.make_if_due()

        finish, in_flight = _run(coordinator, watch)
    if finish is STOPPED:
        _tell_stopped(console, in_flight)
    return finish


def _plan_once(campaign: Campaign, book: Book, views: Store) -> None:
    """Has a plan made beside the run where there is none, so that everybody can see afterwards how far off it was."""

    def make() -> None:
        try:
            keep_plan(make_plan(campaign, book, views), campaign.folder)
        except (OSError, CoordinatorError) as error:
            log.warning("plan_not_made", error=str(error))

    if not (campaign.folder / PLAN_FILE).exists():
        # It ends with the process: a run that is stopped at once need not wait for it.
        threading.Thread(target=make, name="plan", daemon=True).start()


def _run(coordinator: Coordinator, watch: Callable[[], None]) -> tuple[Finish, list[str]]:
    try:
        return coordinator.run(watch), []
    except _Stop:
        return STOPPED, coordinator.stop()


def _watch(
    campaign: Campaign, book: Book, store: Store, view: LiveView, publisher: Publisher, stop_asked: Callable[[], bool]
) -> None:
    if stop_asked():
        raise _Stop
    if view.due:
        view.show(take_snapshot(campaign, book, store, sources=False), look_at_jobs(store))
    publisher.publish_if_due()


def _tell_stopped(console: Console, in_flight: list[str]) -> None:
    console.print(f"Stopped. {len(in_flight)} job(s) were in flight and will be sent again:")
    for line in in_flight:
        console.print(f"  {plain(line)}", highlight=False, markup=False)


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Turns Ctrl-C and SIGTERM into a question that the loop asks; a second Ctrl-C interrupts at once."""
    asked = False

    def ask(number: int, _frame: object) -> None:
        nonlocal asked
        if asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked = True

    previous = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


class Publisher:
    """Rebuilds the site in the background while the campaign runs, and once more at the end. Use as a context."""

    def __init__(self, campaign: Campaign, book: Book, store: Store) -> None:
        self._campaign = campaign
        self._book = book
        self._store = store
        self._typeset = Renderings()
        seconds = campaign.settings.site_seconds
        self._builds = Recurring(self._publish, seconds, first=seconds, name="site")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._builds.__exit__(*error)
        self._publish()

    def publish_if_due(self) -> None:
        """Starts a rebuild when it is time for one and the last is over."""
        self._builds.start_if_due()

    def _publish(self) -> None:
        """Builds the site. Where that fails, the campaign goes on and the log says why."""
        try:
            snapshot = take_snapshot(self._campaign, self._book, self._store, sources=True)
            build_site(snapshot, self._campaign.site_path, self._typeset)
        except (WebsiteError, BlueprintError, CoordinatorError) as error:
            log.warning("site_not_built", error=str(error))


def summary(campaign: Campaign, finish: Finish) -> str:
    """How a run ended, in a few lines."""
    store = open_to_read(campaign)
    try:
        snapshot, _ = look_once(campaign, store)
        planned = _planned(campaign, store) if finish.state == "done" else ""
    finally:
        store.close()
    return plain(f"{finish.state.replace('_', ' ')}: {finish.reason}\n{one_line(snapshot)}{planned}")


def _planned(campaign: Campaign, store: Store) -> str:
    """What had been planned, where a plan was made."""
    with suppress(InputError):  # who broke the plan's file is told by `blueprover plan --compare`
        plan = read_plan(campaign.folder)
        if plan is not None:
            return f"\n{in_a_line(plan, outcome_since(plan, store))}"
    return ""
