#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""openapi-check.py DOCUMENT: is it OpenAPI 3.1 as far as we use it, and does
every reference lead somewhere?
openapi-check.py DOCUMENT METHOD PATH STATUS < ANSWER: is the answer what the
document says of this route? Judges for themselves: no code of ours."""
import json
import re
import sys

doc = json.load(open(sys.argv[1]))
problems = []


def wrong(where, what):
    problems.append(f"{where}: {what}")


def resolve(reference):
    node = doc
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


TYPES = {"string": str, "integer": int, "number": (int, float),
         "boolean": bool, "array": list, "object": dict,
         "null": type(None)}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


def fits(value, schema, where):
    """A validator of the keywords that the document has."""
    if "$ref" in schema:
        return fits(value, resolve(schema["$ref"]), where)
    if "anyOf" in schema or "oneOf" in schema:
        kept = list(problems)
        good = 0
        for choice in schema.get("anyOf", schema.get("oneOf")):
            before = len(problems)
            fits(value, choice, where)
            good += len(problems) == before
            del problems[before:]
        problems[:] = kept
        if good == 0 or ("oneOf" in schema and good != 1):
            wrong(where, f"fits {good} of the choices")
        return None
    types = schema.get("type", list(TYPES))
    types = types if isinstance(types, list) else [types]
    if not any(isinstance(value, TYPES[t]) and
               not (isinstance(value, bool) and t in ("integer", "number"))
               for t in types):
        wrong(where, f"{value!r} is no {types}")
        return None
    if "enum" in schema and value not in schema["enum"]:
        wrong(where, f"{value!r} is not in {schema['enum']}")
    if isinstance(value, str):
        if schema.get("format") == "date-time" and not TIME.match(value):
            wrong(where, f"{value!r} is no time")
        if len(value) < schema.get("minLength", 0):
            wrong(where, "too short")
    if isinstance(value, list):
        for i, item in enumerate(value):
            fits(item, schema.get("items", {}), f"{where}/{i}")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                wrong(where, f"{name} is missing")
        for name, member in value.items():
            if name in known:
                fits(member, known[name], f"{where}/{name}")
            elif schema.get("additionalProperties") is False:
                wrong(where, f"{name} is not in the schema")
            elif isinstance(schema.get("additionalProperties"), dict):
                fits(member, schema["additionalProperties"],
                     f"{where}/{name}")
    return None


KEYWORDS = {"$ref", "type", "properties", "required", "additionalProperties",
            "items", "enum", "format", "description", "minimum", "maximum",
            "minLength", "maxLength", "minItems", "maxItems", "oneOf", "anyOf",
            "writeOnly"}


def check_schema(schema, where):
    for key in schema:
        if key not in KEYWORDS:
            wrong(where, f"unknown keyword {key}")
    if "$ref" in schema:
        try:
            resolve(schema["$ref"])
        except KeyError:
            wrong(where, f"{schema['$ref']} leads nowhere")
    for name, member in schema.get("properties", {}).items():
        check_schema(member, f"{where}/{name}")
    for name in schema.get("required", []):
        if name not in schema.get("properties", {}):
            wrong(where, f"required {name} is no property")
    for key in ("oneOf", "anyOf"):
        for i, member in enumerate(schema.get(key, [])):
            check_schema(member, f"{where}/{key}/{i}")
    if isinstance(schema.get("items"), dict):
        check_schema(schema["items"], f"{where}/items")


def check_operation(path, method, op, ids):
    where = f"{method} {path}"
    for key in ("operationId", "summary", "responses", "security",
                "parameters"):
        if key not in op:
            wrong(where, f"no {key}")
    if op.get("operationId") in ids:
        wrong(where, "operationId is not unique")
    ids.add(op.get("operationId"))
    named = {p["name"] for p in op["parameters"] if p["in"] == "path"}
    if named != set(re.findall(r"{(\w+)}", path)):
        wrong(where, f"path parameters {named}")
    for p in op["parameters"]:
        if p["in"] == "path" and not p["required"]:
            wrong(where, f"{p['name']} must be required")
        check_schema(p["schema"], where)
    if (op["security"] == []) != (op["x-role"] == "open"):
        wrong(where, "security and role disagree")
    for scheme in op["security"]:
        for name in scheme:
            if name not in doc["components"]["securitySchemes"]:
                wrong(where, f"no security scheme {name}")
    bodies = list(op["responses"].values())
    if "requestBody" in op:
        bodies.append(op["requestBody"])
        if method == "get":
            wrong(where, "GET with a body")
    for body in bodies:
        for media in body["content"].values():
            check_schema(media["schema"], where)
    if "default" not in op["responses"]:
        wrong(where, "no default response")


def check_document():
    if doc["openapi"] != "3.1.0" or not doc["info"]["title"] or \
            not doc["info"]["version"]:
        wrong("/", "no OpenAPI 3.1 document")
    ids = set()
    for path, item in doc["paths"].items():
        for method, op in item.items():
            if method not in ("get", "post", "put", "delete"):
                wrong(path, f"no such method: {method}")
            check_operation(path, method, op, ids)
    used = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(doc)))
    for name, schema in doc["components"]["schemas"].items():
        check_schema(schema, name)
        if name not in used:
            wrong(name, "nobody refers to it")


def check_answer(method, path, status):
    op = doc["paths"][path][method.lower()]
    body = op["responses"].get(status, op["responses"]["default"])
    media = body["content"]["application/json"]
    fits(json.load(sys.stdin), media["schema"], "")


if len(sys.argv) == 2:
    check_document()
else:
    check_answer(*sys.argv[2:5])
print("\n".join(problems))
sys.exit(1 if problems else 0)
