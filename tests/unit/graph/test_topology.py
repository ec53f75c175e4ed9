from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

from flowforge_provider.graph.topology import (
    Ancestry,
    find_cycles,
    order,
    predecessors,
    reachable,
    successors,
)

DIAMOND = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]


def following(pairs: Any) -> Any:
    return successors({end for pair in pairs for end in pair}, pairs)


def test_neighbours_come_without_repeats_and_strangers() -> None:
    assert successors("ab", [("a", "b"), ("a", "b"), ("a", "x"), ("x", "b")]) == {"a": ["b"], "b": []}
    assert predecessors("ab", [("a", "b")]) == {"a": [], "b": ["a"]}


def test_a_graph_without_cycles_has_none() -> None:
    assert find_cycles(following(DIAMOND)) == []


def test_a_cycle_is_named_along_its_edges() -> None:
    (cycle,) = find_cycles(successors("abcd", [("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")]))
    assert cycle == ["b", "c", "d", "b"]


def test_a_node_that_leads_to_itself_is_a_cycle() -> None:
    assert find_cycles({"a": ["a"]}) == [["a", "a"]]


def test_separate_cycles_are_all_named() -> None:
    cycles = find_cycles(successors("abcde", [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c"), ("e", "a")]))
    assert sorted(map(sorted, cycles)) == [["a", "a", "b"], ["c", "c", "d"]]


def test_the_number_of_cycles_is_bounded() -> None:
    assert len(find_cycles({str(number): [str(number)] for number in range(100)}, limit=5)) == 5


def test_order_and_reach() -> None:
    assert order(following(DIAMOND)) == ["a", "b", "c", "d"]
    assert order({"a": ["b"], "b": ["a"], "c": []}) == ["c"]
    assert reachable(["b", "stranger"], following(DIAMOND)) == {"b", "d"}


def test_ancestry() -> None:
    ancestry = Ancestry(following(DIAMOND))
    assert ancestry.is_before("a", "d")
    assert not ancestry.is_before("d", "a")
    assert not ancestry.is_before("b", "c")
    assert not ancestry.is_before("a", "a")
    assert ancestry.before("d") == ["a", "b", "c"]
    assert "x" not in ancestry


def test_nodes_on_a_cycle_have_no_ancestry() -> None:
    ancestry = Ancestry({"a": ["b"], "b": ["a"], "c": []})
    assert "a" not in ancestry
    assert not ancestry.is_before("a", "b")


def test_a_long_chain_needs_no_recursion_and_little_time() -> None:
    ids = [f"n{number:05}" for number in range(20_000)]
    chain = successors(ids, pairwise(ids))
    started = time.perf_counter()
    assert order(chain) == ids
    assert find_cycles(chain) == []
    assert len(reachable([ids[0]], chain)) == len(ids)
    assert time.perf_counter() - started < 5
