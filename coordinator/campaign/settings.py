"""The settings of a campaign: ``campaign.yaml``, validated. Every field is documented in the manual."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from checker import Choice
from coordinator.campaign.budgets import BudgetSettings, say_under_both_names
from coordinator.campaign.forge_settings import ForgeSettings
from coordinator.campaign.section import Dollars, Positive, Seconds, Section
from coordinator.errors import NotACampaign, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from agents import Price, PriceTable

SETTINGS_FILE = "campaign.yaml"


class ModelPrice(Section):
    """What a model costs, in dollars per million tokens."""

    input: Dollars
    """Fresh input tokens."""
    output: Dollars
    """Output tokens."""
    cache_read: Dollars | None = None
    """Input tokens read from the provider's prompt cache; as dear as fresh ones when left out."""
    cache_write: Dollars | None = None
    """Input tokens written to the provider's prompt cache; a quarter dearer than fresh ones when left out."""

    def as_price(self) -> Price:
        """The same as the agents' price table holds it."""
        from agents import Price  # noqa: PLC0415 - most who read settings ask for no prices

        return Price(
            input=self.input,
            output=self.output,
            cache_read=self.input if self.cache_read is None else self.cache_read,
            cache_write=self.input * 1.25 if self.cache_write is None else self.cache_write,
        )


class ModelSettings(Section):
    """Which model the agents call, and how."""

    name: str = "claude-opus-4-5"
    """The model's name, as the provider spells it. Without a known price the campaign refuses to run."""
    base_url: str | None = None
    """Address of a server that speaks the Anthropic Messages API; the provider's own when left out."""
    api_key_env: str = "ANTHROPIC_API_KEY"
    """Name of the environment variable that holds the key. Keys are never written to disk."""
    rehearsal: str | None = None
    """Path of a rehearsal script, relative to the campaign folder: the campaign then starts its own model
    server, which answers from the script, and costs nothing. Excludes `base_url`."""
    rehearsal_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """TCP port of that server on this host; 0 takes a free one."""
    tiers: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Models of attempts, from cheap to strong: the more an item holds up and the more often it failed, the stronger.
    Left out, `name` makes all attempts; it makes all reviews in any case."""
    prices: dict[str, ModelPrice] = Field(default_factory=dict)
    """Prices by model name, over the built-in table."""

    @property
    def names(self) -> tuple[str, ...]:
        """All models that the campaign calls by itself, each once."""
        return tuple(dict.fromkeys((self.name, *self.tiers)))

    def price_table(self) -> PriceTable:
        """The built-in prices with `prices` over them."""
        from agents import PriceTable  # noqa: PLC0415 - as above

        return PriceTable({name: price.as_price() for name, price in self.prices.items()})

    @model_validator(mode="after")
    def _one_source(self) -> ModelSettings:
        if self.rehearsal and self.base_url:
            raise ValueError("`rehearsal` starts its own server: leave out `base_url`")
        return self


class AttemptLimits(Section):
    """Where one agent's run stops."""

    max_calls: Positive = 60
    """Calls of the model in one attempt or review."""
    max_output_tokens: Positive = 8192
    """Output tokens of one call."""
    max_cost_usd: Dollars = 5.0
    """Another name of `budget.attempt.usd`."""
    wall_seconds: Seconds = 1800.0
    """Seconds one attempt or review may take."""


FailureCause = Literal[
    "lean",
    "review",
    "gave_up",
    "budget",
    "time",
    "calls",
    "context",
    "silent",
    "refused",
    "infrastructure",
    "worker",
    "conflict",
]
"""Why an attempt failed: see the table in the manual."""


class CausePolicy(Section):
    """What follows from failures of one cause; what is left out is as in the manual's table."""

    free: Annotated[int, Field(ge=0)] | Literal["all"] | None = None
    """Failures of this cause that do not count against the item; ``all``: none ever does."""
    at_most: Positive | None = None
    """Failures of this cause after which the item is given up, whatever is left of its attempts."""
    patience: Annotated[float, Field(ge=0)] | None = None
    """How many times as long as after other causes the next attempt waits."""


class RetrySettings(Section):
    """How often a stage of a node is tried before people are asked."""

    max_attempts: Positive = 6
    """Attempts at one stage of one node before it is given up."""
    backoff_seconds: Annotated[float, Field(ge=0)] = 1.0
    """Seconds before the second attempt; doubles with each further failure."""
    max_backoff_seconds: Annotated[float, Field(ge=0)] = 600.0
    """The longest wait before an attempt."""
    causes: dict[FailureCause, CausePolicy] = Field(default_factory=dict)
    """What follows from failures, by cause, over the built-in policies."""


class RaceSettings(Section):
    """When several attempts are made at one stage of one node at once, and when stronger models make them."""

    max_width: Annotated[int, Field(ge=1, le=16)] = 1
    """Attempts at one stage of one node at once, at most; 1: no races."""
    blocks_many: Positive = 50
    """Nodes resting on a node for which its stages get one attempt more at once, and a model one tier up; the next
    step takes twice as many."""
    after_failures: Positive = 2
    """Failed attempts at a stage for which it gets the same; the next step takes as many again."""


class ReviewSettings(Section):
    """How many approving verdicts a pull request needs."""

    statement: Annotated[int, Field(ge=0, le=9)] = 2
    """Reviewers of a statement."""
    proof: Annotated[int, Field(ge=0, le=9)] = 1
    """Reviewers of a proof. The kernel has already checked it: they judge style and honesty."""


class ResolverSettings(Section):
    """Agents that join with ``main`` what no program joins."""

    tries: Annotated[int, Field(ge=0, le=9)] = 2
    """Tries at one pull request before it goes back to its item; 0 sends it back at once."""


class BrokerSettings(Section):
    """What carries messages between the coordinator and the workers."""

    url: Annotated[str, Field(pattern=r"^rediss?://")] | None = None
    """``redis://…`` of a Redis or Valkey server; left out, the campaign starts an embedded Valkey."""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    """TCP port of the embedded server on this host; 0 takes a free one."""


class WorkerSettings(Section):
    """The workers the campaign starts on this host. More can join from other hosts."""

    agents: Annotated[int, Field(ge=0, le=4096)] = 16
    """Agents at once in the agents' worker; 0 starts none."""
    builds: Annotated[int, Field(ge=0, le=256)] = 2
    """Builds at once in the builders' worker; 0 starts none."""
    lean_jobs: Positive = 2
    """Lean processes at once in each worker process."""
    lean_memory_mb: Positive = 4096
    """Megabytes one Lean process may use."""
    lean_seconds: Seconds = 120.0
    """Seconds one Lean process may take."""
    packages: str | None = None
    """Folder of a project of lake on this host, relative to the campaign folder, whose packages were fetched and
    compiled there; needed where the book's project has packages."""
    warm_servers: Annotated[int, Field(ge=0, le=4096)] = 16
    """Lean servers the agents' worker keeps, so that a changed draft is checked in milliseconds; 0 keeps none."""
    warm_memory_mb: Positive = 2048
    """Megabytes these servers may hold together while idle, at most a quarter of the host's memory."""
    sandbox: Literal["bubblewrap", "none"] = "bubblewrap"
    """``none`` runs Lean code that agents wrote with no sandbox around it; status and site say so."""
    certificates: Literal["folder", "broker"] = "folder"
    """Where compiled modules are kept: by each worker for itself, or also in the broker, for all workers."""
    certificates_key_env: str = Field(default="BLUEPROVER_CERTIFICATES_KEY", min_length=1)
    """Name of the environment variable that holds the key shared certificates are sealed with."""
    certificates_mb: Positive = 1024
    """Megabytes that shared certificates may take in the broker."""

    @model_validator(mode="after")
    def _key_out_of_reach(self) -> WorkerSettings:
        if self.certificates == "broker" and self.sandbox == "none":
            raise ValueError("with `sandbox: none`, agents' code could read the key of shared certificates")
        return self


class MetricsSettings(Section):
    """Figures for Prometheus."""

    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    """TCP port at which ``/metrics`` is served while the campaign runs; left out, it is not."""
    address: str = "127.0.0.1"
    """Address of this host that it listens at."""


class TracesSettings(Section):
    """Traces for an OpenTelemetry collector."""

    endpoint: Annotated[str, Field(pattern=r"^https?://")] | None = None
    """Its address for traces, OTLP over HTTP; left out, none are made. Needs the extra ``otel``."""


class LeaseSettings(Section):
    """How the coordinator notices that a worker is gone."""

    seconds: Seconds = 20.0
    """A lease not renewed for so long is taken back and its work sent again."""
    heartbeat_seconds: Seconds = 4.0
    """How often a worker renews the leases it holds."""

    @model_validator(mode="after")
    def _several_beats(self) -> LeaseSettings:
        if self.heartbeat_seconds * 2 > self.seconds:
            raise ValueError("`heartbeat_seconds` must be at most half of `seconds`")
        return self


class StoreSettings(Section):
    """Where the campaign's truth is kept, and how often it is copied."""

    url: Annotated[str, Field(pattern=r"^postgresql(\+psycopg)?://")] | None = None
    """``postgresql://…`` of a database of its own; left out, the store is a SQLite file in the campaign folder."""
    backup_minutes: Annotated[float, Field(ge=0)] = 10.0
    """Minutes between two backups of that file while the campaign runs, from its start to its end; 0 makes none."""
    backups_kept: Positive = 6
    """Backups kept; older ones are deleted."""


class Settings(Section):
    """One campaign's settings."""

    name: str = "campaign"
    """What the campaign is called on the site."""
    hub: str = "hub.git"
    """The bare git repository agents push to, relative to the campaign folder."""
    remote: str | None = None
    """Address under which workers on other hosts reach the hub; its path when left out."""
    book: str = "blueprint/src/web.tex"
    """The blueprint's root file, relative to the repository."""
    library: str = Field(default="Book", pattern=r"^[A-Z][A-Za-z0-9_]*$")
    """Name of the Lean library, and of its folder at the top of the repository."""
    lean: Choice = "auto"
    """Which Lean compiles it: ``embedded``, ``lake`` (an installed one), or ``auto`` to go by ``lean-toolchain``."""
    comparator: bool = True
    """Whether `lake comparator` and `lake check` judge last, where the Lean is an installed one that has them."""
    base: tuple[str, ...] = ()
    """Folders and modules of the repository that people wrote and agents may only read."""
    helpers: tuple[str, ...] = ()
    """Folders where any attempt may add lemmas; ``LIBRARY/Helpers`` when left out."""
    budget_usd: Dollars = 50.0
    """Another name of `budget.campaign.usd`."""
    budget: BudgetSettings = BudgetSettings()
    """What may be spent on what."""
    model: ModelSettings = ModelSettings()
    """The model."""
    attempt: AttemptLimits = AttemptLimits()
    """Limits of one attempt."""
    retry: RetrySettings = RetrySettings()
    """Retries."""
    explore: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Part of all attempts that goes to what was tried least, whatever it seems to be worth."""
    race: RaceSettings = RaceSettings()
    """Races."""
    audit_every: Annotated[int, Field(ge=0)] = 100
    """Landings between two audits of ``main`` in the background; 0 makes none."""
    reviews: ReviewSettings = ReviewSettings()
    """Reviews."""
    resolver: ResolverSettings = ResolverSettings()
    """Resolvers."""
    broker: BrokerSettings = BrokerSettings()
    """Broker."""
    store: StoreSettings = StoreSettings()
    """Store."""
    workers: WorkerSettings = WorkerSettings()
    """Workers on this host."""
    lease: LeaseSettings = LeaseSettings()
    """Leases."""
    metrics: MetricsSettings = MetricsSettings()
    """Metrics."""
    traces: TracesSettings = TracesSettings()
    """Traces."""
    forge: ForgeSettings = ForgeSettings()
    """Forge."""
    site_seconds: Seconds = 15.0
    """Seconds between two rebuilds of the site while the campaign runs."""

    @model_validator(mode="before")
    @classmethod
    def _both_names(cls, data: object) -> object:
        return say_under_both_names(data)

    @property
    def helper_folders(self) -> tuple[str, ...]:
        """`helpers`, or its default."""
        return self.helpers or (f"{self.library}/Helpers",)


def load_settings(folder: Path) -> Settings:
    """Reads the settings of the campaign in `folder`.

    Raises:
        NotACampaign: there is no ``campaign.yaml``.
        SettingsError: it does not parse, or a setting is unknown or has a bad value.
    """
    file = folder / SETTINGS_FILE
    if not file.is_file():
        raise NotACampaign(f"{folder} is no campaign: it holds no {SETTINGS_FILE} (make one with `blueprover init`).")
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not YAML: {_first_line(error)}.") from error
    if not isinstance(data, dict):
        raise SettingsError(f"{file} must hold settings by name, such as `name: My book`.")
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise SettingsError(f"{file}: {_explain(error)}") from error


def _first_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f" (line {mark.line + 1})" if mark is not None else ""
    return f"{getattr(error, 'problem', None) or str(error).splitlines()[0]}{place}"


def _explain(error: ValidationError) -> str:
    sentences = []
    for detail in error.errors():
        name = ".".join(str(part) for part in detail["loc"]) or "the settings"
        if detail["type"] == "extra_forbidden":
            sentences.append(f"`{name}` is no setting; the manual lists them all.")
        else:
            sentences.append(f"`{name}`: {detail['msg']}.")
    return " ".join(sentences)
