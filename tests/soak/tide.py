# SPDX-License-Identifier: Apache-2.0
"""Those who want exports: submits, cancels, asks again."""
import json
import os
import subprocess
import threading
import uuid

from daemon import LOST

OPEN_MAX = 14  # jobs that wait or run; more are not submitted


class Job:
    """One definition that was sent."""

    def __init__(self, definition):
        self.definition = definition
        self.folder = definition["output_path"]
        self.vm = definition["vm_path"]
        self.ovf = definition["format"] == "ovf"
        self.id = None  # acknowledged
        self.cancel = None  # "sent", or "acknowledged"
        self.status = None  # as last seen, when it had ended
        self.settled = False  # proven, and its folder is gone


class Submit:
    """One request, until it is answered."""

    def __init__(self, jobs):
        self.jobs, self.key = jobs, str(uuid.uuid4())
        self.body = jobs[0].definition
        if len(jobs) > 1:
            self.body = {"jobs": [j.definition for j in jobs]}


class Tide:
    def __init__(self, world, api, cli, rng):
        self.world, self.api, self.cli, self.random = world, api, cli, rng
        self.jobs = []  # acknowledged ones
        self.unanswered = []
        self.answered = []
        self.unsure = set()  # folders of jobs that the CLI may have submitted
        self.running_cli = []
        self.thread, self.stop = None, threading.Event()
        self.count = self.asked_again = self.cancelled = self.by_cli = 0
        self.error = None

    def make(self):
        pipeline, vm = self.random.choice(self.world.vms)
        folder = f"{self.world.out}/{self.count:05d}"
        self.count += 1
        return Job({
            "vm_path": vm, "output_path": folder, "pipeline": pipeline,
            "format": self.random.choice(["ova", "ova", "ova", "ovf"]),
            "options": {"parallel_downloads": self.random.randint(1, 3)}})

    # --- one request each ---------------------------------------------------

    def send(self, submit):
        """Until it is answered; the same answer when asked again."""
        status, reply = self.api.call("POST", "/jobs/submit", submit.body,
                                      submit.key)
        if status == 503:
            raise ConnectionError(f"not ready: {reply}")
        ids = reply.get("job_ids", [])
        if status != 200 or len(ids) != len(submit.jobs):
            raise RuntimeError(f"submit was refused: {status} {reply}")
        for job, job_id in zip(submit.jobs, ids):
            if job.id is None:
                job.id = job_id
                self.jobs.append(job)
            elif job.id != job_id:
                raise RuntimeError(f"the same key gave another job: {job.id}, "
                                   f"{job_id}")

    def submit(self):
        submit = Submit([self.make() for _ in range(
            self.random.choice([1, 1, 1, 2, 4]))])
        self.unanswered.append(submit)
        self.send(submit)
        self.unanswered.remove(submit)
        self.answered.append(submit)

    def repeat(self):
        if self.answered:
            self.send(self.random.choice(self.answered[-20:]))

    def cancel(self):
        open_jobs = [j for j in self.jobs if j.status is None]
        if not open_jobs:
            return
        job = self.random.choice(open_jobs)
        job.cancel = job.cancel or "sent"
        status, reply = self.api.call("POST", "/jobs/cancel",
                                      {"job_ids": [job.id]})
        if status == 200 and job.id in reply["cancelled"]:
            job.cancel = "acknowledged"
            self.cancelled += 1

    def submit_by_cli(self):
        job = self.make()
        d = job.definition
        self.unsure.add(job.folder)
        command = [self.cli, "jobs", "submit", "--socket", self.world.socket,
                   "--vm", d["vm_path"], "--output", d["output_path"],
                   "--pipeline", d["pipeline"], "--format", d["format"],
                   "--json"]
        self.running_cli.append((job, subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL)))

    # --- many ---------------------------------------------------------------

    def is_full(self):
        stats = self.api.get("/jobs/stats")
        return stats["pending"] + stats["running"] >= OPEN_MAX

    def act(self):
        kind = self.random.random()
        if kind < 0.06:
            self.cancel()
        elif kind < 0.12:
            self.repeat()
        elif self.is_full():
            pass
        elif kind < 0.18:
            self.submit_by_cli()
        else:
            self.submit()

    def work(self):
        try:
            while not self.stop.wait(self.random.uniform(0, 0.06)):
                self.act()
        except LOST:
            pass
        except Exception as error:  # told by the main thread
            self.error = error

    def begin(self):
        self.stop.clear()
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def end(self):
        if self.thread is not None:
            self.stop.set()
            self.thread.join()
            self.thread = None
        if self.error is not None:
            raise self.error

    def settle(self):
        """Asks again for every answer that was lost."""
        while self.unanswered:
            self.send(self.unanswered[0])
            self.answered.append(self.unanswered.pop(0))
            self.asked_again += 1
        self.reap_cli(0)

    # --- the command line ---------------------------------------------------

    def reap_cli(self, seconds):
        still = []
        for job, process in self.running_cli:
            if seconds == 0 and process.poll() is None:
                still.append((job, process))
                continue
            out = process.communicate(timeout=seconds or None)[0]
            if process.returncode == 0:
                job.id = json.loads(out)["job_ids"][0]
                self.jobs.append(job)
                self.unsure.discard(job.folder)
                self.by_cli += 1
        self.running_cli = still

    def finish_cli(self):
        self.reap_cli(60)

    def summary(self):
        return (f"{self.asked_again} answers lost and asked for again, "
                f"{self.by_cli} jobs by the command line, {self.cancelled} "
                "cancels")
