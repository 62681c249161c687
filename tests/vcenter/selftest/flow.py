#!/usr/bin/python3
"""Exports through pyvmomi, which knows nothing of how the server is made.

usage: flow.py READY-FILE OUT-DIR VM-PATH cold|hot [VM-PATH cold|hot]...
Prints one TAP line (without its number) per VM; files go to OUT-DIR/0, /1, ...
"""
import hashlib
import http.client
import json
import os
import ssl
import sys
import time
import traceback
import urllib.parse

from pyVim.connect import Disconnect, SmartConnect
from pyVim.task import WaitForTask
from pyVmomi import vim


def find(si, path):
    view = si.content.viewManager.CreateContainerView(si.content.rootFolder, [vim.VirtualMachine], True)
    try:
        for vm in view.view:
            names, at = [], vm
            while at.parent is not None:
                names.insert(0, at.name)
                at = at.parent
            if "/" + "/".join(names) == path:
                return vm
    finally:
        view.Destroy()
    sys.exit("no VM " + path)


def fetch(address, thumbprint, context):
    """Opens a download; a host with a thumbprint is checked against it."""
    u = urllib.parse.urlsplit(address)
    if thumbprint:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    c = http.client.HTTPSConnection(u.hostname, u.port, context=context)
    c.connect()
    if thumbprint:
        seen = hashlib.sha1(c.sock.getpeercert(True)).hexdigest().upper()
        assert ":".join(seen[i:i + 2] for i in range(0, 40, 2)) == thumbprint, (seen, thumbprint)
    c.request("GET", u.path)
    r = c.getresponse()
    assert r.status == 200 and r.getheader("Content-Length") is None, (r.status, r.getheaders())
    return r


def export(si, host, port, context, path, hot, out):
    """The whole of an export; everything unexpected is an exception."""
    os.makedirs(out)
    vm = find(si, path)
    ovf = si.content.ovfManager
    snap = None
    dry = ovf.CreateDescriptor(vm, vim.OvfManager.CreateDescriptorParams())
    assert not dry.error, dry.error
    if hot:
        task = vm.CreateSnapshot_Task("selftest", "", False, True)
        WaitForTask(task, si=si)
        snap = task.info.result
        assert vm.snapshot.currentSnapshot == snap
        lease = snap.ExportSnapshot()
    else:
        lease = vm.ExportVm()
    while lease.state == vim.HttpNfcLease.State.initializing:
        time.sleep(0.01)
    assert lease.state == "ready", (lease.state, lease.error)
    lease.Progress(0)
    urls = lease.info.deviceUrl
    lease.SetManifestChecksumType([vim.KeyValue(key=u.key, value="sha256") for u in urls])
    files = []
    for n, u in enumerate(urls):
        address = u.url.replace("//*/", "//%s:%s/" % (host, port))
        name = "file-%d%s" % (n, os.path.splitext(u.targetId or "")[1][:5])
        digest = hashlib.sha256()
        with fetch(address, u.sslThumbprint, context) as r, open(os.path.join(out, name), "wb") as f:
            while True:
                block = r.read(1 << 20)
                if not block:
                    break
                digest.update(block)
                f.write(block)
        files.append((u, name, digest.hexdigest(), os.path.getsize(os.path.join(out, name))))
        lease.Progress(100 * (n + 1) // len(urls))
    manifest = {e.key: e for e in lease.GetManifest()}
    ovf_files = []
    for u, name, digest, size in files:
        e = manifest[u.key]
        assert e.checksum == digest and e.checksumType == "sha256" and e.size == size, (u.key, e)
        f = vim.OvfManager.OvfFile(deviceId=u.key, path=name, size=size)
        if u.disk:
            f.capacity, f.populatedSize = e.capacity, e.populatedSize
        ovf_files.append(f)
    params = vim.OvfManager.CreateDescriptorParams(name="exported", ovfFiles=ovf_files, snapshot=snap)
    result = ovf.CreateDescriptor(vm, params)
    assert not result.error, result.error
    with open(os.path.join(out, "exported.ovf"), "w") as f:
        f.write(result.ovfDescriptor)
    lease.Complete()
    assert lease.state == "done", lease.state
    if hot:
        WaitForTask(snap.RemoveSnapshot_Task(False), si=si)
        assert vm.snapshot is None


def main():
    ready, out, jobs = json.load(open(sys.argv[1])), sys.argv[2], sys.argv[3:]
    context = ssl.create_default_context(cafile=ready["ca_file"])
    host, port = ready["url"].split("/")[2].split(":")
    si = SmartConnect(host=host, port=int(port), user=ready["username"], pwd=ready["password"], sslContext=context)
    for n in range(0, len(jobs), 2):
        name = "pyvmomi exports %s (%s)" % (jobs[n], jobs[n + 1])
        try:
            export(si, host, port, context, jobs[n], jobs[n + 1] == "hot", os.path.join(out, str(n // 2)))
            print("ok - " + name)
        except Exception:  # pylint: disable=broad-except
            print("not ok - " + name)
            print("# " + traceback.format_exc().replace("\n", "\n# "))
    Disconnect(si)


main()
