#!/usr/bin/python3
"""run-docs.py FILE WORLD.json: the shell blocks of a page as one bash script,
on standard output, and its configuration blocks as WORLD/conf-N.conf. A block is
indented by four blanks; its first word says what it is. WORLD.json:
{"dir": ..., "replace": [[what, by what], ...]}: in that order, in all of it.
"""
import json
import re
import sys

SHELL = set("""hypersdk hypersdkd curl export openssl jq tar mkdir cp cat sudo
    make autoreconf ./configure qemu-img systemd-analyze cd ./quickstart (umask
    (cd promtool prometheus docker""".split())
CONF = re.compile(r"^[a-z_]+ = [({\[\"]")


def words_of(line):
    return line.split()[:1]


def blocks(text):
    block = []
    for line in text.splitlines() + ["end"]:
        if line.startswith("    ") or (block and not line.strip()):
            # Configuration, a blank line, then commands: two blocks.
            if block and not block[-1].strip() and CONF.match(block[0]) and \
                    set(words_of(line)) & SHELL:
                yield block
                block = []
            block.append(line[4:])
        elif block:
            yield block
            block = []


def main():
    world = json.load(open(sys.argv[2], encoding="utf-8"))
    text = open(sys.argv[1], encoding="utf-8").read()
    for what, by in world["replace"]:
        text = text.replace(what, by)
    confs = 0
    for block in blocks(text):
        first = "".join(words_of(block[0]))
        if any("\u2500" <= c <= "\u25ff" for line in block for c in line):
            continue  # a figure
        if first in SHELL:
            script = "\n".join(block).rstrip()
            print(f"echo {json.dumps('> ' + block[0])} >&2")
            print(script)
        elif CONF.match(block[0]):
            confs += 1
            with open(f"{world['dir']}/conf-{confs}.conf", "w",
                      encoding="utf-8") as out:
                out.write("\n".join(block) + "\n")
        elif any(re.match(r"(hypersdkd?|curl) ", line) for line in block):
            sys.exit(f"{sys.argv[1]}: a block with commands begins with "
                     f"\"{first}\", which run-docs.py does not know")


main()
