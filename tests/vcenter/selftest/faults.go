package main

import (
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/nfc"
	"github.com/vmware/govmomi/ovf"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/types"
)

func refusals() {
	c := login()
	defer func() { _ = c.Logout(ctx) }()
	for name, want := range map[string]string{
		"encrypted": "NotSupported", "disconnected": "HostNotConnected", "inaccessible": "InvalidState", "suspended": "InvalidPowerState",
	} {
		_, err := findVM(c, e2e+name).Export(ctx)
		check("ExportVm of VM "+name+" is "+want, faultName(err) == want, err)
	}
	m := ovf.NewManager(c.Client)
	for name, want := range map[string]string{"vtpm": "OvfUnsupportedDeviceExport", "pci-passthrough": "OvfUnsupportedDeviceExport", "cold-physical-rdm": "OvfUnableToExportDisk"} {
		// the reply holds a device type that this govmomi does not know, so read it as text
		vm := findVM(c, e2e+name)
		_, text := rawCall(c, "urn:vim25/7.0", `<CreateDescriptor xmlns="urn:vim25"><_this type="OvfManager">`+m.Reference().Value+
			`</_this><obj type="VirtualMachine">`+vm.Reference().Value+`</obj><cdp></cdp></CreateDescriptor>`)
		check("the dry run of VM "+name+" lists "+want, strings.Contains(text, `xsi:type="`+want+`"`), text)
	}
	vm := findVM(c, e2e+"cold-one-disk").Reference().Value
	call := func(version, method string) string {
		_, text := rawCall(c, version, `<`+method+` xmlns="urn:vim25"><_this type="VirtualMachine">`+vm+`</_this></`+method+`>`)
		return text
	}
	check("ExportSnapshot is unknown to a client that names no version", strings.Contains(call("", "ExportSnapshot"), "InvalidRequest"))
	check("and to one of version 5.0", strings.Contains(call("urn:vim25/5.0", "ExportSnapshot"), "InvalidRequest"))
	check("a method that does not exist is a fault", strings.Contains(call("urn:vim25/7.0", "NoSuchMethod"), "Fault>"))
}

func soapFaults() {
	c := login()
	now := func() error {
		_, err := methods.GetCurrentTime(ctx, c)
		return err
	}
	for _, name := range []string{"InvalidState", "FileLocked", "TaskInProgress", "ManagedObjectNotFound", "Timedout", "HostNotConnected",
		"MethodDisabled", "NoPermission", "NotSupported", "RuntimeFault", "SystemError", "RestrictedVersion", "MethodNotFound"} {
		fault("fault", "soap_fault", "method", "CurrentTime", "type", name, "count", 1)
		err := now()
		check("fault "+name+" for a method", faultName(err) == name, err)
	}
	check("a rule with count is used up", now() == nil)
	fault("fault", "soap_fault", "method", "CurrentTime", "type", "NoPermission", "privilege", "VApp.Export", "count", 1)
	_, text := rawCall(c, "urn:vim25/7.0", `<CurrentTime xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this></CurrentTime>`)
	check("NoPermission names the privilege", strings.Contains(text, "<privilegeId>VApp.Export</privilegeId>"), text)
	fault("fault", "soap_fault", "method", "CurrentTime", "type", "InvalidState", "status", 200, "count", 1)
	status, text := rawCall(c, "urn:vim25/7.0", `<CurrentTime xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this></CurrentTime>`)
	check("a fault with HTTP 200", status == 200 && strings.Contains(text, `xsi:type="InvalidState"`), status)
	fault("fault", "soap_fault", "method", "CurrentTime", "skip", 1, "count", 1)
	check("skip lets the first one pass", now() == nil && now() != nil && now() == nil)
	fault("fault", "not_authenticated", "method", "CurrentTime", "count", 1)
	check("a session can expire at a method", faultName(now()) == "NotAuthenticated" && faultName(now()) == "NotAuthenticated")
	c = login()
	fault("fault", "expire_sessions")
	check("all sessions can expire at once", faultName(now()) == "NotAuthenticated")
	c = login()
	probe := func(kv ...interface{}) (int, string) {
		fault(append(kv, "method", "CurrentTime", "count", 1)...)
		return rawCall(c, "urn:vim25/7.0", `<CurrentTime xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this></CurrentTime>`)
	}
	status, _ = probe("fault", "http_status")
	check("503", status == 503, status)
	status, text = probe("fault", "html")
	check("an HTML page", status == 200 && strings.Contains(text, "<html>"))
	status, text = probe("fault", "drop")
	check("a dropped connection", status == 0, status, text)
	status, text = probe("fault", "endless", "after_bytes", "3MiB")
	check("a very long reply", status == 200 && len(text) > 3<<20, len(text))
	status, text = probe("fault", "gzip_bomb", "after_bytes", "64MiB")
	check("a gzip bomb", status == 200 && len(text) > 64<<20, status, len(text))
	start := time.Now()
	status, _ = probe("fault", "delay", "seconds", 0.2)
	check("a delayed reply", status == 200 && time.Since(start) >= 200*time.Millisecond)
	status, text = probe("fault", "redirect", "location", "https://127.0.0.1:1/sdk")
	check("a redirect elsewhere", status == 0 && strings.Contains(text, "127.0.0.1:1"), text)
	for _, v := range []string{"doctype", "external_entity", "billion_laughs", "huge_attribute", "many_attributes", "deep", "utf16_bom",
		"undeclared_prefix", "truncated", "not_xml", "empty", "nul", "wrong_root", "two_roots", "bad_utf8", "processing_instruction"} {
		status, text = probe("fault", "xml", "variant", v)
		good := status == 200
		switch v {
		case "truncated", "nul", "bad_utf8", "external_entity", "billion_laughs":
			good = good && wellFormed(text) != nil
		case "huge_attribute":
			good = good && len(text) > 10<<20
		case "doctype", "processing_instruction", "many_attributes", "deep", "wrong_root":
			good = good && wellFormed(text) == nil
		case "utf16_bom":
			good = good && strings.HasPrefix(text, "\xff\xfe")
		}
		check("hostile XML: "+v, good, status, len(text))
	}
	_ = c.Logout(ctx)
}

func withLease(name string, f func(c *govmomi.Client, l *nfc.Lease, info *nfc.LeaseInfo)) {
	c := login()
	l, info := export(c, name)
	f(c, l, info)
	_ = l.Abort(ctx, nil)
	_ = c.Logout(ctx)
}

func manifestFaults() {
	withLease("cold-one-disk", func(c *govmomi.Client, l *nfc.Lease, info *nfc.LeaseInfo) {
		must(setChecksum(c, l, info, "sha256"))
		_, _, h256, err := download(c, info.Items[0].URL)
		must(err)
		fault("fault", "wrong_digest", "count", 1)
		list, err := manifest(c, l)
		check("a wrong digest", err == nil && len(list) == 1 && list[0].Checksum != h256 && len(list[0].Checksum) == 64)
		list, err = manifest(c, l)
		check("and the true one again", err == nil && list[0].Checksum == h256)
		fault("fault", "manifest_size", "value", 12345, "count", 1)
		list, err = manifest(c, l)
		check("a wrong size", err == nil && list[0].Size == 12345)
		fault("fault", "no_manifest")
		_, err = manifest(c, l)
		check("no GetManifest", faultName(err) == "MethodNotFound", err)
		err = setChecksum(c, l, info, "sha256")
		check("no SetManifestChecksumType", faultName(err) == "MethodNotFound", err)
		control("DELETE", "/faults", nil)
	})
	fault("fault", "manifest_sha1_only")
	withLease("cold-one-disk", func(c *govmomi.Client, l *nfc.Lease, info *nfc.LeaseInfo) {
		err := setChecksum(c, l, info, "sha256")
		check("sha1 only: SetManifestChecksumType is missing", faultName(err) == "MethodNotFound", err)
		_, h1, _, err := download(c, info.Items[0].URL)
		must(err)
		list, err := manifest(c, l)
		check("sha1 only: the manifest has sha1", err == nil && len(list) == 1 && list[0].Sha1 == h1 && list[0].ChecksumType != "sha256", err, list)
	})
}

// fetch tries a download; its error and how much came.
func fetch(c *govmomi.Client, info *nfc.LeaseInfo, n int) (int64, error) {
	got, _, _, err := download(c, info.Items[n].URL)
	return got, err
}

func downloadFaults() {
	withLease("cold-one-disk", func(c *govmomi.Client, l *nfc.Lease, info *nfc.LeaseInfo) {
		whole, err := fetch(c, info, 0)
		must(err)
		for _, at := range []int{0, 1, 511, 100000, int(whole) - 1, int(whole)} {
			fault("fault", "nfc_cut", "after_bytes", at, "count", 1)
			n, err := fetch(c, info, 0)
			check("a cut after N bytes is an error", err != nil && n == int64(at), at, n, err)
		}
		fault("fault", "nfc_cut", "after_bytes", 5000, "reset", true, "count", 1)
		_, err = fetch(c, info, 0)
		check("a reset is an error", err != nil)
		fault("fault", "nfc_eof", "after_bytes", 100000, "count", 1)
		n, err := fetch(c, info, 0)
		check("an early end of the body is no HTTP error", err == nil && n == 100000, n, err)
		list, err := manifest(c, l)
		check("the manifest knows of the whole download", err == nil && len(list) == 1 && list[0].Size == whole, list)
		fault("fault", "nfc_stall", "after_bytes", 1000, "seconds", 0.3, "count", 1)
		start := time.Now()
		n, err = fetch(c, info, 0)
		check("a stall that ends", err == nil && n == whole && time.Since(start) > 300*time.Millisecond, n, err)
		fault("fault", "nfc_slow", "bytes_per_second", whole*2, "count", 1)
		start = time.Now()
		n, err = fetch(c, info, 0)
		took := time.Since(start).Seconds()
		check("a slow download", err == nil && n == whole && took > 0.4 && took < 2, took)
		fault("fault", "nfc_status", "status", 503, "count", 1)
		res, err := plain(c).Get(info.Items[0].URL.String())
		must(err)
		res.Body.Close()
		check("503 for a download", res.StatusCode == 503, res.StatusCode)
		req, _ := http.NewRequest("GET", info.Items[0].URL.String(), nil)
		req.Header.Set("Range", "bytes=1000-")
		res, err = plain(c).Do(req)
		must(err)
		n, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		check("a Range is ignored", res.StatusCode == 200 && n == whole && res.ContentLength == -1, res.StatusCode, n)
	})
	withLease("cold-both-layouts", func(c *govmomi.Client, l *nfc.Lease, info *nfc.LeaseInfo) {
		fault("fault", "nfc_cut", "after_bytes", 1000, "disk", 1, "vm", "cold-both-layouts")
		_, e0 := fetch(c, info, 0)
		_, e1 := fetch(c, info, 1)
		check("a fault for one disk leaves the other alone", e0 == nil && e1 != nil, e0, e1)
	})
}

func leaseContents() {
	open := func(kv ...interface{}) []types.HttpNfcLeaseDeviceUrl {
		fault(kv...)
		var out []types.HttpNfcLeaseDeviceUrl
		withLease("cold-both-layouts", func(_ *govmomi.Client, _ *nfc.Lease, info *nfc.LeaseInfo) { out = info.DeviceUrl })
		control("DELETE", "/faults", nil)
		return out
	}
	d := open("fault", "target_ids", "value", []string{"../../etc/cron.d/x", "a\nb"})
	check("hostile targetIds", d[0].TargetId == "../../etc/cron.d/x" && d[1].TargetId == "a\nb", d)
	d = open("fault", "target_id", "value", "CON", "disk", 1)
	check("a hostile targetId of one disk", d[0].TargetId == "disk-0.vmdk" && d[1].TargetId == "CON", d)
	d = open("fault", "file_size", "value", int64(1<<63-1))
	check("an absurd fileSize", d[0].FileSize == 1<<63-1, d[0].FileSize)
	d = open("fault", "wrong_thumbprint")
	check("a wrong thumbprint", strings.HasPrefix(d[0].SslThumbprint, "00:11:"))
	d = open("fault", "duplicate_devices")
	check("devices named twice", len(d) == 4)
	d = open("fault", "no_devices")
	check("no devices at all", len(d) == 0)
	d = open("fault", "device_url", "value", "http://127.0.0.1:1/x", "disk", 0)
	check("an address of somewhere else", d[0].Url == "http://127.0.0.1:1/x" && d[1].Url != d[0].Url)
	d = open("fault", "device_key", "value", "/vm-1/../x", "disk", 0)
	check("a strange device key", d[0].Key == "/vm-1/../x")
	fault("fault", "total_capacity", "value", -5)
	withLease("cold-one-disk", func(_ *govmomi.Client, _ *nfc.Lease, info *nfc.LeaseInfo) {
		check("an absurd total capacity", info.TotalDiskCapacityInKB == -5)
	})
	control("DELETE", "/faults", nil)
	withLease("hostile-target-ids", func(c *govmomi.Client, _ *nfc.Lease, info *nfc.LeaseInfo) {
		good := len(info.Items) == 8
		for i := range info.Items {
			n, err := fetch(c, info, i)
			good = good && err == nil && n > 0
		}
		check("disks with hostile targetIds can be downloaded", good)
	})
}

func descriptorFaults() {
	c := login()
	defer func() { _ = c.Logout(ctx) }()
	m, vm := ovf.NewManager(c.Client), findVM(c, e2e+"cdrom-floppy")
	dry := func() (*types.OvfCreateDescriptorResult, error) {
		return m.CreateDescriptor(ctx, vm, types.OvfCreateDescriptorParams{})
	}
	r, err := dry()
	check("connected images are warnings", err == nil && len(r.Warning) == 2 && len(r.Error) == 0, err)
	fault("fault", "no_descriptor", "count", 1)
	_, err = dry()
	check("no CreateDescriptor", faultName(err) == "MethodNotFound", err)
	fault("fault", "descriptor_error", "vm", "cdrom-floppy", "message", "Device 'USB 1' cannot be exported", "count", 1)
	r, err = dry()
	check("an error in the dry run", err == nil && len(r.Error) == 1 && r.Error[0].LocalizedMessage == "Device 'USB 1' cannot be exported", err)
	fault("fault", "descriptor_text", "value", "<not-ovf/>", "count", 1)
	r, err = dry()
	check("a descriptor that is none", err == nil && r.OvfDescriptor == "<not-ovf/>", err)
}

func disturbances() {
	withLease("cold-medium", func(c *govmomi.Client, l *nfc.Lease, info *nfc.LeaseInfo) {
		fault("fault", "power_on", "vm", e2e+"cold-medium")
		check("power on behind an export ends the lease", leaseState(c, l) == types.HttpNfcLeaseStateError)
		_, err := findVM(c, e2e+"cold-medium").Export(ctx)
		check("the VM runs", faultName(err) == "InvalidPowerState", err)
		fault("fault", "power_off", "vm", e2e+"cold-medium")
	})
	c := login()
	vm := findVM(c, e2e+"hot-one-disk")
	ref, err := takeSnapshot(c, vm, "ours", false)
	must(err)
	l, err := exportSnapshot(c, ref)
	must(err)
	fault("fault", "remove_snapshot", "vm", "hot-one-disk", "device", "ours")
	check("a removed snapshot ends the lease", leaseState(c, l) == types.HttpNfcLeaseStateError && len(snapshotNames(c, vm)) == 0)
	vm = findVM(c, e2e+"cold-full-disk")
	l, err = vm.Export(ctx)
	must(err)
	fault("fault", "delete_vm", "vm", e2e+"cold-full-disk")
	_, err = vm.Export(ctx)
	check("a deleted VM is ManagedObjectNotFound", faultName(err) == "ManagedObjectNotFound", err)
	check("and its lease has failed", leaseState(c, l) == types.HttpNfcLeaseStateError, leaseState(c, l))
	l, err = findVM(c, e2e+"cold-medium").Export(ctx)
	must(err)
	fault("fault", "vmotion", "vm", "cold-medium")
	check("vMotion ends the lease", leaseState(c, l) == types.HttpNfcLeaseStateError)
	_ = c.Logout(ctx)
}

func resetAll() {
	c := login()
	_, err := findVM(c, e2e+"cold-one-disk").Export(ctx)
	must(err)
	fault("fault", "html")
	control("POST", "/reset", nil)
	s := control("GET", "/state", nil)
	check("reset leaves nothing", number(s, "leases_open") == 0 && number(s, "logins") == 0 && len(s["sessions"].([]interface{})) == 0 &&
		len(s["faults"].([]interface{})) == 0 && len(s["leases"].([]interface{})) == 0)
	changed := 0
	for _, x := range s["vms"].([]interface{}) {
		if x.(map[string]interface{})["config_changed"].(bool) {
			changed++
		}
	}
	check("no VM has been reconfigured", changed == 0, changed)
}
