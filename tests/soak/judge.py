# SPDX-License-Identifier: Apache-2.0
"""Whether the promises held."""
import os
import shutil
import sqlite3
import subprocess

from package import Broken, check_folder, check_ova, check_receipt

ENDED = ("completed", "failed", "cancelled")


class Judge:
    def __init__(self, world):
        self.world = world
        self.seen = {}  # package: (inode, files)
        self.disks = {}  # (vm, disk's name): its digest
        self.phases = {}
        self.at_rest_jobs = {"completed": 0, "cancelled": 0}

    def summary(self):
        return (f"{self.at_rest_jobs['completed']} jobs completed and proven, "
                f"{self.at_rest_jobs['cancelled']} cancelled")

    def phases_text(self):
        names = ("queued", "retry_wait", "preparing", "transferring",
                 "packaging", "publishing", "cancelling")
        return ", ".join(f"{n} {self.phases.get(n, 0)}" for n in names)

    # --- while it runs ------------------------------------------------------

    def look(self, api, jobs):
        """Every acknowledged job is there."""
        for at in range(0, len(jobs), 500):
            part = jobs[at:at + 500]
            status, reply = api.call("POST", "/jobs/query",
                                     {"job_ids": [j.id for j in part],
                                      "limit": 500})
            if status != 200:
                raise RuntimeError(f"/jobs/query: {status} {reply}")
            found = {j["definition"]["id"]: j for j in reply["jobs"]}
            for job in part:
                if job.id not in found:
                    raise Broken(f"acknowledged job {job.id} is lost")
                self.look_at(job, found[job.id])

    def look_at(self, job, shown):
        status = shown["status"]
        if job.status is not None and status != job.status:
            raise Broken(f"{job.id} was {job.status}, and now is {status}")
        if status == "failed":
            raise Broken(f"{job.id} ({job.vm}) failed: {shown['error']}")
        if status in ENDED:
            job.status = status
        if status == "completed" and job.cancel == "acknowledged":
            raise Broken(f"{job.id} was completed after its cancel was "
                         "acknowledged")
        if status == "cancelled" and job.cancel is None:
            raise Broken(f"{job.id} was cancelled by nobody")

    # --- dead ---------------------------------------------------------------

    def after_death(self, jobs):
        """Whatever is visible is whole; the database is sound."""
        for folder in os.listdir(self.world.out):
            self.check_place(f"{self.world.out}/{folder}")
        self.with_database(self.check_database)

    def check_place(self, place):
        for name in os.listdir(place):
            path = f"{place}/{name}"
            if name.startswith(".hyp-") or name.endswith(".receipt.json"):
                continue
            inode = os.stat(path).st_ino
            if path not in self.seen:
                self.seen[path] = (inode, self.check_package(path))
            elif self.seen[path][0] != inode:
                raise Broken(f"{path} was published twice")

    def check_package(self, path):
        if path.endswith(".ova"):
            files = check_ova(path)
        elif os.path.isdir(path):
            # Its receipt is inside, and came with it.
            copy = f"{self.world.folder}/copy"
            shutil.copytree(path, copy)
            os.remove(f"{copy}/receipt.json")
            files = check_folder(copy, path)
            shutil.rmtree(copy)
        else:
            raise Broken(f"{path}: what is this?")
        return files

    def with_database(self, check):
        """Of a copy: looking at the original would recover it."""
        copy = f"{self.world.folder}/db"
        shutil.rmtree(copy, ignore_errors=True)
        os.mkdir(copy)
        for name in ("jobs.db", "jobs.db-wal"):
            if os.path.exists(f"{self.world.state}/{name}"):
                shutil.copy(f"{self.world.state}/{name}", copy)
        if not os.path.exists(f"{copy}/jobs.db"):
            return
        said = subprocess.run(["sqlite3", f"{copy}/jobs.db",
                               "PRAGMA integrity_check;"],
                              capture_output=True, text=True)
        if said.stdout.strip() != "ok":
            raise Broken(f"integrity_check: {said.stdout}{said.stderr}")
        database = sqlite3.connect(f"{copy}/jobs.db")
        try:
            check(database)
        finally:
            database.close()

    def check_database(self, database):
        tables = database.execute("SELECT count(*) FROM sqlite_schema "
                                  "WHERE name = 'jobs'").fetchone()[0]
        if tables == 0:
            return
        for phase, n in database.execute("SELECT phase, count(*) FROM jobs "
                                         "WHERE phase <> '' GROUP BY phase"):
            self.phases[phase] = self.phases.get(phase, 0) + n
        if database.execute("PRAGMA foreign_key_check").fetchone():
            raise Broken("the database has rows whose job is gone")

    # --- at rest ------------------------------------------------------------

    def at_rest(self, jobs, unsure):
        """No job is open and no daemon runs: all must be as promised."""
        self.after_death(jobs)
        self.at_rest_jobs = {"completed": 0, "cancelled": 0}
        for job in jobs:
            self.check_outcome(job)
        self.with_database(lambda d: self.check_rows(d, jobs, unsure))
        self.check_left_over()
        self.make_room(jobs)

    def make_room(self, jobs):
        """What is proven goes, and must not come back."""
        for job in jobs:
            if not job.settled and os.path.isdir(job.folder):
                shutil.rmtree(job.folder)
            job.settled = True

    def check_outcome(self, job):
        self.at_rest_jobs[job.status] += 1
        if job.settled:
            if os.path.lexists(job.folder):
                raise Broken(f"{job.id} had ended as {job.status}, and "
                             f"{job.folder} is there again")
            return
        there = sorted(os.listdir(job.folder)) if os.path.isdir(
            job.folder) else []
        name = job.vm.rsplit("/", 1)[1]
        want = [name] if job.ovf else [f"{name}.ova",
                                       f"{name}.ova.receipt.json"]
        if job.status != "completed":
            want = []
        if there != want:
            raise Broken(f"{job.id} is {job.status}, and {job.folder} holds "
                         f"{there}")
        if job.status == "completed":
            self.check_proof(job, f"{job.folder}/{name}")

    def check_proof(self, job, base):
        package = base if job.ovf else f"{base}.ova"
        receipt = f"{base}/receipt.json" if job.ovf else \
            f"{base}.ova.receipt.json"
        files = self.seen[package][1]
        said = check_receipt(receipt, files, package)
        if said["job"] != job.id:
            raise Broken(f"{package}: is of job {said['job']}, not {job.id}")
        for name, (_, digest) in files.items():
            if name.endswith(".vmdk") and digest != self.disks.setdefault(
                    (job.vm, name), digest):
                raise Broken(f"{package}: {name} is not the disk that other "
                             "exports of this VM have found")

    def check_rows(self, database, jobs, unsure):
        known = {j.id for j in jobs}
        for job_id, folder in database.execute("SELECT id, output_path FROM "
                                               "jobs"):
            if job_id not in known and folder not in unsure:
                raise Broken(f"{job_id} is a job that nobody submitted")
        twice = database.execute(
            "SELECT job_id, count(*) FROM job_history WHERE status IN "
            "('completed', 'cancelled') GROUP BY job_id HAVING count(*) > 1"
        ).fetchall()
        twice += database.execute(
            "SELECT job_id, type, count(*) FROM events WHERE type IN "
            "('job.created', 'job.completed', 'job.cancelled') GROUP BY "
            "job_id, type HAVING count(*) > 1").fetchall()
        if twice:
            raise Broken(f"jobs that ended or began twice: {twice}")
        left = database.execute("SELECT job_id, name FROM "
                                "undo_records").fetchall()
        if left:
            raise Broken(f"undo records that nobody needs: {left}")

    def check_left_over(self):
        for folder, folders, files in os.walk(self.world.out):
            for name in folders + files:
                if name.startswith(".hyp-"):
                    raise Broken(f"left over: {folder}/{name}")
        left = os.listdir(self.world.snapshots)
        if left:
            raise Broken(f"synthetic snapshots are left: {left}")
        state = self.world.vcenter_state()
        ours = [s["name"] for s in state["snapshots"]]
        if ours or state["leases_open"] != 0:
            raise Broken(f"left in the vCenter: snapshots {ours}, "
                         f"{state['leases_open']} leases")
        changed = [v["path"] for v in state["vms"] if v["config_changed"]]
        if changed:
            raise Broken(f"changed in the vCenter: {changed}")
