from __future__ import annotations

import asyncio
from contextlib import ExitStack
from unittest import mock

import pytest

from flowforge_provider.inbox import admission as module
from flowforge_provider.inbox.admission import Admission
from flowforge_provider.inbox.errors import OverloadedError

pytestmark = pytest.mark.asyncio


async def test_who_comes_first_is_served_first() -> None:
    admission = Admission(at_once=2)
    served: list[int] = []
    gate = asyncio.Event()

    async def sender(number: int) -> None:
        async with admission.place():
            served.append(number)
            await gate.wait()

    senders = [asyncio.create_task(sender(number)) for number in range(8)]
    await asyncio.sleep(0)
    assert served == [0, 1]
    assert admission.senders == 8
    gate.set()
    await asyncio.gather(*senders)
    assert served == list(range(8))
    assert admission.senders == 0


async def test_beyond_the_queue_senders_are_refused() -> None:
    admission = Admission(at_once=1)
    gate = asyncio.Event()

    async def sender() -> None:
        async with admission.place():
            await gate.wait()

    senders = [asyncio.create_task(sender()) for _ in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError) as refused:
        await sender()
    assert refused.value.status == 503
    assert "Retry-After" in refused.value.headers
    gate.set()
    await asyncio.gather(*senders)
    await sender()


async def test_a_sender_that_goes_away_takes_no_place_with_it() -> None:
    admission = Admission(at_once=1)
    gate = asyncio.Event()

    async def sender() -> None:
        async with admission.place():
            await gate.wait()

    first, second, third = (asyncio.create_task(sender()) for _ in range(3))
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    await asyncio.sleep(0)
    # The place has just been handed to the third, who goes away before taking it.
    third.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert admission.senders == 0
    gate.set()
    await asyncio.wait_for(sender(), 1)


async def test_nobody_waits_for_ever() -> None:
    admission = Admission(at_once=1)
    with mock.patch.object(module, "_LONGEST_WAIT_S", 0.05):
        async with admission.place():
            with pytest.raises(OverloadedError):
                async with admission.place():
                    pytest.fail("there is one place only")
    async with admission.place():
        assert admission.senders == 1


async def test_bodies_that_are_being_read_are_bounded_together() -> None:
    admission = Admission(at_once=1, body_bytes=100)
    with admission.call() as one, admission.call() as other:
        one.reserve(60)
        with pytest.raises(OverloadedError):
            other.reserve(60)
        other.reserve(40)
    with admission.call() as later:
        later.reserve(100)


async def test_open_calls_are_bounded() -> None:
    admission = Admission(at_once=1)
    calls = [admission.call() for _ in range(16)]
    for call in calls:
        call.__enter__()
    with pytest.raises(OverloadedError):
        admission.call()
    calls[0].__exit__(None, None, None)
    admission.call()


async def test_one_client_has_a_share_of_the_open_calls() -> None:
    admission = Admission(at_once=1)
    with ExitStack() as open_calls:
        for number in range(6):
            # One household has all addresses of its network.
            open_calls.enter_context(admission.call(f"2001:db8::{number}"))
        with pytest.raises(OverloadedError, match="your address"):
            admission.call("2001:db8::77")
        for number in range(10):
            open_calls.enter_context(admission.call(f"192.0.2.{number}"))
        with pytest.raises(OverloadedError):
            admission.call("192.0.2.99")
    assert not admission._calls_of
    with admission.call("2001:db8::77"):
        assert admission._calls_of.total() == 1
