# SPDX-License-Identifier: Apache-2.0
"""Judges a package on disk: GNU tar and coreutils' sha256sum against the
manifest, and both against the receipt. Knows nothing of hypersdk's code."""
import json
import os
import re
import shutil
import subprocess
import tempfile

LINE = re.compile(r"SHA256\((.+)\)= ([0-9a-f]{64})\Z")


class Broken(Exception):
    pass


def sha256(folder, names):
    """{name: digest} by sha256sum."""
    out = subprocess.run(["sha256sum", "--", *names], cwd=folder, check=True,
                         capture_output=True, text=True).stdout
    return {line[66:]: line[:64] for line in out.splitlines()}


def unpack(ova, folder):
    done = subprocess.run(["tar", "--extract", "--file", ova, "--directory",
                           folder], capture_output=True, text=True)
    if done.returncode != 0:
        raise Broken(f"{ova}: tar: {done.stderr.strip()}")


def check_folder(folder, what):
    """Every file is listed in the manifest and is what that says. Returns
    {name: (size, digest)}, the manifest too."""
    names = sorted(os.listdir(folder))
    manifests = [n for n in names if n.endswith(".mf")]
    if len(manifests) != 1 or not any(n.endswith(".ovf") for n in names):
        raise Broken(f"{what}: holds {names}")
    found = sha256(folder, names)
    said = {}
    with open(os.path.join(folder, manifests[0])) as lines:
        for line in lines:
            match = LINE.match(line.rstrip("\n"))
            if match is None:
                raise Broken(f"{what}: manifest line {line!r}")
            said[match[1]] = match[2]
    if {n: d for n, d in found.items() if n != manifests[0]} != said:
        raise Broken(f"{what}: the files are not those of the manifest")
    return {n: (os.stat(os.path.join(folder, n)).st_size, found[n])
            for n in names}


def check_receipt(path, files, what):
    with open(path) as text:
        receipt = json.load(text)
    listed = {f["name"]: f for f in receipt["files"]}
    for name, (size, digest) in files.items():
        if name not in listed:
            raise Broken(f"{what}: {name} is not in the receipt")
        entry = listed[name]
        if entry["size"] != size or entry["sha256"] != digest:
            raise Broken(f"{what}: {name} is not what the receipt says")
    return receipt


def check_ova(ova):
    """Its files; Broken if it is not whole."""
    folder = tempfile.mkdtemp(prefix="soak-", dir=os.path.dirname(ova) + "/..")
    try:
        unpack(ova, folder)
        return check_folder(folder, ova)
    finally:
        shutil.rmtree(folder)
