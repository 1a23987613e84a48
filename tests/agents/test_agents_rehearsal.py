"""The rehearsal: its script fits the book, its mistakes are the mistakes they claim to be, its process behaves."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agents.errors import RehearsalError
from agents.rehearsal.answers import Answers, claim, sentence
from agents.rehearsal.faults import Fault, Faults
from agents.rehearsal.message import Action, events, message
from agents.rehearsal.mistakes import read_rehearsal
from agents.rehearsal.request import Invalid, read_request
from checker.source.header import module_of
from checker.source.merge import merge_sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.build.builder import Builder

BOOK = Path(__file__).parents[2] / "lean_project"
SCRIPT = BOOK / "rehearsal.yaml"
REHEARSAL = read_rehearsal(SCRIPT)
ANSWERS = Answers(BOOK)
COMMAND = [sys.executable, "-m", "agents.rehearsal"]


def _nodes() -> dict[str, str]:
    """Label to file, from the book's TeX and the names of the answers' declarations."""
    tex = "\n".join(path.read_text() for path in sorted(BOOK.glob("blueprint/src/chapter/*.tex")))
    declared = dict(re.findall(r"\\label\{([^}]*)\}\s*\\lean\{([^}]*)\}", tex))
    files: dict[str, str] = {}
    for path in sorted((BOOK / "Arithmetic").rglob("*.lean")):
        text = path.read_text()
        found = re.search(r"^(?:@\[[^\]]*\] )?public (?:theorem|def|inductive) (\S+)", text, re.MULTILINE)
        space = re.search(r"^namespace (\S+)", text, re.MULTILINE)
        if found and space:
            files[f"{space[1]}.{found[1]}"] = path.relative_to(BOOK).as_posix()
    return {label: files[name] for label, name in declared.items() if name in files}


NODES = _nodes()


def test_the_mistakes_are_about_nodes_of_the_book() -> None:
    shared = REHEARSAL.shared_file
    assert shared is not None
    named = {
        *REHEARSAL.wrong_proof,
        *REHEARSAL.sent_back,
        *REHEARSAL.left_sorry,
        *REHEARSAL.give_up,
        *shared.lemmas,
    }
    assert named <= set(NODES)
    assert len(NODES) >= 40
    for label, slip in REHEARSAL.sent_back.items():
        assert ANSWERS.statement(NODES[label]).count(slip.find) == 1


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("finished")
    shutil.copytree(BOOK / "Arithmetic", tree / "Arithmetic")
    return tree


def test_every_statement_alone_is_accepted_and_open(builder: Builder, finished: Path, tmp_path: Path) -> None:
    tree = tmp_path / "stated"
    shutil.copytree(finished, tree)
    shutil.rmtree(tree / "Arithmetic/Helpers")
    for path in NODES.values():
        text = ANSWERS.statement(path)
        assert text.count("sorry") == ANSWERS.finished(path).count("public theorem")
        (tree / path).write_text(text)
    build = builder.certify(tree)
    assert build.ok, build.failures


@pytest.mark.parametrize("label", sorted(REHEARSAL.sent_back))
def test_lean_accepts_the_slips_and_their_claim_differs(builder: Builder, finished: Path, label: str) -> None:
    path, slip = NODES[label], REHEARSAL.sent_back[label]
    wrong = ANSWERS.statement(path).replace(slip.find, slip.put)
    (finished / path).write_text(wrong)
    try:
        assert builder.certify(finished, [module_of(path)]).ok
    finally:
        (finished / path).write_text(ANSWERS.finished(path))
    assert claim(wrong) != claim(ANSWERS.finished(path))


@pytest.mark.parametrize("label", sorted(REHEARSAL.wrong_proof))
def test_lean_rejects_the_wrong_proofs(builder: Builder, finished: Path, label: str) -> None:
    path = NODES[label]
    (finished / path).write_text(ANSWERS.proved(path, REHEARSAL.wrong_proof[label]))
    try:
        assert [*builder.certify(finished, [module_of(path)]).failures] == [module_of(path)]
    finally:
        (finished / path).write_text(ANSWERS.finished(path))


def test_a_claim_is_what_stays_when_the_proof_changes() -> None:
    for path in NODES.values():
        assert claim(ANSWERS.statement(path)) == claim(ANSWERS.finished(path))
    assert sentence(ANSWERS.finished(NODES["thm:add_comm"])) == (
        "public theorem add_comm (a b : Natural) : Eq (a.add b) (b.add a)"
    )


def test_a_helper_file_is_the_sum_of_its_lemmas() -> None:
    shared = REHEARSAL.shared_file
    assert shared is not None
    before, after = ANSWERS.around(shared.file)
    lemmas = "\n".join(ANSWERS.lemma(shared.file, name) for name in dict.fromkeys(shared.lemmas.values()))
    assert before + lemmas + after == ANSWERS.finished(shared.file)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: ANSWERS.finished("Arithmetic/None.lean"), "knows no answer"),
        (lambda: ANSWERS.lemma("Arithmetic/Helpers/Shared.lean", "nothing"), "no theorem nothing"),
        (lambda: ANSWERS.around("Arithmetic/Logic/Stable.lean"), "no theorems"),
        (lambda: ANSWERS.proved("Arithmetic/Logic/Stable.lean", "x"), "no theorem in the shape"),
    ],
)
def test_missing_answers_are_named(ask: object, said: str) -> None:
    assert callable(ask)
    with pytest.raises(RehearsalError, match=said):
        ask()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("a: [", "is no YAML"),
        ("think_seconds: 1", "wrong at answers"),
        ("answers: .\nthink_seconds: -1", "wrong at think_seconds"),
        ("answers: .\nmistake: x", "wrong at mistake"),
        ("answers: nowhere", "is no folder"),
    ],
)
def test_a_wrong_script_is_named_in_one_sentence(tmp_path: Path, text: str | None, said: str) -> None:
    script = tmp_path / "script.yaml"
    if text is not None:
        script.write_text(text)
    run = subprocess.run([*COMMAND, "--script", str(script)], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert said in run.stderr
    assert run.stderr.count("\n") == 1
    assert "Traceback" not in run.stderr


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = subprocess.run(
            [*COMMAND, "--script", str(SCRIPT), "--port", port], capture_output=True, text=True, check=False
        )
    assert run.returncode == 1
    assert f"cannot listen on port {port}" in run.stderr


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    ready = tmp_path / "url"
    command = [*COMMAND, "--script", str(SCRIPT), "--ready-file", str(ready)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        until = time.monotonic() + 20
        while not ready.exists() and time.monotonic() < until:
            time.sleep(0.02)
        yield running, ready.read_text().strip()
        running.kill()


def test_the_process_announces_itself_and_ends_when_told(process: tuple[subprocess.Popen[str], str]) -> None:
    running, url = process
    with urllib.request.urlopen(url) as answer:
        assert b'"service": "rehearsal"' in answer.read()
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=10)
    assert (running.returncode, out.strip(), err) == (0, url, "")


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "no JSON"),
        (b"[]", 400, "no JSON object"),
        (b'{"model": "m", "max_tokens": 1}', 400, "messages: Field required"),
        (b'{"model": "m", "max_tokens": 1, "messages": [7]}', 400, "malformed"),
        (b'{"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]}', 400, "knows no"),
    ],
)
def test_bad_requests_get_the_service_s_errors(
    process: tuple[subprocess.Popen[str], str], body: bytes, status: int, said: str
) -> None:
    request = urllib.request.Request(f"{process[1]}/v1/messages", body, {"x-api-key": "k"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    with refused.value as answer:
        assert answer.code == status
        assert said in answer.read().decode()


def test_a_rehearsal_ends_with_its_parent(tmp_path: Path) -> None:
    ready = tmp_path / "url"
    child = [*COMMAND, "--script", str(SCRIPT), "--ready-file", str(ready), "--with-parent"]
    program = (
        "import subprocess, sys, time, pathlib; subprocess.Popen(sys.argv[2:]);\n"
        "while not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.02)"
    )
    subprocess.run([sys.executable, "-c", program, str(ready), *child], check=True, stdout=subprocess.DEVNULL)
    port = int(ready.read_text().strip().rpartition(":")[2])
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return
        time.sleep(0.1)
    pytest.fail("the rehearsal outlived its parent")


def test_faults_come_once_at_their_request() -> None:
    faults = Faults({2: Fault.DROP})
    assert [faults.next() for _ in range(4)] == [None, Fault.DROP, None, None]


def test_a_request_is_read_as_the_script_needs_it() -> None:
    request = read_request(
        b'{"model": "m", "max_tokens": 9, "stream": true, "messages": [{"role": "user", "content": '
        b'"Role: author\\nNode: a: b\\n\\nStage: no\\n<quoted id=1 what=\\"feedback:merge\\">\\n"}]}'
    )
    assert request.task == {"Role": "author", "Node": "a: b"}
    assert request.feedback == ("merge",)
    assert (request.streamed, request.turns, request.exchanges, request.cached_tokens) == (True, 1, (), 0)
    stream = b"".join(events(message(request, Action("words", "tool", {"a": "∀"}))))
    assert stream.startswith(b"event: message_start\n")
    assert stream.endswith(b'event: message_stop\ndata: {"type": "message_stop"}\n\n')
    with pytest.raises(Invalid, match="must be the user's"):
        read_request(b'{"model": "m", "max_tokens": 9, "messages": []}')


def test_two_authors_give_one_lemma_in_words_that_only_an_agent_can_join() -> None:
    shared = REHEARSAL.shared_file
    assert shared is not None
    before, after = ANSWERS.around(shared.file)
    ((node, words),) = shared.words.items()
    texts = [ANSWERS.lemma(shared.file, shared.lemmas[node], said) for said in ("", words)]
    assert [text.partition("-/")[2] for text in texts] == [texts[0].partition("-/")[2]] * 2
    ours, theirs = ((before + text + after).encode() for text in texts)
    assert not merge_sources(b"", ours, theirs).clean
