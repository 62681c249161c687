#!/usr/bin/python3
"""layout.py program DIR...: a C program, on standard output, that prints where
each member of each struct in DIR/hypersdk/*.h lies and what it is, and each
function, number and text declared there. layout.py text DIR: the headers themselves,
without comments and blanks."""
import glob
import os
import re
import sys

# Help for tests, and no part of the interface.
OUTSIDE = {"fake-host.h"}


def headers(folder):
    for path in sorted(glob.glob(f"{folder}/hypersdk/*.h")):
        if os.path.basename(path) not in OUTSIDE:
            yield path


def text(path):
    """Joined lines, no comments, one blank at most: what a compiler reads."""
    source = open(path, encoding="utf-8").read().replace("\\\n", " ")
    source = re.sub(r"/\*.*?\*/", " ", source, flags=re.S)
    lines = (re.sub(r"\s+", " ", line).strip() for line in source.split("\n"))
    return "\n".join(line for line in lines if line)


def members(body):
    """Name and declaration of each; of several in one, the whole of it."""
    while body.strip():
        pointer = re.match(r"[^;(]*\(\s*\*\s*(\w+)\s*\)\s*\(", body)
        end = body.index(";")
        what = " ".join(body[:end].split())
        if pointer and pointer.end() <= end:
            yield pointer[1], what
        elif what:
            for one in what.split(","):
                yield re.search(r"(\w+)\s*(\[[^]]*\])?\s*$", one)[1], what
        body = body[end + 1:]


def program(folder):
    print("#include <stdio.h>")
    for path in headers(folder):
        print(f"#include <hypersdk/{os.path.basename(path)}>")
    print("#define AT(s, m) offsetof(struct s, m), "
          "sizeof(((struct s *)0)->m)\nint main(void)\n{")
    for path in headers(folder):
        source = text(path)
        for struct in re.finditer(r"^struct (\w+) \{$(.*?)^\};$", source,
                                  re.S | re.M):
            name, known = struct[1], []
            print(f'printf("struct {name} %zu\\n", sizeof(struct {name}));')
            for member, what in members(struct[2]):
                known.append(f"sizeof(((struct {name} *)0)->{member})")
                print(f'printf("{name}.{member} %zu %zu {what}\\n", '
                      f"AT({name}, {member}));")
            # No holes, which compilers could fill; and none was overlooked.
            print(f"_Static_assert(sizeof(struct {name}) == "
                  f'{" + ".join(known)}, "{name} has a hole");')
        # Functions and their types, which are most of a library's header.
        for it in re.finditer(r"^(?:typedef )?(?:const )?(?:void|u?int32_t|char) "
                              r"\*?(\w+)\([^;{}]*\);", source, re.M):
            print(f'printf("{it[1]} {" ".join(it[0].split())}\\n");')
        for name in re.findall(r"^#define (HYP\w+) [^\n]", source, re.M):
            if re.search(rf"^#define {name} \"", source, re.M):
                print(f'printf("{name} %s\\n", {name});')
            elif not re.search(rf"^#define {name} (extern|__attr)", source,
                               re.M):
                print(f'printf("{name} %lld\\n", (long long)({name}));')
    print("return 0;\n}")


if sys.argv[1] == "program":
    program(sys.argv[2])
else:
    for header in headers(sys.argv[2]):
        print(f"== {os.path.basename(header)}\n{text(header)}")
