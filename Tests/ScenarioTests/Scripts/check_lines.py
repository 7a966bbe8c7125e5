"""Holds lines of JSON against the schema that `chat schema` prints: check_lines.py SCHEMA < LINES

Knows as much of JSON Schema as our own schema uses, and refuses to guess about more.
"""

import datetime
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
shapes = schema["$defs"]
assert schema["oneOf"] == [{"$ref": f"#/$defs/{name}"} for name in shapes], "the document names each shape once"
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}


def fits(value, rule, where):
    assert set(rule) <= {"type", "format", "items", "const", "enum", "description", "properties", "required"}, f"{where}: rule {rule}"
    if "const" in rule:
        assert value == rule["const"] and type(value) is type(rule["const"]), where
    if "enum" in rule:
        assert value in rule["enum"], where
    if "type" in rule:
        assert isinstance(value, TYPES[rule["type"]]), where
        assert rule["type"] == "boolean" or not isinstance(value, bool), where
    if rule.get("format") == "date-time":
        assert datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ") and len(value) == 24, where
    if rule.get("format") == "uuid":
        assert [len(part) for part in value.split("-")] == [8, 4, 4, 4, 12], where
    for item in value if "items" in rule else ():
        fits(item, rule["items"], where)
    if "properties" in rule:
        assert set(rule["required"]) <= set(value) <= set(rule["properties"]), where
        for key, part in value.items():
            fits(part, rule["properties"][key], f"{key} of {where}")


count = 0
for line in sys.stdin.buffer:
    assert line.endswith(b"\n") and all(byte >= 0x20 for byte in line[:-1]), f"not one line: {line}"
    entry = json.loads(line, object_pairs_hook=lambda pairs: dict(pairs) if len(dict(pairs)) == len(pairs) else 1 / 0)
    shape = shapes[entry["head"]]
    for key in shape["required"]:
        assert key in entry, f"{key} is missing: {line}"
    for key, value in entry.items():
        assert key in shape["properties"], f"{key} is not in the schema: {line}"
        fits(value, shape["properties"][key], f"{key}: {line}")
    count += 1
assert count > 0, "no line"
