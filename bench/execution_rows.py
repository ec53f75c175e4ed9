"""A million runs, straight into the tables: what months of work leave behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.postgres import PostgresServer

#: Has every third run, is published, and its newest runs have steps.
BUSY = "busy"
#: Has a hundred runs, spread over all of them.
RARE = "rare"
#: Has had 30,000 runs, all of them long ago.
OLD = "old"
FILLERS = 1_000
_WITH_STEPS = 5_000


@dataclass(frozen=True)
class Filled:
    """
    What is there now.

    :param execution_id: an execution with ten steps
    :param delivery_id: a delivery that has become a run
    """

    workflows: int
    execution_id: str
    delivery_id: str


_WORKFLOWS = """
INSERT INTO flowforge_workflow (id, name, draft, draft_digest, version, description, trigger_type, node_types,
                                search_text, created_at, created_by, updated_at, updated_by)
SELECT own.id, own.name, seed.draft, seed.draft_digest, 1, '', 'manual', seed.node_types,
       lower(own.name || ' ' || own.id), now(), 'bench', now(), 'bench'
FROM flowforge_workflow AS seed,
     (SELECT 'filler-' || n AS id, 'Filler ' || n AS name FROM generate_series(0, {fillers} - 1) AS n
      UNION ALL VALUES ('rare', 'Rare'), ('old', 'Old')) AS own
WHERE seed.id = 'busy'
"""
# A run each few seconds until now; ids of runs begin with their time, as UUIDs of version 7 do.
_RUNS = """
INSERT INTO dag_run (dag_id, run_id, state, run_type, run_after, created_at, updated_at, queued_at,
                     start_date, end_date, conf, bundle_version, clear_number, span_status)
SELECT dag_id,
       CASE kind WHEN 'webhook' THEN 'webhook__' || hex WHEN 'scheduled' THEN 'scheduled__' || made
            ELSE 'manual__' || hex END || CASE WHEN kind = 'scheduled' THEN '-' || n ELSE '' END,
       state, CASE kind WHEN 'scheduled' THEN 'scheduled' ELSE 'manual' END,
       made, made, made, made, made + interval '1 second',
       CASE WHEN state IN ('success', 'failed') THEN made + interval '9 seconds' END,
       json_build_object('trigger', json_build_object('type', kind, 'id', 'start',
                         'body', json_build_object('order', n, 'text', repeat('x', 100))))::jsonb,
       {seq}, 0, 'not_started'
FROM (SELECT n, now() - ({runs} - n) * interval '4 seconds' AS made,
             lpad(to_hex((extract(epoch FROM now() - ({runs} - n) * interval '4 seconds') * 1000)::bigint),
                  12, '0') || '7' || lpad(to_hex(n), 19, '0') AS hex,
             CASE WHEN n % ({runs} / 100) = 7 THEN 'rare'
                  WHEN n < {runs} * 3 / 100 THEN 'old'
                  WHEN n % 3 = 0 THEN 'busy'
                  ELSE 'filler-' || (n::bigint * 7919 % {fillers}) END AS dag_id,
             CASE WHEN n > {runs} - 8 THEN 'running' WHEN n > {runs} - 16 THEN 'queued'
                  WHEN n % 100 = 1 THEN 'failed' ELSE 'success' END AS state,
             CASE n % 5 WHEN 0 THEN 'scheduled' WHEN 1 THEN 'manual' ELSE 'webhook' END AS kind
      FROM generate_series(1, {runs}) AS n) AS made_up
"""
_DELIVERIES = """
INSERT INTO flowforge_delivery (id, workflow_id, node_id, kind, state, method, path, size, headers, query,
                                body, received_at, run_id, attempts)
SELECT substr(run_id, 10), dag_id, 'start', 'webhook', 'dispatched', 'POST', '', 100, '{{}}', '{{}}', '{{}}',
       created_at, run_id, 1
FROM dag_run WHERE run_id LIKE 'webhook\\_\\_%%'
"""
_CANCELLED = """
INSERT INTO flowforge_cancellation (workflow_id, run_id, cancelled_at, cancelled_by)
SELECT dag_id, run_id, end_date, 'bench' FROM dag_run WHERE state = 'failed' AND id %% 2000 = 1
"""
_HANDLED = """
INSERT INTO flowforge_handled (workflow_id, run_id, handled_at, handled_by, comment, search_text)
SELECT dag_id, run_id, end_date, 'bench', 'Refunded ' || id, 'refunded ' || id
FROM dag_run WHERE state = 'failed' AND id %% 400 = 1
"""
_STEPS = """
INSERT INTO task_instance (id, task_id, dag_id, run_id, map_index, state, try_number, max_tries, start_date,
                           end_date, duration, pool, pool_slots, queue, hostname, operator, updated_at,
                           priority_weight, span_status, task_display_name, custom_operator_name, unixname,
                           executor_config)
SELECT gen_random_uuid(), CASE s WHEN 0 THEN 'start' ELSE 'step_' || (s - 1) END, dag_id, run_id, -1,
       CASE WHEN r.state = 'failed' AND s = 9 THEN 'failed' ELSE 'success' END, 1, 0, start_date,
       start_date + s * interval '1 second', 1, 'default_pool', 1, 'default', 'worker', 'TransformOperator',
       end_date, 1, 'not_started', 'Step ' || s, '', 'bench', %s
FROM (SELECT * FROM dag_run WHERE dag_id = 'busy' AND state <> 'queued'
      ORDER BY id DESC LIMIT {with_steps}) AS r,
     generate_series(0, 9) AS s
"""
_OUTPUTS = """
INSERT INTO xcom (dag_run_id, task_id, map_index, key, dag_id, run_id, value, timestamp)
SELECT r.id, t.task_id, -1, k.key, t.dag_id, t.run_id,
       json_build_object('code', 'http-timeout', 'message', 'Too slow', 'rows', repeat('y', 200))::jsonb,
       now()
FROM task_instance AS t JOIN dag_run AS r USING (dag_id, run_id),
     (VALUES ('return_value'), ('flowforge_input'), ('flowforge_error')) AS k (key)
WHERE k.key <> 'flowforge_error' OR t.state = 'failed'
"""


def fill(server: PostgresServer, database: str, *, runs: int) -> Filled:
    """
    Fill a database that has the published workflow ``busy``.

    :param runs: number of Dag runs
    """
    # Airflow keeps the executor's configuration in this form, an empty one too.
    import pickle

    seq = server.query(database, "SELECT published_seq FROM flowforge_workflow WHERE id = %s", (BUSY,))[0][0]
    empty = pickle.dumps({})
    with server.connect(database) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        values = {"fillers": FILLERS, "runs": runs, "seq": f"'{seq}'", "with_steps": _WITH_STEPS}
        cursor.execute(_WORKFLOWS.format(**values))
        cursor.execute(_RUNS.format(**values))
        cursor.execute(_DELIVERIES.replace("%%", "%").format())
        cursor.execute(_CANCELLED.replace("%%", "%"))
        cursor.execute(_HANDLED.replace("%%", "%"))
        cursor.execute(_STEPS.format(**values), (empty,))
        cursor.execute(_OUTPUTS)
        cursor.execute("VACUUM ANALYZE")
    shown = server.query(
        database,
        "SELECT dag_id || '.' || run_id FROM dag_run WHERE dag_id = %s AND state = 'failed' "
        "ORDER BY id DESC LIMIT 1",
        (BUSY,),
    )
    delivery = server.query(
        database, "SELECT id FROM flowforge_delivery ORDER BY id DESC OFFSET 1000 LIMIT 1"
    )
    return Filled(FILLERS + 3, str(shown[0][0]), str(delivery[0][0]))
