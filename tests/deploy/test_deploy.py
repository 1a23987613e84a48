"""The files in ``deploy/``: every command in them is one the program has, and their readers find nothing wrong."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import textwrap
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main
import yaml

from coordinator.campaign.settings import Settings
from coordinator.cli import app
from coordinator.errors import CampaignBusy, SettingsError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
MANIFESTS: list[dict[str, Any]] = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))


def parse(arguments: list[str]) -> None:
    """Has the real command line parse arguments, and does nothing with them."""
    name, *rest = arguments
    command = typer.main.get_group(app).commands[name]
    command.make_context(name, rest).close()


def exec_start(unit: Path) -> list[str]:
    (line,) = (line for line in unit.read_text().splitlines() if line.startswith("ExecStart="))
    values = {"%i": "builds", "${BLUEPROVER_SLOTS}": "16", "$BLUEPROVER_OPTIONS": "--certificates broker"}
    for name, value in values.items():
        line = line.replace(name, value)
    return shlex.split(line.removeprefix("ExecStart="))


def commands() -> Iterator[Any]:
    for unit in UNITS:
        yield pytest.param(exec_start(unit)[1:], id=unit.name)
    for name, service in COMPOSE["services"].items():
        if name != "broker":
            yield pytest.param(service["command"], id=f"compose {name}")
    for manifest in MANIFESTS:
        for container in containers(manifest):
            yield pytest.param(container["args"], id=f"kubernetes {manifest['metadata']['name']}")


def containers(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = manifest["spec"].get("template", {}).get("spec", {}).get("containers", [])
    return found


@pytest.mark.parametrize("arguments", list(commands()))
def test_every_command_is_one_the_program_has(arguments: list[str]) -> None:
    parse(arguments)


def test_an_option_that_does_not_exist_would_be_noticed() -> None:
    with pytest.raises(Exception, match="--slotz"):
        parse(["worker", "--queue", "agents", "--slotz", "3"])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed on this host")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace("/opt/blueprover/bin/blueprover", "/usr/bin/true")
        (tmp_path / unit.name.replace("@", "@x")).write_text(text)
    answer = subprocess.run(
        ["systemd-analyze", "verify", *map(str, tmp_path.iterdir())], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert not answer.stderr


def test_units_leave_time_to_drain_and_read_one_file_of_settings() -> None:
    settings = (DEPLOY / "systemd" / "worker.env").read_text()
    for unit in UNITS:
        text = unit.read_text()
        seconds = next(line for line in text.splitlines() if line.startswith("TimeoutStopSec=")).partition("=")[2]
        assert int(seconds) >= 30
        assert "EnvironmentFile=/etc/blueprover/worker.env" in text
        for name in ("BLUEPROVER_SLOTS", "BLUEPROVER_OPTIONS"):
            assert name not in text or f"{name}=" in settings


def test_no_file_holds_a_key() -> None:
    for file in (path for path in DEPLOY.rglob("*") if path.is_file()):
        for line in file.read_text().splitlines():
            name, _, value = line.partition("KEY=")
            assert not name.isupper() or not value or value.startswith(("$", "…")), f"{file}: {line}"


def test_containers_are_told_the_broker_and_only_agents_the_models_key() -> None:
    for name in ("agents", "builds"):
        service = COMPOSE["services"][name]
        assert service["environment"]["BLUEPROVER_BROKER"].startswith("redis://:${BROKER_PASSWORD}@broker:")
        assert ("ANTHROPIC_API_KEY" in service["environment"]) == (name == "agents")
        assert int(service["stop_grace_period"].removesuffix("s")) >= 30
    by_name = {manifest["metadata"]["name"]: manifest for manifest in MANIFESTS}
    for name in ("agents", "builds"):
        (container,) = containers(by_name[f"blueprover-{name}"])
        keys = {each["name"] for each in container["env"]}
        assert keys == {"BLUEPROVER_BROKER"} | ({"ANTHROPIC_API_KEY"} if name == "agents" else set())


def test_the_cluster_runs_one_coordinator_and_its_selectors_match() -> None:
    by_name = {manifest["metadata"]["name"]: manifest for manifest in MANIFESTS}
    assert by_name["blueprover-coordinator"]["kind"] == "StatefulSet"
    assert by_name["blueprover-coordinator"]["spec"]["replicas"] == 1
    claims = {name for name, manifest in by_name.items() if manifest["kind"] == "PersistentVolumeClaim"}
    for manifest in MANIFESTS:
        if not containers(manifest):
            continue
        spec = manifest["spec"]
        assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
        pod = spec["template"]["spec"]
        assert pod["terminationGracePeriodSeconds"] >= 30
        volumes = {volume["name"] for volume in pod["volumes"]}
        assert {mount["name"] for container in containers(manifest) for mount in container["volumeMounts"]} <= volumes
        used = {v["persistentVolumeClaim"]["claimName"] for v in pod["volumes"] if "persistentVolumeClaim" in v}
        assert used <= claims


def test_lean_fits_into_the_memory_that_builders_are_given() -> None:
    by_name = {manifest["metadata"]["name"]: manifest for manifest in MANIFESTS}
    (container,) = containers(by_name["blueprover-builds"])
    options = dict(zip(container["args"][1::2], container["args"][2::2], strict=True))
    lean_gib = int(options["--lean-jobs"]) * int(options["--lean-memory-mb"]) / 1024
    assert lean_gib < int(container["resources"]["limits"]["memory"].removesuffix("Gi"))


def test_the_image_holds_every_package() -> None:
    copied = {line.split()[1] for line in (DEPLOY / "Dockerfile").read_text().splitlines() if line.startswith("COPY")}
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(wheel["packages"]) <= copied
    assert all((ROOT / name).exists() for name in copied)


def test_the_slurm_script_becomes_the_worker(tmp_path: Path) -> None:
    program = tmp_path / "blueprover"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$BLUEPROVER_BROKER" "$@"\n')
    program.chmod(0o755)
    secrets = tmp_path / "env"
    secrets.write_text("BLUEPROVER_BROKER=redis://:secret@broker:6379/0\n")
    environment = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "BLUEPROVER_ENV": str(secrets),
        "TMPDIR": str(tmp_path),
        "SLURM_ARRAY_JOB_ID": "7",
        "SLURM_ARRAY_TASK_ID": "3",
        "SLURM_CPUS_PER_TASK": "8",
    }
    answer = subprocess.run(
        [DEPLOY / "slurm.sh", "builds", "4"], env=environment, capture_output=True, text=True, check=True
    )
    broker, *arguments = answer.stdout.splitlines()
    assert broker == "redis://:secret@broker:6379/0"
    parse(arguments)
    assert f"{tmp_path}/blueprover-builds-7-3" in arguments


@pytest.mark.parametrize(
    ("arguments", "broker", "words"),
    [([], "redis://x", "which queue"), (["agents"], "redis://x", "how many jobs"), (["agents", "4"], "", "the broker")],
)
def test_the_slurm_script_says_what_is_missing(arguments: list[str], broker: str, words: str) -> None:
    answer = subprocess.run(
        [DEPLOY / "slurm.sh", *arguments],
        env={"PATH": os.environ["PATH"], "BLUEPROVER_BROKER": broker},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode != 0
    assert words in answer.stderr


def test_the_settings_and_keys_that_the_files_speak_of_are_those_the_program_has() -> None:
    comments = [line[1:] for line in (DEPLOY / "compose.yaml").read_text().splitlines() if line.startswith("#     ")]
    told = yaml.safe_load(textwrap.dedent("\n".join(line for line in comments if ": " in line)))
    settings = Settings.model_validate(told)
    assert settings.model_fields_set == set(told) == {"broker", "remote", "workers"}
    assert (settings.workers.agents, settings.workers.builds) == (0, 0)
    variables = {line.partition("=")[0] for line in (DEPLOY / "systemd" / "worker.env").read_text().splitlines()}
    assert {settings.model.api_key_env, settings.workers.certificates_key_env, "BLUEPROVER_BROKER"} <= variables
    assert "`remote:` in campaign.yaml" in (DEPLOY / "kubernetes.yaml").read_text()


def test_a_coordinator_that_cannot_go_on_as_it_is_is_not_started_again() -> None:
    unit = (DEPLOY / "systemd" / "blueprover-coordinator@.service").read_text()
    (line,) = (line for line in unit.splitlines() if line.startswith("RestartPreventExitStatus="))
    for_people = {error.exit_code for error in (SettingsError, CampaignBusy, StoreError)}
    assert set(map(int, line.partition("=")[2].split())) == for_people
    assert f"(exit code {CampaignBusy.exit_code})" in unit
