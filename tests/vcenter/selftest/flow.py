#!/usr/bin/python3
"""Exports through pyvmomi, which knows nothing of how the server is made.

usage: flow.py READY-FILE OUT-DIR VM-PATH [cold|hot]
Prints TAP-free lines "key value"; files go to OUT-DIR.
"""
import hashlib
import json
import os
import ssl
import sys
import time
import urllib.request

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


def main():
    ready, out, path = json.load(open(sys.argv[1])), sys.argv[2], sys.argv[3]
    hot = len(sys.argv) > 4 and sys.argv[4] == "hot"
    os.makedirs(out, exist_ok=True)
    context = ssl.create_default_context(cafile=ready["ca_file"])
    host, port = ready["url"].split("/")[2].split(":")
    si = SmartConnect(host=host, port=int(port), user=ready["username"], pwd=ready["password"], sslContext=context)
    vm = find(si, path)
    ovf = si.content.ovfManager
    snap = None
    dry = ovf.CreateDescriptor(vm, vim.OvfManager.CreateDescriptorParams())
    print("dry-errors", len(dry.error))
    if hot:
        task = vm.CreateSnapshot_Task("selftest", "", False, True)
        WaitForTask(task, si=si)
        snap = task.info.result
        print("snapshot", vm.snapshot.currentSnapshot == snap)
        lease = snap.ExportSnapshot()
    else:
        lease = vm.ExportVm()
    while lease.state == vim.HttpNfcLease.State.initializing:
        time.sleep(0.02)
    if lease.state != "ready":
        sys.exit("lease: %s %s" % (lease.state, lease.error))
    lease.Progress(0)
    urls = lease.info.deviceUrl
    lease.SetManifestChecksumType([vim.KeyValue(key=u.key, value="sha256") for u in urls])
    files = []
    for n, u in enumerate(urls):
        address = u.url.replace("//*/", "//%s:%s/" % (host, port))
        name = "file-%d%s" % (n, os.path.splitext(u.targetId or "")[1][:5])
        digest = hashlib.sha256()
        with urllib.request.urlopen(address, context=context) as r, open(os.path.join(out, name), "wb") as f:
            assert r.headers.get("Content-Length") is None
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
        print("file", u.key.split("/")[-1], name, size, "disk" if u.disk else "other", e.capacity or 0, e.populatedSize or 0)
        f = vim.OvfManager.OvfFile(deviceId=u.key, path=name, size=size)
        if u.disk:
            f.capacity, f.populatedSize = e.capacity, e.populatedSize
        ovf_files.append(f)
    params = vim.OvfManager.CreateDescriptorParams(name="exported", ovfFiles=ovf_files, snapshot=snap)
    result = ovf.CreateDescriptor(vm, params)
    print("errors", len(result.error))
    with open(os.path.join(out, "exported.ovf"), "w") as f:
        f.write(result.ovfDescriptor)
    lease.Complete()
    print("state", lease.state)
    if hot:
        WaitForTask(snap.RemoveSnapshot_Task(False), si=si)
        print("snapshot-left", vm.snapshot is not None)
    Disconnect(si)


main()
