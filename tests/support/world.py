"""All that the example workflows reach: an Airflow, a shop, a database, mail servers, connections."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.postgres import PASSWORD, USER
from tests.support.resend_server import ResendServer, running_resend_server
from tests.support.shop import Shop, running_shop
from tests.support.smtp_server import SmtpServer, running_smtp_server
from tests.support.telegram_server import TelegramServer, running_telegram_server
from tests.support.workflows import Workflows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.airflow import AirflowInstance
    from tests.support.postgres import PostgresServer

EXAMPLES = Path(__file__).parents[2] / "dags" / "graphs"

# The chat that the examples write to.
CHAT = "-1001234567890"

# What the examples find in the database orders_db, and what orders_postgres asks for in its notes.
TABLES = (
    "CREATE TABLE products (id int PRIMARY KEY, name text NOT NULL, price numeric,"
    " stock int CHECK (stock >= 2))",
    "CREATE TABLE orders (id bigserial PRIMARY KEY, run_id text UNIQUE, product_id int, product text,"
    " quantity int, total numeric, ordered_at timestamptz)",
    "INSERT INTO orders (product_id, product, quantity, total, ordered_at) VALUES"
    " (1, 'Tea', 2, 9.50, now() - interval '1 hour'), (1, 'Tea', 1, 4.75, now() - interval '2 hours'),"
    " (2, 'Cup; blue', 1, 12, now() - interval '3 hours'), (3, 'Spoon', 1, 3, now() - interval '3 days')",
    "CREATE TABLE readings (id bigserial PRIMARY KEY, sensor text NOT NULL, at timestamptz NOT NULL,"
    " celsius numeric(5, 2) NOT NULL, tags text[] NOT NULL DEFAULT '{}', UNIQUE (sensor, at))",
    "CREATE TABLE intake_orders (order_id text PRIMARY KEY, customer jsonb NOT NULL,"
    " total numeric(12, 2) NOT NULL, status text NOT NULL, received_at timestamptz NOT NULL DEFAULT now())",
    "CREATE TABLE intake_lines (order_id text NOT NULL REFERENCES intake_orders, sku text NOT NULL,"
    " quantity integer NOT NULL, price numeric(12, 2) NOT NULL, PRIMARY KEY (order_id, sku))",
)


@dataclass
class World:
    """
    The servers that examples talk to, and the tool that runs workflows.

    :param database: name of the database behind the connection ``orders_db``
    """

    airflow: AirflowInstance
    workflows: Workflows
    shop: Shop
    smtp: SmtpServer
    resend: ResendServer
    telegram: TelegramServer
    postgres: PostgresServer
    database: str

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement in the examples' database."""
        return self.postgres.query(self.database, statement)


@contextmanager
def running_world(airflow: AirflowInstance, postgres: PostgresServer) -> Iterator[World]:
    """
    Start the servers, make the connections that the examples name, and stop at the end.

    :param airflow: is shared with other tests
    :param postgres: gets a database of its own
    """
    with ExitStack() as stack:
        shop = stack.enter_context(running_shop())
        smtp = stack.enter_context(running_smtp_server())
        resend = stack.enter_context(running_resend_server())
        telegram = stack.enter_context(running_telegram_server())
        telegram.chats[CHAT] = "member"
        client = stack.enter_context(airflow.client())
        database = postgres.create_database()
        stack.callback(postgres.drop_database, database)
        for statement in TABLES:
            postgres.query(database, statement)
        orders: dict[str, Any] = {
            "conn_type": "postgres",
            "host": "127.0.0.1",
            "port": postgres.port,
            "login": USER,
            "password": PASSWORD,
            "schema": database,
        }
        connections: dict[str, dict[str, Any]] = {
            "shop_api": {"conn_type": "http", "host": shop.url},
            "orders_db": orders,
            "flowforge_orders_db": orders,
            "flowforge_demo": {"conn_type": "http", "host": airflow.url},
            "mail_server": smtp.connection(),
            "resend": resend.connection(),
            "telegram": telegram.connection(),
        }
        for connection_id, fields in connections.items():
            extra = fields.get("extra")
            given = {**fields, "extra": json.dumps(extra)} if isinstance(extra, dict) else fields
            airflow.add_connection(connection_id, **given)
        yield World(
            airflow=airflow,
            workflows=Workflows(client),
            shop=shop,
            smtp=smtp,
            resend=resend,
            telegram=telegram,
            postgres=postgres,
            database=database,
        )


def example_names() -> list[str]:
    """Return the names of all example graphs."""
    return sorted(path.stem for path in EXAMPLES.glob("*.json"))


def read_example(name: str) -> dict[str, Any]:
    """Return an example graph."""
    return dict(json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8")))


def sample_of(document: dict[str, Any]) -> Any:
    """Return the sample payload of a graph's trigger."""
    samples = (node["parameters"].get("sample_payload") for node in document["nodes"])
    return next((sample for sample in samples if sample is not None), {})
