from __future__ import annotations

import base64
import re
import threading
from collections import Counter
from datetime import datetime, timedelta, timezone
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.inbox.form_pages import bodies
from flowforge_provider.inbox.form_pages import service as forms
from flowforge_provider.inbox.form_pages.rates import Rates
from flowforge_provider.inbox.releasing import forget_rates
from flowforge_provider.runs.database import get_database
from tests.factories import make_graph, make_node
from tests.support.front_door import open_front_door, publish_graph, set_token, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from flowforge_provider.inbox.service import Inbox
    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/forms/orders"
FIELDS: list[dict[str, Any]] = [
    {"name": "email", "label": "Your email", "type": "email", "required": True},
    {"name": "amount", "label": "How many?", "type": "integer", "minimum": 1, "maximum": 5, "default": "2"},
    {"name": "size", "type": "select", "options": ["small", "large"]},
    {"name": "colours", "type": "multi_select", "options": ["red", "green", "blue"]},
    {"name": "agreed", "type": "boolean"},
    {"name": "bill", "type": "file"},
]


@pytest.fixture
def inbox(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    monkeypatch.setattr(forms, "_rates", Rates())
    with open_front_door() as value:
        yield value


@pytest.fixture
def stranger(inbox: Inbox, client: Callable[[str | None], AsgiClient]) -> AsgiClient:
    return client(None)


def publish_form(**parameters: Any) -> None:
    given = {"title": "Order <b>here</b>", "fields": FIELDS, **parameters}
    publish_graph(make_graph(make_node("form", "form", parameters=given)))


def token_of(page: httpx.Response) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{32})"', page.text)
    assert found is not None
    return found[1]


def deliveries() -> list[Any]:
    from airflow.utils.session import create_session
    from sqlalchemy import select

    from flowforge_provider.store.tables import DeliveryRow

    with create_session() as session:
        return list(session.scalars(select(DeliveryRow)))


def faults_of(page: httpx.Response) -> list[str]:
    return [unescape(text) for text in re.findall(r'<p class="fault" id="[^"]*">(.*?)</p>', page.text)]


def test_the_page_is_complete_and_asks_nothing_of_others(stranger: AsgiClient) -> None:
    publish_form(description="First.\n\nSecond <i>line</i>.")
    page = stranger.get(URL)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["x-frame-options"] == "DENY"
    assert "set-cookie" not in page.headers
    policy = page.headers["content-security-policy"]
    nonce = re.search(r"style-src 'nonce-([^']+)'", policy)
    assert nonce is not None
    assert f'<style nonce="{nonce[1]}">' in page.text
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self';" in policy
    assert "<h1>Order &lt;b&gt;here&lt;/b&gt;</h1>" in page.text
    assert "Second &lt;i&gt;line" in page.text
    assert "http:" not in page.text
    assert "https:" not in page.text
    assert "<script" not in page.text
    for field in FIELDS:
        assert f'name="f.{field["name"]}"' in page.text
    assert 'value="2"' in page.text
    assert 'enctype="multipart/form-data"' in page.text
    # Every field has its label.
    ids = set(re.findall(r'<(?:input|select|textarea)[^>]* id="(field-[^"]+)"', page.text))
    assert ids - set(re.findall(r'<label for="([^"]+)"', page.text)) == {"field-5"}  # a box inside its label
    assert token_of(page) != token_of(stranger.get(URL))


@pytest.mark.parametrize(
    ("color_mode", "scheme", "is_dark_always", "asks_the_device"),
    [("auto", "light dark", False, True), ("light", "light", False, False), ("dark", "dark", True, False)],
)
def test_the_page_looks_as_its_node_says(
    stranger: AsgiClient, color_mode: str, scheme: str, is_dark_always: bool, asks_the_device: bool
) -> None:
    publish_form(color_mode=color_mode, accent="#ffee00", submit_label="Order <now>")
    page = stranger.get(URL).text
    assert f'<meta name="color-scheme" content="{scheme}">' in page
    assert ("prefers-color-scheme: dark" in page) == asks_the_device
    style = page.partition("<style")[2].partition("</style>")[0]
    assert (style.count("--bg:") == 2 and not asks_the_device) == is_dark_always
    # Black on yellow, white on blue: what can be read.
    assert "--accent: #ffee00; --on-accent: #000" in style
    assert "Order &lt;now&gt;</button>" in page
    publish_form(accent="#1d4ed8")
    assert "--accent: #1d4ed8; --on-accent: #fff" in stranger.get(URL).text


def test_a_form_becomes_one_run_however_often_it_is_sent(stranger: AsgiClient, admin: AsgiClient) -> None:
    publish_form()
    token = token_of(stranger.get(URL))
    data = {
        "token": token,
        "f.email": "ann@example.com",
        "f.amount": "3",
        "f.size": "large",
        "f.colours": ["red", "blue"],
        "f.agreed": "true",
        "f.unknown": "x",
    }
    files = {"f.bill": ("bill.pdf", b"%PDF-1", "application/pdf"), "f.other": ("x.exe", b"x", "a/b")}
    first = stranger.post(URL, data=data, files=files)
    assert first.status_code == 200
    assert "Thank you" in first.text
    again = stranger.post(URL, data={**data, "f.amount": "4"}, files=files)
    assert again.status_code == 200
    assert "had arrived already" in again.text

    row = wait_until(lambda: next((row for row in deliveries() if row.state == "dispatched"), None))
    assert len(deliveries()) == 1
    assert row.kind == "form"
    execution = admin.get(f"/flowforge/api/executions/orders.webhook__{row.id}").json()
    assert execution["trigger_type"] == "form"
    assert execution["trigger"]["type"] == "form"
    assert execution["trigger"]["node"] == "form"
    body = execution["trigger"]["body"]
    bill = body.pop("bill")
    assert body == {
        "email": "ann@example.com",
        "amount": 3,
        "size": "large",
        "colours": ["red", "blue"],
        "agreed": True,
    }
    assert (bill["filename"], bill["content_type"], bill["size"]) == ("bill.pdf", "application/pdf", 6)
    assert admin.get(f"/flowforge/api/files/{bill['file_id']}").content == b"%PDF-1"
    listed = admin.get("/flowforge/api/executions").json()["executions"]
    assert [one["trigger_type"] for one in listed] == ["form"]


def test_faults_stand_at_their_fields_and_nothing_typed_is_lost(stranger: AsgiClient) -> None:
    publish_form()
    token = token_of(stranger.get(URL))
    data = {"token": token, "f.email": 'a"b<', "f.amount": "six", "f.size": "huge", "f.colours": ["green"]}
    page = stranger.post(URL, data=data)
    assert page.status_code == 422
    assert faults_of(page) == [
        "Enter an email address, for example ann@example.com.",
        "Enter a whole number.",
        "Choose one of the values offered.",
    ]
    assert 'value="a&#34;b&lt;"' in page.text
    assert 'value="six"' in page.text
    assert re.search(r'value="green" checked', page.text)
    assert 'aria-invalid="true"' in page.text
    assert 'role="alert"' in page.text
    assert token_of(page) == token  # so that it is still one form
    assert deliveries() == []
    fixed = stranger.post(URL, data={"token": token, "f.email": "a@b.example", "f.amount": "5"})
    assert fixed.status_code == 200
    assert len(deliveries()) == 1


def test_it_speaks_russian(stranger: AsgiClient) -> None:
    publish_form()
    russian = {"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.5"}
    page = stranger.get(URL, headers=russian)
    assert '<html lang="ru">' in page.text
    assert ">Отправить</button>" in page.text
    page = stranger.post(URL, data={"f.amount": "7"}, headers=russian)
    assert faults_of(page) == ["Заполните это поле.", "Введите не больше 5."]
    publish_form(language="en")
    assert '<html lang="en">' in stranger.get(URL, headers=russian).text


def test_a_robot_is_thanked_for_nothing(stranger: AsgiClient) -> None:
    publish_form()
    page = stranger.post(URL, data={"f.email": "a@b.example", "website": "https://spam.example"})
    assert page.status_code == 200
    assert "Thank you" in page.text
    assert deliveries() == []
    publish_form(honeypot=False)
    assert 'name="website"' not in stranger.get(URL).text
    stranger.post(URL, data={"f.email": "a@b.example", "website": "https://me.example"})
    assert len(deliveries()) == 1


def test_an_address_may_send_so_many_forms_a_minute(stranger: AsgiClient) -> None:
    publish_form(rate_limit=2)
    answers = [stranger.post(URL, data={"f.email": "a@b.example"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 31
    assert "Too many forms" in answers[2].text
    assert len(deliveries()) == 2


def test_several_processes_count_together(stranger: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_form(rate_limit=2)
    answers = []
    for _ in range(3):
        # Another process has a memory of its own.
        monkeypatch.setattr(forms, "_rates", Rates())
        answers.append(stranger.post(URL, data={"f.email": "a@b.example"}))
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 31
    assert "Too many forms" in answers[2].text
    assert len(deliveries()) == 2
    # A form that is sent twice is one form, and its repetition is not counted.
    token = token_of(stranger.get(URL))
    publish_form(rate_limit=100)
    # What was used up of the lower limit would count for some tenths of a second.
    forget_rates(database=get_database(), now=datetime.now(tz=timezone.utc) + timedelta(minutes=5))
    data = {"f.email": "a@b.example", "token": token}
    assert [stranger.post(URL, data=data).status_code for _ in range(2)] == [200, 200]
    assert len(deliveries()) == 3


def test_rates_let_one_through_as_time_goes_by() -> None:
    now = [0.0]
    rates = Rates(clock=lambda: now[0])
    assert [rates.take("a", per_minute=2) for _ in range(3)] == [None, None, 30]
    assert rates.take("b", per_minute=2) is None
    now[0] = 31
    assert rates.take("a", per_minute=2) is None
    assert rates.take("a", per_minute=2) is not None


def test_it_leads_to_another_page(stranger: AsgiClient) -> None:
    publish_form(after_submit="redirect", redirect_url="https://example.com/thanks?a=1")
    page = stranger.get(URL)
    assert "form-action 'self' https://example.com;" in page.headers["content-security-policy"]
    answer = stranger.post(URL, data={"f.email": "a@b.example"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "https://example.com/thanks?a=1"


def test_a_form_with_a_password(stranger: AsgiClient) -> None:
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session

    set_token(None, connection_id="visitors")
    with create_session() as session:
        session.add(Connection(conn_id="visitors", conn_type="generic", login="ann", password="pässword"))
    publish_form(authentication="basic", connection_id="visitors")
    refused = stranger.get(URL)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic ")
    assert "Order" not in refused.text
    credentials = base64.b64encode("ann:pässword".encode()).decode()
    right = {"Authorization": f"Basic {credentials}"}
    assert stranger.get(URL, headers=right).status_code == 200
    wrong = {"Authorization": "Basic " + base64.b64encode(b"ann:x").decode()}
    assert stranger.post(URL, data={"f.email": "a@b.example"}, headers=wrong).status_code == 401
    other = {**right, "Sec-Fetch-Site": "cross-site"}
    assert stranger.post(URL, data={"f.email": "a@b.example"}, headers=other).status_code == 403
    assert deliveries() == []
    own = {**right, "Sec-Fetch-Site": "same-origin"}
    assert stranger.post(URL, data={"f.email": "a@b.example"}, headers=own).status_code == 200
    assert "authorization" not in deliveries()[0].headers


@pytest.mark.parametrize(
    ("parameters", "ancestors", "frame"),
    [
        ({"embedding": "own_site"}, "'self'", "SAMEORIGIN"),
        (
            {"embedding": "sites", "embedding_sites": ["https://a.example", "https://*.b.example:8443"]},
            "https://a.example https://*.b.example:8443",
            None,
        ),
    ],
)
def test_who_may_show_it_inside(
    stranger: AsgiClient, parameters: dict[str, Any], ancestors: str, frame: str | None
) -> None:
    publish_form(**parameters)
    page = stranger.get(URL)
    assert page.headers["content-security-policy"].endswith(f"frame-ancestors {ancestors}")
    assert page.headers.get("x-frame-options") == frame


def test_several_forms_have_paths_of_their_own(stranger: AsgiClient) -> None:
    publish_form(path="new/one")
    assert stranger.get(URL).status_code == 404
    assert stranger.get(f"{URL}/new").status_code == 404
    assert stranger.get(f"{URL}/new/one").status_code == 200
    assert stranger.post(f"{URL}/new/one", data={"f.email": "a@b.example"}).status_code == 200


@pytest.mark.parametrize("workflow", ["nothing", "orders"])
def test_where_no_form_is(stranger: AsgiClient, workflow: str) -> None:
    publish_graph()
    for answer in (
        stranger.get(f"/flowforge/api/forms/{workflow}"),
        stranger.post(f"/flowforge/api/forms/{workflow}", data={}),
    ):
        assert answer.status_code == 404
        assert "There is no form here" in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_what_is_too_large_or_damaged_is_refused(
    stranger: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_form()
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_FORM_BYTES", "20000")
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_FILE_BYTES", "5000")
    data = {"f.email": "a@b.example"}

    def send(**options: Any) -> int:
        return stranger.post(URL, **options).status_code

    assert send(data=data, files={"f.bill": ("a", b"x" * 5001)}) == 413
    assert send(data=data, files={"f.bill": ("a", b"x" * 30_000)}) == 413
    many = [("f.bill", (str(number), b"x")) for number in range(21)]
    assert send(data=data, files=many) == 413
    assert send(content=b"{}", headers={"Content-Type": "application/json"}) == 415
    multipart = {"Content-Type": "multipart/form-data; boundary=x"}
    assert send(content=b"--y\r\n", headers=multipart) == 400
    assert send(content=b"x", headers={"Content-Type": "multipart/form-data"}) == 400
    assert send(data={**data, "f.size": "a\0b"}) == 422
    assert deliveries() == []


def test_a_slow_form_is_not_waited_for(stranger: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_form()
    monkeypatch.setattr(bodies, "_FILES_TIMEOUT_S", 0)
    assert stranger.post(URL, data={"f.email": "a@b.example"}).status_code == 408


def test_many_bodies_at_once_are_refused(stranger: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_form()
    monkeypatch.setattr(forms, "_MAX_BODIES", 0)
    answer = stranger.post(URL, data={"f.email": "a@b.example"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_one_address_does_not_hold_all_places(stranger: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_form(rate_limit=1)
    taken = Counter({"192.0.2.1": 4, "192.0.2.2": 4, "127.0.0.1": 3})
    monkeypatch.setattr(forms, "_bodies", taken)
    data = {"f.email": "a@b.example"}
    assert stranger.post(URL, data=data).status_code == 200
    assert taken["127.0.0.1"] == 3
    taken["127.0.0.1"] = 4
    monkeypatch.setattr(forms, "_rates", Rates())
    assert stranger.post(URL, data=data).status_code == 503
    assert taken == {"192.0.2.1": 4, "192.0.2.2": 4, "127.0.0.1": 4}


def test_a_large_form_is_not_read_on_the_event_loop(
    stranger: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_form(payload_input="schema", payload_schema={"type": "array"})
    threads = []
    fill = forms._fill

    def watched(*given: Any) -> Any:
        threads.append(threading.current_thread().name)
        return fill(*given)

    monkeypatch.setattr(forms, "_fill", watched)
    for size in (1, 20_000):
        assert stranger.post(URL, data={"f.payload": f"[{'1, ' * size}1]"}).status_code == 200
    assert threads[0] != threads[1]
    assert threads[1].startswith("asyncio_")


def test_a_schema_that_is_no_object_is_typed_as_json(stranger: AsgiClient) -> None:
    publish_form(payload_input="schema", payload_schema={"type": "array", "items": {"type": "integer"}})
    page = stranger.get(URL)
    assert '<textarea id="field-1" name="f.payload"' in page.text
    assert stranger.post(URL, data={"f.payload": '[1, "x"]'}).status_code == 422
    assert stranger.post(URL, data={"f.payload": "[1, 2]"}).status_code == 200
    assert deliveries()[0].body == [1, 2]


def test_a_form_without_fields_is_a_button(stranger: AsgiClient) -> None:
    publish_form(fields=[])
    assert "<textarea" not in stranger.get(URL).text
    assert stranger.post(URL, data={"token": "x"}).status_code == 200
    assert deliveries()[0].body == {}
