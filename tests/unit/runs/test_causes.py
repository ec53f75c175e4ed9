from __future__ import annotations

import pytest

from flowforge_provider.runs.causes import cause_fingerprint, general_message


def error(message: str, **fields: object) -> dict[str, object]:
    return {"type": "StepError", "code": "http-status", "message": message, "detail": None, **fields}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('Order "7" is unknown.', 'Order "8812" is unknown.'),
        ("No answer within 30 s.", "No answer within 45.5 s."),
        ("GET https://a.example/orders?id=7 failed.", "GET https://a.example/orders?id=8&x=y failed."),
        ("Run 0198c0de-7b7c-7a6e-8f0a-1b2c3d4e5f60 failed.", "Run 0198c0de7b7c7a6e8f0a1b2c3d4e5f61 failed."),
        ("Key (id)=(7) exists.", "Key  (id)=(8)\nexists."),
    ],
)
def test_what_differs_from_run_to_run_makes_no_other_cause(one: str, other: str) -> None:
    assert general_message(one) == general_message(other)
    assert cause_fingerprint(node_id="a", error=error(one)) == cause_fingerprint(
        node_id="a", error=error(other)
    )


def test_step_code_status_and_words_make_another_cause() -> None:
    message = "The service answered 500."
    fingerprints = [
        cause_fingerprint(node_id="a", error=error(message, detail={"status": 500})),
        cause_fingerprint(node_id="b", error=error(message, detail={"status": 500})),
        cause_fingerprint(node_id="a", error=error(message, detail={"status": 503})),
        cause_fingerprint(node_id="a", error=error("The service is closed.", detail={"status": 500})),
        cause_fingerprint(node_id="a", error=error(message, code="http-timeout")),
        cause_fingerprint(node_id="a", error=None),
        cause_fingerprint(node_id=None, error=None),
    ]
    assert len(set(fingerprints)) == len(fingerprints)
    assert all(len(each) == 16 for each in fingerprints)


def test_alerts_and_dead_letters_take_what_left_no_report_for_the_same_cause() -> None:
    from flowforge_provider.runs.causes import report_of

    for node_id in ("a", None):
        assert cause_fingerprint(node_id=node_id, error=None) == cause_fingerprint(
            node_id=node_id, error=report_of(node_id, None)
        )
