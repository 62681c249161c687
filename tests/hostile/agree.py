#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whether tools that know nothing of hypersdk agree that a package is bad.

    agree.py DIR

DIR is make-hostile.py's. Prints a line for each case: "ok NAME", with who
objects to what, or "not ok NAME". GNU tar, bsdtar and Python's tarfile judge
every archive; xmllint its descriptor, hashlib its digests, openssl its
signature and qemu-img its disk. Where none of them looks, by design, the case
is in OURS_ALONE, and must be one that indeed nobody objects to."""
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
import xml.etree.ElementTree as ET

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from spoil import ova  # noqa: E402

ENVELOPE = '{http://schemas.dmtf.org/ovf/envelope/1}'
# The rules of OVF; and limits, without which some tools take minutes.
NOT_THEIRS = ('bad_ovf', 'too_large', 'xml_limit')
# Name of the case (a pattern), and why no tool objects.
FOOTER = 'qemu-img goes by the footer alone'
TABLES = 'qemu-img reads only what the tables lead to'
OURS_ALONE = [(re.compile(pattern), why) for pattern, why in [
    ('name-nul(-in-prefix)?|long-with-nul-inside', 'a NUL ends a name'),
    ('endless-end', 'zeros may follow the end for ever'),
    ('long-link', 'the link of a regular file is of no account'),
    (r'vmdk-descriptor-(?!parent$).*', FOOTER + ': it trusts its descriptor'),
    ('vmdk-header-.*|vmdk-capacity-(2|63)-.*', FOOTER),
    ('vmdk-directory-(inside|far|0|1)', FOOTER),
    ('vmdk-footer-elsewhere|vmdk-image-after-image', FOOTER),
    ('vmdk-directory-entry(-0)?|vmdk-table-entry-(added|missing)', TABLES),
    ('vmdk-grains-swapped|vmdk-grain-(twice|odd|(just-)?beyond)', TABLES),
    ('(ovf-xml|folder)-(doctype|dtd-.*|parameter-entity|xxe)',
     'xmllint takes a DTD, and leaves it unread'),
]]


class Bad(Exception):
    pass


def run(*command):
    """None, or what a program says that fails or complains."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=300)
    if done.returncode == 0 and not done.stderr:
        return None
    lines = done.stderr.decode('utf-8', 'replace').splitlines() or ['fails']
    return '%s: %s' % (command[0], lines[0])


def need(fine, what):
    if not fine:
        raise Bad('python: ' + what)


def check_name(name):
    need(re.fullmatch(r'[^\0-\x1f\x7f/\\:*?\[\]%~.\ud800-\udfff]'
                      r'[^\0-\x1f\x7f/\\:*?\[\]%\ud800-\udfff]*', name) and
         len(name.encode()) < 256, 'the name %r' % name)


def folded(name):
    return unicodedata.normalize('NFKC', unicodedata.normalize(
        'NFKC', name).casefold())


def members(path):
    """Name to bytes of all that a tar may hold, in order."""
    files, seen, size = {}, set(), os.path.getsize(path)
    with tarfile.open(path, 'r:', errors='surrogateescape') as tar:
        for m in tar:
            need(m.isreg() and not m.issparse(), 'entry type %r' % m.type)
            need(not m.pax_headers, 'PAX')
            check_name(m.name)
            need(folded(m.name) not in seen, 'twice %s' % m.name)
            need(m.offset_data + m.size <= size, 'the archive is cut')
            need(len(seen) < 1024, 'too many entries')
            seen.add(folded(m.name))
            files[m.name] = tar.extractfile(m).read()
        end = tar.offset
    with open(path, 'rb') as f:
        f.seek(end)
        rest = f.read()
    need(not rest.strip(b'\0'), 'bytes after the end')
    need(len(rest) >= tarfile.BLOCKSIZE, 'no end')
    return files


def folder(path):
    files = {}
    for name in os.listdir(path):
        inner = os.path.join(path, name)
        need(os.path.isfile(inner) and not os.path.islink(inner),
             '%s is no file' % name)
        with open(inner, 'rb') as f:
            files[name] = f.read()
    return files


def one(files, suffix, least):
    found = [n for n in files if n.lower().endswith(suffix)]
    need(least <= len(found) <= 1, '%d files *%s' % (len(found), suffix))
    return found[0] if found else None


def check_digests(files, manifest, ovf, hrefs):
    lines = {}
    for line in files[manifest].decode('ascii', 'replace').splitlines():
        m = re.fullmatch(r'(SHA1|SHA256|SHA512)\(([^()\0]+)\) ?= ?'
                         r'([0-9a-fA-F]+)', line)
        need(m or not line, 'the manifest says %.50r' % line)
        if not m:
            continue
        algorithm, name, digest = m.groups()
        need(name in files, 'a digest of %s, which is not there' % name[:50])
        need(lines.setdefault(name, digest) == digest, 'two digests')
        need(hashlib.new(algorithm, files[name]).hexdigest() ==
             digest.lower(), 'another digest of ' + name)
    need(all(name in lines for name in [ovf] + hrefs), 'no digest')


def alone(label):
    return next((why for pattern, why in OURS_ALONE
                 if pattern.fullmatch(label)), None)


def check_references(files, root):
    hrefs = []
    for file in root.iter(ENVELOPE + 'File'):
        href = file.get(ENVELOPE + 'href', '')
        size = int(file.get(ENVELOPE + 'size', -1))
        check_name(href)
        names = [href]
        if file.get(ENVELOPE + 'chunkSize'):
            names = [n for n in files if re.fullmatch(
                re.escape(href) + r'\.\d{9}', n)]
            need(href + '.000000000' in names, 'no first chunk')
        need(all(n in files for n in names), 'no file ' + href)
        need(size in (-1, sum(len(files[n]) for n in names)),
             'another size of ' + href)
        hrefs += names
    need(len(set(hrefs)) == len(hrefs), 'a file referenced twice')
    return hrefs


def check_image(path, capacity):
    said = run('qemu-img', 'check', '-f', 'vmdk', path)
    if said:
        raise Bad(said)
    info = json.loads(subprocess.run(
        ['qemu-img', 'info', '--output=json', '-f', 'vmdk', path], check=True,
        stdout=subprocess.PIPE).stdout)
    if info['format-specific']['data']['create-type'] != 'streamOptimized':
        raise Bad('qemu-img: no streamOptimized image')
    if info['virtual-size'] > capacity:
        raise Bad('qemu-img: the disk is larger than the descriptor says')
    said = run('qemu-img', 'convert', '-f', 'vmdk', '-O', 'raw', path,
               path + '.raw')
    if said:
        raise Bad(said)


def check_signature(files, manifest, cert, tmp):
    """By openssl alone, as the standard says it: a line of hex, a PEM."""
    m = re.match(rb'(SHA1|SHA256|SHA512)\(([^()]+)\)= ([0-9a-fA-F]+)\n',
                 files[cert])
    need(m and manifest and m[2].decode() == manifest and len(m[3]) % 2 == 0,
         'no signature of the manifest')
    paths = {name: os.path.join(tmp, name) for name in ('pem', 'key', 'sig')}
    for name, data in (('pem', files[cert]),
                       ('sig', bytes.fromhex(m[3].decode()))):
        with open(paths[name], 'wb') as f:
            f.write(data)
    said = (run('openssl', 'x509', '-in', paths['pem'], '-noout', '-pubkey',
                '-out', paths['key']) or
            run('openssl', 'dgst', '-' + m[1].decode().lower(), '-verify',
                paths['key'], '-signature', paths['sig'],
                os.path.join(tmp, manifest)))
    if said:
        raise Bad(said)


def check_contents(files, tmp):
    ovf = one(files, '.ovf', 1)
    need(len(files[ovf]) <= 4 << 20, 'a descriptor of several MiB')
    for name, data in files.items():
        with open(os.path.join(tmp, name), 'wb') as f:
            f.write(data)
    said = run('xmllint', '--nonet', '--noout', os.path.join(tmp, ovf))
    if said:
        raise Bad(said)
    root = ET.fromstring(files[ovf])
    hrefs = check_references(files, root)
    manifest, cert = one(files, '.mf', 0), one(files, '.cert', 0)
    need(all(len(files[n]) <= 1 << 20 for n in (manifest, cert) if n),
         'a manifest or certificate of more than a MiB')
    if manifest:
        check_digests(files, manifest, ovf, hrefs)
    if cert:
        check_signature(files, manifest, cert, tmp)
    disk = os.path.join(tmp, 'whole')
    with open(disk, 'wb') as f:
        f.writelines(files[n] for n in hrefs)
    check_image(disk, sum(int(d.get(ENVELOPE + 'capacity'))
                          for d in root.iter(ENVELOPE + 'Disk')))


def objection(path):
    """Who says what against it; None: nobody anything."""
    try:
        with tempfile.TemporaryDirectory() as tmp:
            if os.path.isdir(path):
                check_contents(folder(path), tmp)
                return None
            said = run('tar', '-tf', path) or run('bsdtar', '-tf', path)
            if said:
                return said
            files = members(path)
            need(next(iter(files)).lower().endswith('.ovf'), 'not OVF first')
            check_contents(files, tmp)
    except Bad as bad:
        return str(bad)
    except (tarfile.TarError, OSError, ValueError, StopIteration,
            ET.ParseError) as bad:
        return 'python: %s %s' % (type(bad).__name__, bad)
    return None


def check_ourselves(tmp):
    """Who objects to everything judges nothing."""
    path = os.path.join(tmp, 'sound.ova')
    with open(path, 'wb') as f:
        f.write(ova())
    said = objection(path)
    print('not ok' if said else 'ok', 'a sound package:', said or 'no objection')


def main():
    with tempfile.TemporaryDirectory() as tmp:
        check_ourselves(tmp)
    with open(os.path.join(sys.argv[1], 'cases')) as f:
        lines = [line.split('\t') for line in f]
    for name, fault, kind, _ in lines:
        if kind in NOT_THEIRS:
            continue
        said = objection(os.path.join(sys.argv[1], name))
        label = name.removesuffix('.ova')
        why = alone(label)
        print('%s %s (%s): %s' % (
            'not ok' if bool(said) == bool(why) else 'ok', label, fault,
            re.sub('[^ -~]', '?', said or why or 'no objection')))


main()
