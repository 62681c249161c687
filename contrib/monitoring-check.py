#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges dashboards, rules and texts against a daemon's metrics.

usage: monitoring-check.py form DASHBOARD...
       monitoring-check.py names SCRAPE FILE...
       monitoring-check.py panels URL DASHBOARD...
       monitoring-check.py rules URL

form: the dashboards can be imported as they are. names: every metric that is
named in a dashboard (.json), in rules (.yml) or in a text is in SCRAPE, which
is an answer of /metrics. panels: the query of every panel, asked of the
Prometheus at URL, gives something. rules: so does every recording rule there,
and each is evaluated without an error. Prints what is wrong.
"""
import json
import re
import sys
import urllib.parse
import urllib.request

import yaml

wrong = 0


def complain(text):
    global wrong
    wrong += 1
    print(text)


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def panels(board):
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels", [])


def queries(board):
    """(title, query) of all panels."""
    for panel in panels(board):
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


# --- form ----------------------------------------------------------------------

def check_source(name, what, source):
    if source != {"type": "prometheus", "uid": "${datasource}"}:
        complain(f"{name}: {what}: the data source is {source}")


def check_places(name, board):
    taken = {}
    for panel in panels(board):
        at = panel["gridPos"]
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                if x >= 24 or (x, y) in taken:
                    complain(f"{name}: {panel['title']} lies over "
                             f"{taken.get((x, y), 'the edge')}")
                    return
                taken[x, y] = panel["title"]


def check_form(paths):
    uids = set()
    for path in paths:
        board = load(path)
        name = path.rsplit("/", 1)[-1]
        for key in ("uid", "title", "schemaVersion", "panels", "templating"):
            if not board.get(key):
                complain(f"{name}: there is no {key}")
        if board.get("uid") in uids or "id" in board or "__inputs" in board:
            complain(f"{name}: uid is not its own, or it was exported for one "
                     "Grafana")
        uids.add(board.get("uid"))
        variables = {v["name"]: v for v in board["templating"]["list"]}
        if variables.get("datasource", {}).get("type") != "datasource":
            complain(f"{name}: there is no variable for the data source")
        ids = [panel["id"] for panel in panels(board)]
        if len(ids) != len(set(ids)):
            complain(f"{name}: ids of panels are there twice")
        for panel in panels(board):
            if panel["type"] == "row":
                continue
            check_source(name, panel["title"], panel.get("datasource"))
            if not panel.get("targets"):
                complain(f"{name}: {panel['title']} asks nothing")
            for target in panel.get("targets", []):
                check_source(name, panel["title"], target.get("datasource"))
        check_places(name, board)


# --- names ---------------------------------------------------------------------

WORDS = {"and", "or", "unless", "offset", "bool", "by", "without", "on",
         "ignoring", "group_left", "group_right", "inf", "nan"}


def metrics_of(expr):
    """The metrics that a PromQL expression names."""
    expr = re.sub(r'"(\\.|[^"\\])*"', "", expr)
    expr = re.sub(r"\$__?\w+", "1m", expr)
    expr = re.sub(r"\{[^}]*\}", " ", expr)
    expr = re.sub(r"\[[^]]*\]", " ", expr)
    expr = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*"
                  r"\([^)]*\)", " ", expr)
    expr = re.sub(r"\boffset\s+\w+", " ", expr)
    return {word for word in
            re.findall(r"[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])", expr)
            if word.lower() not in WORDS}


def exposed(path):
    names = set()
    with open(path, encoding="utf-8") as file:
        for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", file.read(),
                                     re.M):
            names.add(name)
            if kind == "histogram":
                names |= {name + end for end in ("_bucket", "_sum", "_count")}
    return names


def named(path, recorded):
    if path.endswith(".json"):
        board = load(path)
        found = set()
        for _, expr in queries(board):
            found |= metrics_of(expr)
        for variable in board["templating"]["list"]:
            found |= set(re.findall(r"label_values\((\w+),",
                                    variable.get("definition", "")))
        return found
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if not path.endswith(".yml"):
        # The plugins' one symbol is no metric.
        return set(re.findall(r"\b(?:hypersdk|process)_[a-z0-9_]*[a-z0-9]\b",
                              text)) - {"hypersdk_plugin_v1"}
    found = set()
    for group in yaml.safe_load(text)["groups"]:
        for rule in group["rules"]:
            found |= metrics_of(rule["expr"])
            if "record" in rule:
                recorded.add(rule["record"])
    return found


def check_names(scrape, paths):
    known = exposed(scrape)
    used, recorded = {}, set()
    for path in paths:
        names = named(path, recorded)
        if not names:
            complain(f"{path} names no metric")
        for name in names:
            used.setdefault(name, path)
    for name in sorted(set(used) - known - recorded - {"up"}):
        complain(f"{used[name]}: {name} is not exposed")
    print(f"{len(used)} names")


# --- a live Prometheus ---------------------------------------------------------

VARIABLES = {"$__rate_interval": "1m", "$__interval": "30s", "$__range": "1h",
             "$instance": ".*"}


def ask(url, path, **query):
    with urllib.request.urlopen(f"{url}/api/v1/{path}?" +
                                urllib.parse.urlencode(query),
                                timeout=30) as answer:
        return json.load(answer)["data"]


def result_of(url, expr):
    try:
        return ask(url, "query", query=expr)["result"]
    except urllib.error.HTTPError as error:
        return error.read().decode()


def shows_number(url, expr, result):
    """Whether one is no NaN: if nothing happened lately, since the start."""
    def any_number(result):
        return isinstance(result, list) and any(
            series["value"][1] != "NaN" for series in result)
    ever = re.sub(r"\brate\(([^()\[\]]*)\[[^\]]*\]\)", r"\1", expr)
    return any_number(result) or any_number(result_of(url, ever))


def check_panels(url, paths):
    count = 0
    for path in paths:
        board = load(path)
        for title, expr in queries(board):
            for name, value in VARIABLES.items():
                expr = expr.replace(name, value)
            result = result_of(url, expr)
            count += 1
            if not isinstance(result, list) or not result:
                complain(f"{board['title']}: {title}: {result}: {expr}")
            elif not shows_number(url, expr, result):
                complain(f"{board['title']}: {title}: no number: {expr}")
    print(f"{count} queries")


def check_rules(url):
    count = 0
    for group in ask(url, "rules")["groups"]:
        for rule in group["rules"]:
            count += 1
            if rule["health"] != "ok":
                complain(f"{rule['name']}: {rule['health']} "
                         f"{rule.get('lastError', '')}")
            if rule["type"] == "recording" and \
                    not result_of(url, rule["name"]):
                complain(f"{rule['name']} is empty")
    if count == 0:
        complain("there are no rules")
    print(f"{count} rules")


def main():
    what = sys.argv[1:2]
    if what == ["form"] and len(sys.argv) > 2:
        check_form(sys.argv[2:])
    elif what == ["names"] and len(sys.argv) > 3:
        check_names(sys.argv[2], sys.argv[3:])
    elif what == ["panels"] and len(sys.argv) > 3:
        check_panels(sys.argv[2], sys.argv[3:])
    elif what == ["rules"] and len(sys.argv) == 3:
        check_rules(sys.argv[2])
    else:
        sys.exit(__doc__)
    sys.exit(wrong > 0)


main()
