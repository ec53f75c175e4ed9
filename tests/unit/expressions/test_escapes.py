"""What has broken out of sandboxes elsewhere. None of it may reach Python, or exhaust the machine."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from flowforge_provider.exceptions import ExpressionError, ExpressionLimitError
from flowforge_provider.expressions import check, describe_language, render
from flowforge_provider.expressions.environment import ENVIRONMENT

DATA = {
    "trigger": {"body": {"id": 7, "name": "Ada", "list": [1, 2], "__class__": "just a key", "items": "mine"}},
    "steps": {"get": {"body": {"price": 9.5}}},
    "run": {"id": "r"},
    "workflow": {"id": "w"},
    "vars": {},
}

# Each one must fail with an error of the language: nothing is returned.
REFUSED = [
    # attribute walks
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ [].__class__.__base__ }}",
    "{{ {}.__class__ }}",
    "{{ (1).__class__ }}",
    "{{ true.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ []['__class__']['__base__'] }}",
    "{{ trigger.__class__ }}",
    "{{ trigger['__init__'] }}",
    "{{ trigger.body.list.__len__ }}",
    "{{ trigger.body.name.upper }}",
    "{{ trigger.body.get }}",
    "{{ now.__globals__ }}",
    "{{ now['__globals__'] }}",
    "{{ now }}",
    "{{ ('_' ~ '_class_' ~ '_')|string|get('x')|get('__class__')['a'] }}",
    "{{ ''[('__cl' ~ 'ass__')] }}",
    # calls
    "{{ trigger.body.name.upper() }}",
    "{{ trigger.body.list.append(1) }}",
    "{{ trigger.body.pop('id') }}",
    "{{ trigger.body.items() }}",
    "{{ ''.format() }}",
    "{{ '{0.__class__}'.format(trigger) }}",
    "{{ '{0.__class__}'.format_map(trigger) }}",
    "{{ ''.join(['a']) }}",
    "{{ trigger() }}",
    "{{ [now][0]() }}",
    "{{ now()() }}",
    "{{ 'now'() }}",
    "{{ now(*[1]) }}",
    "{{ now(**{'timezone': 'UTC'}) }}",
    "{{ trigger.body.name|upper()() }}",
    # filters and tests of Jinja that are not part of the language
    "{{ ''|attr('__class__') }}",
    "{{ trigger|attr('__class__') }}",
    "{{ [trigger]|map(attribute='__class__')|first }}",
    "{{ ['']|map('attr', '__class__')|list }}",
    "{{ ['']|map(attribute='__class__.__mro__')|list }}",
    "{{ '%s'|format(trigger) }}",
    "{{ '{0.__class__}'|format(trigger) }}",
    "{{ {'a': 1}|xmlattr }}",
    "{{ ''|safe }}",
    "{{ ''|pprint }}",
    "{{ 'a'|center(1000000000) }}",
    "{{ 'a'|indent(1000000000) }}",
    "{{ 1|filesizeformat }}",
    "{{ []|random }}",
    "{{ ''|select('callable') }}",
    "{{ trigger is callable }}",
    "{{ trigger is filter }}",
    "{{ [1]|map('map', 'attr', '__class__') }}",
    "{{ [[1]]|select('nothing')|list }}",
    "{{ [1]|map(1) }}",
    "{{ [1]|map(trigger.body.name) }}",
    "{{ [1]|map('upper', 1, 2, 3) }}",
    # globals of Jinja and of Python
    "{{ self }}",
    "{{ self._TemplateReference__context }}",
    "{{ config }}",
    "{{ request.application.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ dict.__base__ }}",
    "{{ range(3) }}",
    "{{ range(10**9) }}",
    "{{ namespace(a=1) }}",
    "{{ dict(a=1) }}",
    "{{ lipsum(n=1000000) }}",
    "{{ __import__('os').system('id') }}",
    "{{ import os }}",
    "{{ open('/etc/passwd').read() }}",
    "{{ eval('1') }}",
    "{{ exec('1') }}",
    "{{ getattr('', '__class__') }}",
    "{{ vars() }}",
    "{{ globals() }}",
    "{{ context }}",
    "{{ loop }}",
    "{{ caller() }}",
    "{{ varargs }}",
    "{{ super() }}",
    "{{ environment }}",
    "{{ _ }}",
    "{{ __builtins__ }}",
    # Airflow's own context
    "{{ ti }}",
    "{{ ti.xcom_pull('get') }}",
    "{{ task_instance }}",
    "{{ conn.orders_db.password }}",
    "{{ var.value.secret }}",
    "{{ var.json.secret }}",
    "{{ dag }}",
    "{{ dag_run.conf }}",
    "{{ task }}",
    "{{ macros.datetime }}",
    "{{ params }}",
    "{{ ds }}",
    "{{ outlet_events }}",
    "{{ trigger.conn }}",
    "{{ run.dag }}",
    # unicode look-alikes of names and underscores (Python folds them, this language must not)
    "{{ ''.__ｃｌａｓｓ__ }}",
    "{{ ''.＿＿class＿＿ }}",
    "{{ trigger.body.__ⅽlass__ }}",
    "{{ ｎｏｗ() }}",
    "{{ 𝓉𝒾 }}",
    # statements in disguise
    "{% if true %}a{% endif %}{{ 1 }}",
    "{{ 1 }}{% import 'os' as os %}",
    "{{ 1 }}{# {{ 2 }} #}",
    "{% if {{ 1 }} %}",
    "{% set x = 1 %}{{ x }}",
    "{% for i in [1] %}{{ i }}{% endfor %}",
    "{{ x = 1 }}",
    "{{ lambda: 1 }}",
    "{{ [x for x in [1]] }}",
    "{{ 1; 2 }}",
    "{{ trigger.body.id := 1 }}",
    "{{ }}",
    "{{ {{ 1 }} }}",
    "{{ 1 }",
    "{{ 'a }}",
    "{{ 1 if true }}",
    # string formatting
    "{{ '%s' % 1 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%(__class__)s' % trigger }}",
    "{{ trigger.body.name % trigger }}",
    "{{ now()|date_format('%1000000000d') }}",
    "{{ now()|date_format('%-1000000d') }}",
    "{{ now()|date_format('%_99999999Y') }}",
    "{{ now()|date_format('%c') }}",
    "{{ now()|date_format('%') }}",
    # zones are files
    "{{ now('../../../etc/passwd') }}",
    "{{ now('/etc/localtime') }}",
    "{{ now('\\u0000') }}",
]


@pytest.mark.parametrize("template", REFUSED)
def test_an_escape_is_refused(template: Any) -> None:
    with pytest.raises(ExpressionError):
        render(template, DATA)


BOMBS = [
    "{{ 'a' * 10**9 }}",
    "{{ 'a' * 999999999999 }}",
    "{{ trigger.body.name * 100000000 }}",
    "{{ [1] * 10**9 }}",
    "{{ [[1] * 10000] * 10000 }}",
    "{{ 10**(10**8) }}",
    "{{ 10**100000 }}",
    "{{ 2**1000000000 }}",
    "{{ (10**300) * (10**300) * (10**300) * (10**300) }}",
    "{{ 1e308 * 10 }}",
    "{{ 1e999 }}",
    "{{ 9**9**9**9 }}",
    "{{ 0.0000001 ** -99999999 }}",
    "{{ (2.0**1000) ** 9 }}",
    "{{ " + "9" * 5000 + " }}",
    "{{ 'a'|pad(1000000000) }}",
    "{{ ('a'*10000)|replace('a', 'b'*10000) }}",
    "{{ ('a'*100000)|replace('', 'b'*100000) }}",
    "{{ [1,1,1,1]|join('a'*9000000) }}",
    "{{ ('a,'*3000000)|split(',') }}",
    "{{ ('a'*9000000)|list }}",
    "{{ ('a'*4000000) ~ ('b'*4000000) ~ ('c'*4000000) }}",
    "{{ ('a'*9000000)|urlencode }}",
    "{{ ('<'*9000000)|escape }}",
    "{{ ('['*100000)|fromjson }}",
    "{{ ('[' * 500 ~ ']' * 500)|fromjson }}",
    "{{ 1|round(1000000000) }}",
    "{{ 1|format_number(1000000000) }}",
    "{{ now()|date_add(years=999999999) }}",
    "{{ now()|date_add(days=99999999999999) }}",
    "{{ now()|date_add(seconds=1e300) }}",
    "{{ 1e300|from_timestamp }}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{{ " + "[" * 5000 + "]" * 5000 + " }}",
    "{{ " + "not " * 4000 + "1 }}",
    "{{ " + "-" * 4000 + "1 }}",
    "{{ trigger" + ".a" * 4000 + " }}",
    "{{ trigger" + "[0]" * 4000 + " }}",
    "{{ 1" + "|string" * 2000 + " }}",
    "{{ 1" + " + 1" * 4000 + " }}",
    "{{ " + "1 if 1 else " * 1500 + "1 }}",
    "{{ " + "a" * 100_000 + " }}",
    "{{ 1 }}" + "a" * 300_000,
]


@pytest.mark.parametrize("template", BOMBS, ids=lambda text: text[:40])
def test_a_bomb_is_refused_quickly(template: Any) -> None:
    started = time.perf_counter()
    with pytest.raises(ExpressionError):
        render(template, DATA)
    # Generous, because the machine may be busy; without the guards these take minutes or all memory.
    assert time.perf_counter() - started < 5


def _shared(times: int, levels: int) -> str:
    """Return an expression whose value is small in memory, but has times ** levels items when written out."""
    value = "['x']"
    for _ in range(levels):
        value = f"((' ' * {times}) | list | map('trim') | map('default', {value}, true))"
    return value


# Each of these ran for minutes, in one call that nothing could stop, or filled the memory.
HIDDEN_BOMBS = [
    f"{{{{ {_shared(100, 5)} == {_shared(100, 5)} }}}}",
    f"{{{{ {_shared(100, 5)} in [{_shared(100, 5)}] }}}}",
    f"{{{{ [{_shared(100, 5)}] | index({_shared(100, 5)}) }}}}",
    f"{{{{ [{_shared(100, 5)}] | select('eq', {_shared(100, 5)}) | length }}}}",
    f"{{{{ [{_shared(100, 5)}] | unique | length }}}}",
    f"{{{{ [{{'a': {_shared(100, 5)}}}] | groupby('a') | length }}}}",
    "{{ (' ' * 5000) | list | map('pad', 1000000) | length }}",
    "{{ (' ' * 5000) | list | map('replace', ' ', 'b' * 1000000) | length }}",
    "{{ (' ' * 5000) | list | map('pad', 150000) | map('list') | length }}",
    "{{ (' ' * 5000) | list | map('get', 'a.' * 500000) | length }}",
    "{{ (' ' * 5000) | list | map('trim') | map('default', vars.many, true) | map('first') | length }}",
    "{{ (' ' * 5000) | list | map('trim') | map('default', ' ' * 1000000, true) | map('bool') | length }}",
    "{{ ('a' * 1000000) | trim('b' * 1000000) }}",
    "{{ [" + "vars.long[:-1]," * 1200 + "1] | length }}",
    "{{ [" + "vars.long | reverse," * 900 + "1] | length }}",
    "{{ vars.equal_starts | min | length }}",
]


@pytest.mark.parametrize("template", HIDDEN_BOMBS, ids=lambda text: text[:40])
def test_no_single_operation_works_for_long_or_makes_much(template: Any) -> None:
    from flowforge_provider.expressions import Limits

    starts = ["a" * 1_000_000 + str(number) for number in range(50)]
    data = {"vars": {"long": "x" * 1_000_000, "equal_starts": starts * 4000, "many": [1] * 200_000}}
    started = time.perf_counter()
    with pytest.raises(ExpressionError):
        render(template, data, limits=Limits(output_chars=1_048_576))
    assert time.perf_counter() - started < 5


def test_many_names_are_dropped_in_one_pass() -> None:
    data = {"vars": {"a": {f"key{number}": 1 for number in range(100_000)}}}
    template = "{{ vars.a | omit(" + ",".join(["'b'"] * 4000) + ") | length }}"
    assert render(template, data) == 100_000


def test_missing_fields_with_a_default_cost_no_search_for_near_names() -> None:
    from flowforge_provider.expressions import Limits

    data = {"vars": {"a": [{f"prize{number}": 1 for number in range(100)}] * 10_000}}
    template = "{{ vars.a | map(attribute='price', default=0) | sum }}"
    assert render(template, data, limits=Limits(time_s=5)) == 0
    with pytest.raises(ExpressionError, match="Did you mean"):
        render("{{ vars.a[0].price }}", data)


@pytest.mark.parametrize(
    "template",
    [
        "{{ '1e999' | fromjson | int }}",
        "{{ '1e999' | fromjson | floor }}",
        "{{ '-1e999' | fromjson | round }}",
        "{{ (2 ** 1023 + (2 ** 1023 - 1)) + 0.5 }}",
        "{{ (2 ** 1023 + (2 ** 1023 - 1)) - 0.5 }}",
        "{{ 0 ** -2000 }}",
        "{{ vars.digits | round }}",
        "{{ vars.digits | format_number }}",
        "{{ vars.digits + 0.5 }}",
        "{{ [vars.digits] | sum(start=0.5) }}",
    ],
)
def test_numbers_that_are_too_large_are_errors_of_the_language(template: Any) -> None:
    with pytest.raises(ExpressionError):
        render(template, {"vars": {"digits": 10**4000}})


def test_small_inputs_that_grow_by_sharing_are_counted_where_they_are_written() -> None:
    data = {"vars": {"a": ["x" * 1000] * 1000}}
    nested = "[vars.a, vars.a, vars.a, vars.a, vars.a, vars.a, vars.a, vars.a, vars.a, vars.a, vars.a]"
    with pytest.raises(ExpressionLimitError, match="larger than"):
        render(f"{{{{ {nested} }}}}", data)
    with pytest.raises(ExpressionLimitError, match="larger than"):
        render(f"{{{{ {nested} | tojson }}}}", data)
    with pytest.raises(ExpressionLimitError, match="larger than"):
        render(f"text {{{{ {nested} }}}}", data)


def test_time_is_limited() -> None:
    from flowforge_provider.expressions import Limits

    data = {"vars": {"a": [str(number) for number in range(20_000)]}}
    template = "{{ vars.a | sort | map('upper') | unique | sort | map('int') | sort | map('string') | join }}"
    with pytest.raises(ExpressionLimitError, match=r"took longer than 0\.01 s"):
        render(template, data, limits=Limits(time_s=0.01))


def test_many_expressions_share_one_budget_of_time() -> None:
    from flowforge_provider.expressions import Limits

    data = {"vars": {"a": list(range(2_000))}}
    with pytest.raises(ExpressionLimitError, match="took longer"):
        render(["{{ vars.a | sort | join }}"] * 2000, data, limits=Limits(time_s=0.05))


def test_an_expression_changes_no_data() -> None:
    data: dict[str, Any] = {"trigger": {"body": {"list": [3, 1, 2], "object": {"a": {"b": 1}}}}}
    result = render("{{ trigger.body | merge({'list': trigger.body.list | sort}) }}", data)
    assert data == {"trigger": {"body": {"list": [3, 1, 2], "object": {"a": {"b": 1}}}}}
    result["object"]["a"]["b"] = 2
    assert data["trigger"]["body"]["object"]["a"]["b"] == 1


def test_keys_that_look_like_methods_or_dunders_are_only_keys() -> None:
    data = {
        "trigger": {
            "items": 1,
            "keys": 2,
            "values": 3,
            "get": 4,
            "__class__": 5,
            "_id": 6,
            "pop": {"update": 7},
        }
    }
    template = (
        "{{ [trigger.items, trigger.keys, trigger.values, trigger.get, trigger.__class__, trigger._id] }}"
    )
    assert render(template, data) == [1, 2, 3, 4, 5, 6]
    assert render("{{ trigger.pop.update }}", data) == 7


class Leaky:
    """An object that must never get into an expression."""

    secret = "leaked"

    def __str__(self) -> str:
        return self.secret

    __repr__ = __str__

    def __html__(self) -> str:
        return self.secret

    def __json__(self) -> str:
        return self.secret


@pytest.mark.parametrize(
    "template",
    [
        "{{ trigger.leak }}",
        "{{ trigger.leak.secret }}",
        "{{ trigger.leak ~ '' }}",
        "a {{ trigger.leak }}",
        "{{ trigger }}",
        "{{ trigger | tojson }}",
        "{{ trigger.list | first }}",
        "{{ trigger.list }}",
        "{{ trigger.list | join }}",
        "{{ trigger.list | map(attribute='secret') }}",
        "{{ trigger.list | map('string') }}",
        "{{ trigger.list | unique }}",
        "{{ trigger.list | groupby('secret') }}",
        "{{ trigger.list | sort }}",
        "{{ trigger.list | flatten }}",
        "{{ trigger | items }}",
        "{{ trigger.deep | unique }}",
        "{{ trigger | values | join }}",
        "{{ trigger.nested.leak | default('x', true) }}",
        "{{ leak }}",
        "{{ leak.secret }}",
    ],
)
def test_objects_that_are_not_json_stay_out(template: Any) -> None:
    leak = Leaky()
    data = {
        "trigger": {"leak": leak, "deep": [[leak]], "list": [leak], "nested": {"leak": leak}},
        "leak": leak,
    }
    with pytest.raises(ExpressionError) as caught:
        render(template, data)
    assert "leaked" not in str(caught.value)


class BoobyTrapped(dict[str, Any]):
    """A dict whose methods do harm when they are called."""

    def __missing__(self, key: str) -> str:
        os.environ["FLOWFORGE_TRAP"] = "sprung"
        return "trap"

    def __getattr__(self, name: str) -> str:
        os.environ["FLOWFORGE_TRAP"] = "sprung"
        return "trap"


def test_subclasses_of_json_types_lose_their_behaviour(monkeypatch: Any) -> None:
    monkeypatch.delenv("FLOWFORGE_TRAP", raising=False)
    with pytest.raises(ExpressionError):
        render("{{ trigger.nothing }}", {"trigger": BoobyTrapped(a=1)})
    assert "FLOWFORGE_TRAP" not in os.environ


def test_what_an_expression_yields_is_not_rendered_again() -> None:
    data = {"trigger": {"body": "{{ steps.secret }}", "again": ["{{ 1 + 1 }}"]}}
    assert render("{{ trigger.body }}", data) == "{{ steps.secret }}"
    assert render("got {{ trigger.body }}", data) == "got {{ steps.secret }}"
    assert render({"a": "{{ trigger.again }}"}, data) == {"a": ["{{ 1 + 1 }}"]}


def test_the_environment_itself_runs_nothing() -> None:
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    assert isinstance(ENVIRONMENT, ImmutableSandboxedEnvironment)
    assert not ENVIRONMENT.globals
    assert not ENVIRONMENT.filters
    assert not ENVIRONMENT.tests
    for name in ("compile", "from_string", "compile_expression", "getattr", "getitem", "call", "call_filter"):
        with pytest.raises(SecurityError):
            getattr(ENVIRONMENT, name)("{{ 1 }}")
    assert not ENVIRONMENT.is_safe_callable(print)
    assert not ENVIRONMENT.is_safe_attribute("", "upper", None)


def test_the_language_has_nothing_but_its_fixed_lists() -> None:
    language = describe_language()
    names = {entry["name"] for kind in ("filters", "tests", "functions") for entry in language[kind]}
    forbidden = {
        "attr",
        "format",
        "xmlattr",
        "pprint",
        "safe",
        "random",
        "callable",
        "filter",
        "range",
        "dict",
    }
    forbidden |= {
        "lipsum",
        "cycler",
        "joiner",
        "namespace",
        "eval",
        "open",
        "regex",
        "env",
        "getattr",
        "import",
    }
    assert not names & forbidden
    assert {entry["name"] for entry in language["functions"]} == {"now", "today"}


@pytest.mark.parametrize(
    "template",
    ["{{ ''|attr('x') }}", "{{ a.b() }}", "{{ range(3) }}", "{% if a %}{{ b }}{% endif %}", "{{ a b }}"],
)
def test_most_escapes_are_found_before_a_run(template: Any) -> None:
    assert check(template)
