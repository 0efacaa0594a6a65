"""The door that our ERP pushes canonical JSON through: what it takes, keeps and says."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from stages import Stages

from gateway.errors import ArchiveUnavailable
from gateway.ports import Arrival, Received
from gateway.push.bucket import Bucket
from gateway.push.desk import Desk
from gateway.push.server import DoorPlace, PushDoor

PARTNER, CHANNEL = "acme-retail", "acme-push"
TOKEN, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2
PROFILE = f"""
[[channels]]
kind = "http"
name = "{CHANNEL}"
tokens = ["file:push-token", "file:push-token-next"]
max_bytes = 100_000
requests_per_s = 1000

[[channels]]
kind = "http"
name = "acme-elsewhere"
tokens = ["file:push-token"]
networks = ["192.0.2.0/24"]

[[channels]]
kind = "http"
name = "acme-slow"
tokens = ["file:push-token"]
requests_per_s = 1
"""
CONFIRMED = {
    "schema": "order_response-1.0.0",
    "order_number": "A-1",
    "seller_order_number": "SO-7",
    "usage": "production",
    "source": {"standard": "erp", "set": "sale"},
}


@dataclass
class Answered:
    """What the door said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def value(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told

    @property
    def codes(self) -> list[str]:
        return [finding["code"] for finding in self.value["findings"]]


class Pushed:
    """A door over real stages; `receive` and `has_room` may be put in place of what is there."""

    def __init__(self, stages: Stages) -> None:
        self.stages = stages
        self.receive: Callable[[Arrival, Any], Received] = stages.pipeline.receive
        self.room = True
        desk = Desk(
            stages.book,
            stages.ledger,
            stages.home,
            lambda arrival, content: self.receive(arrival, content),
            lambda: self.room,
        )
        self.door = PushDoor(DoorPlace("127.0.0.1", 0), stages.book, desk)
        self.door.look()

    def post(
        self, value: object, path: str = f"/push/{CHANNEL}", method: str = "POST", **headers: str
    ) -> Answered:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        given = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json", **headers}
        with closing(http.client.HTTPConnection("127.0.0.1", self.door.port, timeout=30)) as connection:
            named = {name.replace("_", "-"): text for name, text in given.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return Answered(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())

    def transmissions(self) -> int:
        with self.stages.view() as view:
            count: int = view.exec_driver_sql("SELECT count(*) FROM transmission").scalar_one()
        return count


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    folder = tmp_path_factory.mktemp("push")
    home = folder / "home"
    stages = Stages(home, f"sqlite:///{folder / 'ledger.db'}")
    for name, token in (("push-token", TOKEN), ("push-token-next", OTHER)):
        (home / name).write_text(token)
        (home / name).chmod(0o600)
    stages.profile(PARTNER, PROFILE)
    yield stages
    stages.close()


@pytest.fixture(scope="module")
def opened(stages: Stages) -> Iterator[Pushed]:
    pushed = Pushed(stages)
    yield pushed
    pushed.door.serve(lambda: True)


@pytest.fixture
def pushed(opened: Pushed) -> Iterator[Pushed]:
    yield opened
    opened.receive, opened.room = opened.stages.pipeline.receive, True


def _numbered(number: str) -> dict[str, object]:
    return {**CONFIRMED, "order_number": number}


def test_a_document_is_kept_before_it_is_accepted_and_stands_beside_what_came_by_other_doors(
    pushed: Pushed,
) -> None:
    answer = pushed.post(_numbered("A-10"))
    assert answer.status == 202
    shown = pushed.stages.shown(answer.value["transmission"]).transmission
    assert (shown["state"], shown["channel"], shown["partner"]) == ("received", CHANNEL, PARTNER)
    assert shown["sha256"] == answer.value["sha256"]
    assert (answer.value["accepted"], answer.value["rejected"], answer.codes) == (1, 0, [])
    pushed.stages.drain()
    [kept] = pushed.stages.documents(number="A-10")
    assert (kept["kind"], kept["state"], kept["direction"]) == ("order_response", "kept", "out")


def test_the_same_request_gets_the_same_answer_and_is_kept_once(pushed: Pushed) -> None:
    for headers in ({}, {"idempotency_key": "order-11"}):
        value = _numbered(f"A-11{len(headers)}")
        first = pushed.post(value, **headers)
        before = pushed.transmissions()
        again = pushed.post(value, **headers)
        assert (again.status, again.body) == (first.status, first.body) == (202, first.body)
        assert pushed.transmissions() == before


def test_a_key_that_came_with_other_bytes_is_refused_and_nothing_is_kept(pushed: Pushed) -> None:
    pushed.post(_numbered("A-12"), idempotency_key="once")
    before = pushed.transmissions()
    answer = pushed.post(_numbered("A-13"), idempotency_key="once")
    assert (answer.status, answer.codes) == (422, ["GTW-294"])
    assert pushed.transmissions() == before
    assert pushed.post(_numbered("A-13"), idempotency_key="x" * 201).codes == ["GTW-295"]


def test_documents_a_line_each_are_told_one_by_one(pushed: Pushed) -> None:
    wrong = {**_numbered("A-15"), "colour": "red"}
    lines = b"\n".join(json.dumps(one).encode() for one in (_numbered("A-14"), wrong))
    answer = pushed.post(lines, content_type="application/x-ndjson")
    assert answer.status == 422
    assert [one["status"] for one in answer.value["documents"]] == ["accepted", "rejected"]
    [finding] = answer.value["documents"][1]["findings"]
    assert (finding["code"], finding["place"], finding["found"]) == ("TRN-343", "/colour", '"red"')
    assert finding["expected"]
    assert finding["remedy"]
    pushed.stages.drain()
    assert [one["state"] for one in pushed.stages.documents(number="A-14")] == ["kept"]
    assert pushed.stages.shown(answer.value["transmission"]).transmission["state"] == "read"


def test_what_is_no_json_is_kept_and_its_client_told_where_it_breaks_off(pushed: Pushed) -> None:
    answer = pushed.post(b'{"schema": "order_res')
    assert (answer.status, answer.codes) == (400, ["TRN-340"])
    assert answer.value["findings"][0]["place"] == "byte 11"
    pushed.stages.drain()
    shown = pushed.stages.shown(answer.value["transmission"]).transmission
    assert shown["state"] == "quarantined"
    assert pushed.post(b"").codes == ["TRN-341"]


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": ""},
        {"authorization": "Bearer "},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {TOKEN}"},
    ],
)
def test_without_the_token_nothing_is_taken_and_nothing_is_told(
    pushed: Pushed, headers: dict[str, str]
) -> None:
    before = pushed.transmissions()
    answers = [
        pushed.post(CONFIRMED, **headers),
        pushed.post(CONFIRMED, path="/push/nobody", **headers),
        pushed.post(CONFIRMED, path="/push/acme-elsewhere"),
        pushed.post(CONFIRMED, path="/push/nobody"),
        pushed.post(CONFIRMED, path="/push/acme-hand"),
    ]
    assert {(one.status, one.headers["www-authenticate"], one.body) for one in answers} == {
        (401, "Bearer", answers[0].body)
    }
    assert TOKEN not in answers[0].body.decode()
    assert pushed.transmissions() == before


def test_both_tokens_are_good_while_one_takes_the_others_place(pushed: Pushed) -> None:
    assert pushed.post(_numbered("A-16"), authorization=f"bearer {OTHER}").status == 202
    path = pushed.stages.home / "push-token-next"
    path.rename(path.with_suffix(".away"))
    try:
        assert pushed.post(_numbered("A-16"), authorization=f"Bearer {OTHER}").status == 401
        assert pushed.post(_numbered("A-16")).status == 202
        assert pushed.post(_numbered("A-16"), authorization="Bearer ").status == 401
    finally:
        path.with_suffix(".away").rename(path)


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"content_type": "text/xml"}, 415, "GTW-293"),
        ({"content_type": "application/json; charset=latin-1"}, 415, "GTW-293"),
        ({"content_encoding": "gzip"}, 415, "GTW-293"),
        ({"path": "/push/"}, 404, "GTW-297"),
        ({"path": "/"}, 404, "GTW-297"),
        ({"method": "PUT"}, 405, "GTW-298"),
    ],
)
def test_a_request_of_another_form_is_refused_in_words(
    pushed: Pushed, request_: dict[str, str], status: int, code: str
) -> None:
    before = pushed.transmissions()
    answer = pushed.post(CONFIRMED, **request_)
    assert (answer.status, answer.codes) == (status, [code])
    assert pushed.transmissions() == before


def test_a_body_that_is_too_long_is_refused_whether_or_not_it_says_so_before(pushed: Pushed) -> None:
    before = pushed.transmissions()
    long = b" " * 3_000_000
    assert (pushed.post(long).status, pushed.post(long).codes) == (413, ["GTW-292"])
    with closing(http.client.HTTPConnection("127.0.0.1", pushed.door.port, timeout=30)) as connection:
        headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        chunks = iter([long[:1_000_000]] * 3)
        connection.request("POST", f"/push/{CHANNEL}", chunks, headers, encode_chunked=True)
        assert connection.getresponse().status == 413
    assert pushed.transmissions() == before


def test_a_body_in_chunks_is_taken(pushed: Pushed) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", pushed.door.port, timeout=30)) as connection:
        headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json; charset=UTF-8"}
        body = json.dumps(_numbered("A-17")).encode()
        connection.request(
            "POST", f"/push/{CHANNEL}", iter([body[:9], body[9:]]), headers, encode_chunked=True
        )
        assert connection.getresponse().status == 202


def test_who_pushes_too_fast_is_told_to_wait(pushed: Pushed) -> None:
    answers = [pushed.post(_numbered("A-18"), path="/push/acme-slow") for _ in range(3)]
    assert answers[0].status == 202
    assert (answers[-1].status, answers[-1].codes, answers[-1].headers["retry-after"]) == (
        429,
        ["GTW-291"],
        "1",
    )


def test_a_bucket_fills_with_time() -> None:
    now = [0.0]
    bucket = Bucket(2.0, lambda: now[0])
    assert [bucket.take() for _ in range(3)] == [0.0, 0.0, 0.5]
    now[0] = 0.5
    assert (bucket.take(), bucket.take()) == (0.0, 0.5)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (ArchiveUnavailable("GTW-010", "The archive is away.", "Wait."), "GTW-010"),
        (OperationalError("a statement", {}, RuntimeError("gone")), "GTW-296"),
    ],
)
def test_while_nothing_can_be_kept_nothing_is_promised(pushed: Pushed, fault: Exception, code: str) -> None:
    def receive(arrival: Arrival, content: object) -> Received:
        del arrival, content
        raise fault

    pushed.receive = receive
    answer = pushed.post(_numbered("A-19"))
    assert (answer.status, answer.codes, answer.headers["retry-after"]) == (503, [code], "30")


def test_without_room_nothing_is_taken(pushed: Pushed) -> None:
    pushed.room = False
    answer = pushed.post(_numbered("A-20"))
    assert (answer.status, answer.codes) == (503, ["GTW-296"])


def test_an_answer_that_was_lost_is_given_again(pushed: Pushed) -> None:
    """The client cannot know whether it was heard: it pushes the same again (FI-A07)."""

    value = _numbered("A-21")
    told: list[Received] = []

    def receive(arrival: Arrival, content: Any) -> Received:
        told.append(pushed.stages.pipeline.receive(arrival, content))
        raise ArchiveUnavailable("GTW-039", "Too late.", "Send it again.")

    pushed.receive = receive
    assert pushed.post(value).status == 503
    pushed.receive = pushed.stages.pipeline.receive
    assert pushed.post(value).value["transmission"] == told[0].transmission


def test_the_door_is_shut_while_no_channel_wants_it(pushed: Pushed, tmp_path: Path) -> None:
    alone = Stages(tmp_path / "home", f"sqlite:///{tmp_path / 'ledger.db'}")
    desk = Desk(alone.book, alone.ledger, alone.home, alone.pipeline.receive)
    door = PushDoor(DoorPlace("127.0.0.1", pushed.door.port), alone.book, desk)
    door.look()
    assert (door.port, door.url) == (0, "")
    (alone.home / "push-token").write_text(TOKEN)
    (alone.home / "push-token").chmod(0o600)
    (alone.home / "push-token-next").write_text(OTHER)
    (alone.home / "push-token-next").chmod(0o600)
    alone.profile(PARTNER, PROFILE)
    door.look()
    assert door.port > pushed.door.port  # a taken port gives way to the next
    assert door.url == f"http://127.0.0.1:{door.port}/push/"
    door.serve(lambda: True)
    assert door.port == 0
    alone.close()


def test_a_door_that_cannot_open_is_told_of_and_tried_again(pushed: Pushed, tmp_path: Path) -> None:
    stages = pushed.stages
    desk = Desk(stages.book, stages.ledger, stages.home, stages.pipeline.receive)
    place = DoorPlace("127.0.0.1", 0, certificate=tmp_path / "none.pem")
    door = PushDoor(place, stages.book, desk)
    door.look()
    assert door.port == 0
