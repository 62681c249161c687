#!/usr/bin/python3
"""later.py FROM TO: the headers of FROM/hypersdk as a later 1.x may have them,
into TO/hypersdk: each struct that may grow has grown."""
import glob
import os
import re
import sys

# types.h, option.h and store.h say so.
NEVER = {"hyp_error", "hyp_digest", "hyp_secret", "hyp_list",
         "hyp_store_counts"}


def grown(struct):
    more = "" if struct[1] in NEVER else "\tuint64_t later[2];\n"
    return struct[0][:-2] + more + "};"


os.makedirs(f"{sys.argv[2]}/hypersdk", exist_ok=True)
for path in glob.glob(f"{sys.argv[1]}/hypersdk/*.h"):
    header = open(path, encoding="utf-8").read()
    header = re.sub(r"^struct (\w+) \{$.*?^\};", grown, header,
                    flags=re.S | re.M)
    with open(f"{sys.argv[2]}/hypersdk/{os.path.basename(path)}", "w",
              encoding="utf-8") as out:
        out.write(header)
