#!/usr/bin/python3
"""sandbox.py UNIT [--write PATH]... COMMAND...: runs COMMAND with what UNIT, a
service of systemd, takes away from it, where no systemd is at work.

Not applied, because they hide places where the tests and what they test may
be: PrivateTmp, ProtectHome, PrivateDevices. User is user 1000 of a namespace,
who owns what the caller owns, and has no capability. A directive that is not
known here is an error.
"""
import ctypes
import errno
import os
import resource
import socket
import subprocess
import sys

import seccomp

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWUSER = 0x10000000
MS_REC, MS_SLAVE = 0x4000, 0x80000
MOUNT_ATTR_RDONLY, AT_RECURSIVE, SYS_MOUNT_SETATTR = 1, 0x8000, 442
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 24, 38, 47
# What is about the service manager, or cannot be done from here (see above).
IGNORED = set("""Type NotifyAccess ExecStart ExecReload User Group
    StateDirectory StateDirectoryMode RuntimeDirectory RuntimeDirectoryMode
    LoadCredential TimeoutStartSec TimeoutStopSec WatchdogSec Restart
    RestartSec RestartPreventExitStatus OOMPolicy AmbientCapabilities
    PrivateTmp ProtectHome PrivateDevices DevicePolicy PrivateMounts
    ProtectClock ProtectControlGroups ProtectKernelLogs ProtectKernelModules
    ProtectKernelTunables KeyringMode RemoveIPC SystemCallErrorNumber
    SystemCallArchitectures ReadWritePaths""".split())


def check(rc, what):
    if rc != 0:
        sys.exit(f"sandbox.py: {what}: {os.strerror(ctypes.get_errno())}")


def parse(path):
    service, section = {}, ""
    for line in open(path, encoding="utf-8"):
        line = line.strip()
        if line.startswith("["):
            section = line
        elif line and line[0] != "#" and section == "[Service]":
            name, value = line.split("=", 1)
            service.setdefault(name, []).append(value)
    return service


def writable(service):
    paths = [p for v in service.get("ReadWritePaths", []) for p in v.split()]
    for base, name in (("/var/lib", "StateDirectory"),
                       ("/run", "RuntimeDirectory")):
        paths += [f"{base}/{p}" for v in service.get(name, [])
                  for p in v.split()]
    return paths


def set_read_only(path, yes, recursive):
    attr = (ctypes.c_uint64 * 4)(MOUNT_ATTR_RDONLY if yes else 0,
                                 0 if yes else MOUNT_ATTR_RDONLY, 0, 0)
    check(LIBC.syscall(SYS_MOUNT_SETATTR, -100, path.encode(),
                       AT_RECURSIVE if recursive else 0, attr, 32),
          f"{path}: mount_setattr")


def mount(source, target, fstype, flags, data=None):
    check(LIBC.mount(source, target.encode(), fstype, flags, data),
          f"{target}: mount")


def protect_system(service, more):
    """The whole tree read-only, but for what the unit and the test allow."""
    keep = [p for p in writable(service) + more if os.path.isdir(p)]
    for path in keep:
        mount(path.encode(), path, None, 0x1000 | MS_REC)
    set_read_only("/", True, True)
    for path in keep:
        set_read_only(path, False, False)
    if service.get("ProcSubset") == ["pid"]:
        mount(b"proc", "/proc", b"proc", 0xe,
              b"hidepid=invisible,subset=pid")


def become_user():
    uid, gid = os.geteuid(), os.getegid()
    check(LIBC.unshare(CLONE_NEWUSER), "unshare the users")
    for name, text in (("setgroups", "deny"), ("uid_map", f"1000 {uid} 1"),
                       ("gid_map", f"1000 {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as out:
            out.write(text)


def drop_privileges():
    check(LIBC.prctl(PR_CAP_AMBIENT, 4, 0, 0, 0), "ambient capabilities")
    for cap in range(64):
        LIBC.prctl(PR_CAPBSET_DROP, cap, 0, 0, 0)  # EINVAL beyond the last
    check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def expand(names):
    calls = set()
    for name in names:
        if not name.startswith("@"):
            calls.add(name)
            continue
        out = subprocess.run(
            ["systemd-analyze", "--no-pager", "syscall-filter", name],
            check=True, capture_output=True, text=True).stdout
        calls |= expand(line.strip() for line in out.splitlines()[1:]
                        if not line.strip().startswith("#"))
    return calls


def call_filter(lists):
    allowed = expand(["@default"])
    for value in lists:
        if value.startswith("~"):
            allowed -= expand(value[1:].split()) - expand(["@default"])
        else:
            allowed |= expand(value.split())
    f = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for name in sorted(allowed):
        try:
            f.add_rule(seccomp.ALLOW, name)
        except RuntimeError:
            pass  # of another architecture
    return f


def argument_filter(service):
    f = seccomp.SyscallFilter(seccomp.ALLOW)
    no = seccomp.ERRNO(errno.EPERM)
    if "MemoryDenyWriteExecute" in service:
        f.add_rule(no, "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, 6, 6))
        f.add_rule(no, "mprotect", seccomp.Arg(2, seccomp.MASKED_EQ, 4, 4))
    if "RestrictNamespaces" in service:
        f.add_rule(no, "unshare")
        f.add_rule(no, "setns")
        for bit in range(25, 31):
            f.add_rule(no, "clone", seccomp.Arg(0, seccomp.MASKED_EQ,
                                                1 << bit, 1 << bit))
        f.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    if "LockPersonality" in service:
        f.add_rule(no, "personality")
    if "RestrictRealtime" in service:
        for policy in (1, 2, 6):
            f.add_rule(no, "sched_setscheduler",
                       seccomp.Arg(1, seccomp.EQ, policy))
    if "RestrictSUIDSGID" in service:
        for name, arg in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2),
                          ("mkdir", 1), ("mkdirat", 2)):
            for bit in (0o4000, 0o2000):
                f.add_rule(no, name, seccomp.Arg(arg, seccomp.MASKED_EQ, bit,
                                                 bit))
    families = {int(getattr(socket, name)) for value in
                service.get("RestrictAddressFamilies", [])
                for name in value.split()}
    for family in range(46) if families else ():
        if family not in families:
            f.add_rule(seccomp.ERRNO(errno.EAFNOSUPPORT), "socket",
                       seccomp.Arg(0, seccomp.EQ, family))
    return f


KNOWN = IGNORED | set("""UMask LimitNOFILE LimitCORE NoNewPrivileges
    CapabilityBoundingSet ProtectSystem PrivateIPC ProtectHostname ProtectProc
    ProcSubset LockPersonality MemoryDenyWriteExecute RestrictAddressFamilies
    RestrictNamespaces RestrictRealtime RestrictSUIDSGID
    SystemCallFilter""".split())


def main():
    args, more = sys.argv[1:], []
    service = parse(args.pop(0))
    while args[0] == "--write":
        more.append(args[1])
        del args[:2]
    unknown = sorted(set(service) - KNOWN)
    if unknown:
        sys.exit(f"sandbox.py does not know {', '.join(unknown)}: teach it")
    calls = call_filter(service["SystemCallFilter"])
    check(LIBC.unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC), "unshare")
    mount(None, "/", None, MS_REC | MS_SLAVE)
    protect_system(service, more)
    for name, what in (("LimitNOFILE", resource.RLIMIT_NOFILE),
                       ("LimitCORE", resource.RLIMIT_CORE)):
        limit = int(service[name][0])
        hard = resource.getrlimit(what)[1]
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)  # not ours to raise
        resource.setrlimit(what, (limit, limit))
    os.umask(int(service["UMask"][0], 8))
    become_user()
    drop_privileges()
    argument_filter(service).load()
    calls.load()
    os.execv(args[0], args)


main()
