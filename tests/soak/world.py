# SPDX-License-Identifier: Apache-2.0
"""What the daemon lives in: folders, settings, a simulated vCenter."""
import json
import os
import subprocess
import time
import urllib.request

SYNTHETIC_VMS = 12
VCENTER_VMS = ["cold1", "cold2", "cold3", "hot1", "hot2", "hot3"]


class World:
    def __init__(self, args, folder):
        self.folder = folder
        self.out = f"{folder}/out"
        self.snapshots = f"{folder}/snapshots"
        self.state = f"{folder}/state"
        self.socket = f"{folder}/api.sock"
        self.config = f"{folder}/hypersdk.conf"
        for name in (self.out, self.snapshots):
            os.mkdir(name, 0o700)
        self.vcenter = None
        self.start_vcenter(args)
        self.write_config()
        self.vms = [("synth", f"/synthetic/vm/soak-{i + 1}")
                    for i in range(SYNTHETIC_VMS)]
        self.vms += [("vc", f"/DC0/vm/soak/{name}") for name in VCENTER_VMS]

    def start_vcenter(self, args):
        ready = f"{self.folder}/vcenter.json"
        with open(f"{self.folder}/vcenter.log", "wb") as log:
            self.vcenter = subprocess.Popen(
                [args.vcenter, "--scenario", args.scenario, "--ready-file",
                 ready, "--work-dir", f"{self.folder}/vcenter",
                 "--lease-ready", "10ms", "--snapshot-time", "20ms",
                 "--session-idle", "5m", "--exit-with-parent"],
                stdin=subprocess.PIPE, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while not os.path.exists(ready):
            if self.vcenter.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the simulated vCenter does not start; see "
                                   f"{self.folder}/vcenter.log")
            time.sleep(0.05)
        with open(ready) as text:
            self.ready = json.load(text)
        with open(f"{self.folder}/password", "w") as out:
            os.fchmod(out.fileno(), 0o600)
            out.write(self.ready["password"] + "\n")

    def vcenter_state(self):
        url = self.ready["control_url"] + "/state"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)

    def write_config(self):
        with open(self.config, "w") as out:
            out.write(f"""
state_dir = "{self.state}";
storage = {{ roots = [ "{self.out}" ]; }};
api = {{ socket = "{self.socket}"; listen = ""; }};
jobs = {{
  max_running = 8;
  attempts = 50;
  max_interruptions = 1000;
  retry_min = "100ms";
  retry_max = "500ms";
}};
pipelines = ( {{
  name = "synth";
  default = true;
  provider = {{
    plugin = "synthetic"; name = "soak"; vms = {SYNTHETIC_VMS}; disks = 2;
    disk_size = "1MiB"; nvram = "4KiB"; power = "mixed";
    rate = "16MiB"; snapshots = "{self.snapshots}";
  }};
}}, {{
  name = "vc";
  provider = {{
    plugin = "vsphere";
    url = "{self.ready["url"]}";
    username = "{self.ready["username"]}";
    password = "file:{self.folder}/password";
    thumbprint = "{self.ready["thumbprint"]}";
  }};
}} );
""")

    def end(self):
        if self.vcenter is not None:
            self.vcenter.terminate()
            self.vcenter.wait()
