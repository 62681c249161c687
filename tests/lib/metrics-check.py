#!/usr/bin/python3
# metrics-check.py URL [TOKEN]: a live scrape, judged: both formats by the
# parsers of python3-prometheus-client, which others than we have written, and
# by what they do not look for: samples or families that are there twice,
# buckets that are not cumulative, series over the limit, two formats that do
# not say the same. Prints what is wrong, and at last how many samples it saw.
import re
import sys
import urllib.request
from prometheus_client import parser as text_parser
from prometheus_client.openmetrics import parser as open_parser

LIMIT = 2000
OPEN = "application/openmetrics-text; version=1.0.0"
wrong = 0


def complain(text):
    global wrong
    wrong += 1
    print(text)


def get(accept):
    request = urllib.request.Request(sys.argv[1], headers={"Accept": accept})
    if len(sys.argv) > 2:
        request.add_header("Authorization", "Bearer " + sys.argv[2])
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.headers["Content-Type"], answer.read()


def check_text(name, data):
    text = data.decode("utf-8")
    heads = re.findall(r"^# (HELP|TYPE|UNIT) (\S+)", text, re.M)
    for head in heads:
        if heads.count(head) > 1:
            complain(f"{name}: {head} is there twice")
    seen = set()
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            series = line[:line.rindex(" ")]
            if series in seen:
                complain(f"{name}: {series} is there twice")
            seen.add(series)
    if len(seen) > LIMIT:
        complain(f"{name}: {len(seen)} samples")
    return len(seen)


def check_histogram(name, family):
    buckets = {}
    for s in family.samples:
        labels = {k: v for k, v in s.labels.items() if k != "le"}
        key = tuple(sorted(labels.items()))
        if s.name.endswith("_bucket"):
            buckets.setdefault(key, []).append(
                (float(s.labels["le"]), s.value))
    counts = {tuple(sorted(s.labels.items())): s.value
              for s in family.samples if s.name.endswith("_count")}
    for key, rows in buckets.items():
        values = [value for _, value in rows]
        if values != sorted(values) or rows != sorted(rows):
            complain(f"{name}: {family.name}{key} is not cumulative")
        if rows[-1][0] != float("inf") or rows[-1][1] != counts.get(key):
            complain(f"{name}: {family.name}{key}: +Inf is not its count")


def families(name, data, parse):
    found = {}
    for family in parse(data.decode("utf-8")):
        if not family.documentation:
            complain(f"{name}: {family.name} has no help")
        if family.type not in ("counter", "gauge", "histogram"):
            complain(f"{name}: {family.name} is a {family.type}")
        if family.type == "histogram":
            check_histogram(name, family)
        found[family.name] = family
    return found


kind, plain = get("text/plain;version=0.0.4")
if kind != "text/plain; version=0.0.4; charset=utf-8":
    complain(f"text: the type is {kind}")
kind, opened = get(OPEN)
if kind != OPEN + "; charset=utf-8":
    complain(f"openmetrics: the type is {kind}")
samples = check_text("text", plain)
check_text("openmetrics", opened)
one = families("text", plain, text_parser.text_string_to_metric_families)
two = families("openmetrics", opened,
               open_parser.text_string_to_metric_families)
if sorted(one) != sorted(two):
    complain(f"not the same families: {sorted(set(one) ^ set(two))}")
for name in set(one) & set(two):
    if one[name].type != two[name].type:
        complain(f"{name}: {one[name].type} and {two[name].type}")
print(f"{samples} samples")
sys.exit(wrong > 0)
