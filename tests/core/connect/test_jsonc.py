"""Reading and changing JSON with comments: one thing changes, and everything else stays as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskbell.connect.jsonc import MAX_DEPTH, JsoncError, Node, parse, skip_trivia
from deskbell.connect.jsonc_edit import insert, remove, replace, value_at

KEYS = st.sampled_from(["a", "b", "c", "mcpServers", "é\n", "//", "/*", ""])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
TRIVIA = st.lists(
    st.sampled_from([" ", "\t", "\n", "\r\n", "// note, {\n", "// note\r\n", "/* a \n b */", "/**/"]), max_size=3
).map("".join)


@st.composite
def written(draw: st.DrawFn, values: st.SearchStrategy[Any] = VALUES) -> str:
    """A value as somebody may have written it."""
    return draw(TRIVIA) + _written(draw, draw(values)) + draw(TRIVIA)


def _written(draw: st.DrawFn, value: Any) -> str:
    if isinstance(value, dict):
        parts = [
            f"{draw(TRIVIA)}{json.dumps(key)}{draw(TRIVIA)}:{draw(TRIVIA)}{_written(draw, item)}"
            for key, item in value.items()
        ]
    elif isinstance(value, list):
        parts = [draw(TRIVIA) + _written(draw, item) for item in value]
    else:
        return json.dumps(value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    last = draw(st.sampled_from(["", ","])) if parts else ""
    body = "".join(part + draw(TRIVIA) + ("," if n < len(parts) - 1 else last) for n, part in enumerate(parts))
    return opening + body + draw(TRIVIA) + closing


def keeps(text: str, changed: str) -> bool:
    """Whether every character of a text is still there, in its order."""
    rest = iter(changed)
    return all(character in rest for character in text)


def containers(node: Node, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Node]]:
    """Every object and list that a path leads to, with the path."""
    found = [(path, node)] if node.kind else []
    for number, child in enumerate(node.children):
        key = number if child.key is None else child.key
        if node.child(key) is child:
            found += containers(child.node, (*path, key))
    return found


@given(written())
def test_what_is_written_is_read(text: str) -> None:
    """With all its comments, commas and line ends, as Python reads the same without them."""
    plain = []

    def collect(node: Node) -> None:
        at = node.start
        for child in node.children:
            plain.append(text[at : at + 1] if at == node.start else ",")
            if child.key is not None:
                plain.append(json.dumps(child.key) + ":")
            collect(child.node)
            at = child.end
        plain.append(text[node.start : node.end] if not node.kind else ("" if node.children else node.kind))
        plain.append({"{": "}", "[": "]", "": ""}[node.kind])

    root = parse(text)
    collect(root)

    assert json.loads("".join(plain)) == root.value


@given(written(st.one_of(st.dictionaries(KEYS, VALUES, max_size=4), st.lists(VALUES, max_size=4))), VALUES, st.data())
def test_what_is_added_can_be_taken_away_again(text: str, value: Any, data: st.DataObject) -> None:
    """To the character, wherever it is added; meanwhile the text means what it should and nothing of it is missing."""
    path, container = data.draw(st.sampled_from(containers(parse(text))))
    key = "new" if container.kind == "{" else None
    added = insert(text, path, key, value)
    place = (*path, "new" if key else len(container.children))

    assert value_at(added, place) == value
    assert remove(added, place) == text
    before = parse(text).find(path)
    after = parse(added).find(path)
    assert before is not None
    assert after is not None
    assert after.value == (before.value | {"new": value} if key else [*before.value, value])
    assert keeps(text, added)


@given(written(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)), st.data())
def test_anything_can_be_taken_away(text: str, data: st.DataObject) -> None:
    """What is left means the same without it, and is still what it was when it is put back in."""
    path, container = data.draw(st.sampled_from([found for found in containers(parse(text)) if found[1].children]))
    key = data.draw(st.sampled_from(range(len(container.children))))
    name = key if container.kind == "[" else container.children[key].key
    assert name is not None
    child = container.child(name)
    assert child is not None
    rest = parse(remove(text, (*path, name))).find(path)

    assert rest is not None
    kept = [each.node.value for each in container.children if each is not child]
    assert [each.node.value for each in rest.children] == kept


@given(written(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)), VALUES, st.data())
def test_a_value_is_replaced_where_it_stands(text: str, value: Any, data: st.DataObject) -> None:
    """Everything before and behind it stays."""
    key = data.draw(st.sampled_from([child.key for child in parse(text).children]))
    assert key is not None
    node = parse(text).find([key])
    assert node is not None
    changed = replace(text, [key], value)

    assert value_at(changed, [key]) == value
    assert changed.startswith(text[: node.start])
    assert changed.endswith(text[node.end :])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '{\n  "k": {\n    "args": ["mcp"]\n  }\n}\n'),
        ("// mine", '// mine\n{\n  "k": {\n    "args": ["mcp"]\n  }\n}\n'),
        ("{}", '{\n  "k": {\n    "args": ["mcp"]\n  }\n}'),
        ('{"a": 1}', '{"a": 1, "k": {"args": ["mcp"]}}'),
        ('{\n\t"a": 1 // one\n}', '{\n\t"a": 1, // one\n\t"k": {\n\t\t"args": ["mcp"]\n\t}\n}'),
        ('{\r\n "a": 1,\r\n}', '{\r\n "a": 1,\r\n "k": {\r\n  "args": ["mcp"]\r\n },\r\n}'),
        ('\ufeff{\n    "a": 1\n}', '\ufeff{\n    "a": 1,\n    "k": {\n        "args": ["mcp"]\n    }\n}'),
    ],
)
def test_what_is_added_looks_like_its_surroundings(before: str, after: str) -> None:
    """Indentation, line ends, one line or many, a comma at the end."""
    assert insert(before, [], "k", {"args": ["mcp"]}) == after


def test_a_name_twice_means_its_last_value() -> None:
    """As every agent reads it."""
    text = '{"a": 1, "a": 2}'

    assert value_at(text, ["a"]) == 2
    assert replace(text, ["a"], 3) == '{"a": 1, "a": 3}'
    assert remove(text, ["a"]) == '{"a": 1}'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1, column 1: it ends where a value should be"),
        ("{", "line 1, column 2: it ends where a name in quotation marks or } should be"),
        ('{\n  "a": 1\n  "b": 2\n}', "line 3, column 3: a comma or } should be where '\"' stands"),
        ("{\n  a: 1\n}", "line 2, column 3: a name in quotation marks or } should be where 'a' stands"),
        ('{"a" 1}', "line 1, column 6: a colon should be where '1' stands"),
        ("{,}", "line 1, column 2: a name in quotation marks or } should be where ',' stands"),
        ("[1,,2]", "line 1, column 4: a value should be where ',' stands"),
        ("{} {}", "line 1, column 4: something stands behind the end"),
        ('{"a": "b\nc"}', "line 1, column 7: a value should be where '\"' stands"),
        ("{} /* open", "line 1, column 4: something stands behind the end"),
        ('{"a": 01}', "line 1, column 8: a comma or } should be where '1' stands"),
        ("[" * (MAX_DEPTH + 1), f"line 1, column {MAX_DEPTH + 1}: it is nested more than {MAX_DEPTH} levels deep"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, says: str) -> None:
    """So that a person finds it."""
    with pytest.raises(JsoncError) as refused:
        parse(text)

    assert str(refused.value) == says


def test_nothing_is_added_to_what_is_no_object() -> None:
    """It stays as it is."""
    with pytest.raises(JsoncError, match=r"^line 2, column 17: mcpServers is not an object$"):
        insert('{\n  "mcpServers": []\n}', ["mcpServers"], "a", 1)


def test_big_files_are_read_in_no_time() -> None:
    """An agent may keep all its state in the file that holds its settings."""
    text = json.dumps({str(number): {"history": ["x" * 50] * 10} for number in range(3000)}, indent=2)

    assert skip_trivia(text, 1) > 1
    assert value_at(insert(text, [], "k", 1), ["k"]) == 1
