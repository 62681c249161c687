package main

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/nfc"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/ovf"
	"github.com/vmware/govmomi/property"
	"github.com/vmware/govmomi/task"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

const e2e = "/DC0/vm/e2e/"

func sessions() {
	c := connect()
	err := c.Login(ctx, url.UserPassword(ready.Username, "wrong"))
	check("a wrong password is InvalidLogin", faultName(err) == "InvalidLogin", err)
	err = c.Login(ctx, url.UserPassword("nobody", ready.Password))
	check("a wrong user is InvalidLogin", faultName(err) == "InvalidLogin", err)
	_, err = methods.GetCurrentTime(ctx, c)
	check("a call without a session is NotAuthenticated", faultName(err) == "NotAuthenticated", err)
	var f mo.Folder
	err = property.DefaultCollector(c.Client).RetrieveOne(ctx, c.ServiceContent.RootFolder, []string{"name"}, &f)
	check("so is a property read", faultName(err) == "NotAuthenticated", err)
	c = login()
	_, err = methods.GetCurrentTime(ctx, c)
	check("a call with a session works", err == nil, err)
	check("the API version is announced", c.ServiceContent.About.ApiVersion == "7.0.3.0")
	must(c.Logout(ctx))
	_, err = methods.GetCurrentTime(ctx, c)
	check("after Logout it is NotAuthenticated", faultName(err) == "NotAuthenticated", err)
	s := control("GET", "/state", nil)
	check("logins are counted", number(s, "logins") >= 1 && number(s, "failed_logins") >= 2 && number(s, "logouts") >= 1, s["logins"], s["failed_logins"], s["logouts"])
}

// download reads one address to its end, without any cookie.
func download(c *govmomi.Client, u *url.URL) (n int64, h1, h256 string, err error) {
	res, err := plain(c).Get(u.String())
	if err != nil {
		return 0, "", "", err
	}
	defer res.Body.Close()
	a, b := sha1.New(), sha256.New()
	n, err = io.Copy(io.MultiWriter(a, b), res.Body)
	return n, hex.EncodeToString(a.Sum(nil)), hex.EncodeToString(b.Sum(nil)), err
}

func plain(c *govmomi.Client) *http.Client {
	return &http.Client{Transport: c.Client.Client.Client.Transport}
}

// export starts an export and waits until the lease is ready.
func export(c *govmomi.Client, name string) (*nfc.Lease, *nfc.LeaseInfo) {
	l, err := findVM(c, e2e+name).Export(ctx)
	must(err)
	return l, waitLease(c, l)
}

// waitLease polls, which is faster than the library's updates every 250 ms.
func waitLease(c *govmomi.Client, l *nfc.Lease) *nfc.LeaseInfo {
	var m mo.HttpNfcLease
	if !within(5*time.Second, func() bool {
		must(property.DefaultCollector(c.Client).RetrieveOne(ctx, l.Reference(), []string{"state", "info", "error"}, &m))
		return m.State != types.HttpNfcLeaseStateInitializing
	}) || m.State != types.HttpNfcLeaseStateReady {
		panic("the lease is " + m.State)
	}
	info := &nfc.LeaseInfo{HttpNfcLeaseInfo: *m.Info}
	for _, d := range m.Info.DeviceUrl {
		u, err := c.Client.ParseURL(d.Url)
		must(err)
		info.Items = append(info.Items, nfc.FileItem{URL: u, OvfFileItem: types.OvfFileItem{DeviceId: d.Key, Path: d.TargetId}})
	}
	return info
}

// waitTask polls a task to its end.
func waitTask(c *govmomi.Client, ref types.ManagedObjectReference) (types.AnyType, error) {
	var m mo.Task
	for {
		must(property.DefaultCollector(c.Client).RetrieveOne(ctx, ref, []string{"info"}, &m))
		switch m.Info.State {
		case types.TaskInfoStateSuccess:
			return m.Info.Result, nil
		case types.TaskInfoStateError:
			return nil, task.Error{LocalizedMethodFault: m.Info.Error}
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func manifest(c *govmomi.Client, l *nfc.Lease) ([]types.HttpNfcLeaseManifestEntry, error) {
	res, err := methods.HttpNfcLeaseGetManifest(ctx, c, &types.HttpNfcLeaseGetManifest{This: l.Reference()})
	if err != nil {
		return nil, err
	}
	return res.Returnval, nil
}

func setChecksum(c *govmomi.Client, l *nfc.Lease, info *nfc.LeaseInfo, kind string) error {
	req := &types.HttpNfcLeaseSetManifestChecksumType{This: l.Reference()}
	for _, d := range info.DeviceUrl {
		req.DeviceUrlsToChecksumTypes = append(req.DeviceUrlsToChecksumTypes, types.KeyValue{Key: d.Key, Value: kind})
	}
	_, err := methods.HttpNfcLeaseSetManifestChecksumType(ctx, c, req)
	return err
}

func leaseState(c *govmomi.Client, l *nfc.Lease) types.HttpNfcLeaseState {
	var m mo.HttpNfcLease
	if err := property.DefaultCollector(c.Client).RetrieveOne(ctx, l.Reference(), []string{"state"}, &m); err != nil {
		return types.HttpNfcLeaseState(faultName(err))
	}
	return m.State
}

func cold() {
	c := login()
	defer func() { _ = c.Logout(ctx) }()
	vm := findVM(c, e2e+"efi-nvram")
	m := ovf.NewManager(c.Client)
	dry, err := m.CreateDescriptor(ctx, vm, types.OvfCreateDescriptorParams{})
	check("CreateDescriptor dry run works", err == nil && len(dry.Error) == 0 && strings.Contains(dry.OvfDescriptor, "<References/>"), err)
	l, info := export(c, "efi-nvram")
	check("the lease lists disk and nvram", len(info.DeviceUrl) == 2 && *info.DeviceUrl[0].Disk && !*info.DeviceUrl[1].Disk)
	check("a disk has no size, the nvram has one", info.DeviceUrl[0].FileSize == 0 && info.DeviceUrl[1].FileSize == 270840)
	check("totalDiskCapacityInKB is that of the disks", info.TotalDiskCapacityInKB == 2048, info.TotalDiskCapacityInKB)
	check("addresses have the host *", strings.HasPrefix(info.DeviceUrl[0].Url, "https://*/nfc/"), info.DeviceUrl[0].Url)
	check("the lease id shows its session", strings.HasPrefix(l.Reference().Value, "session["), l.Reference().Value)
	must(l.Progress(ctx, 0))
	list, err := manifest(c, l)
	check("the manifest lists nothing before a download", err == nil && len(list) == 0, err, list)
	must(setChecksum(c, l, info, "sha256"))
	var files []types.OvfFile
	for i, item := range info.Items {
		n, h1, h256, err := download(c, item.URL)
		must(err)
		list, err = manifest(c, l)
		must(err)
		e := types.HttpNfcLeaseManifestEntry{}
		for _, x := range list {
			if x.Key == info.DeviceUrl[i].Key {
				e = x
			}
		}
		check("digests and size in the manifest are true", e.Sha1 == h1 && e.Checksum == h256 && e.ChecksumType == "sha256" && e.Size == n, e)
		files = append(files, types.OvfFile{DeviceId: e.Key, Path: item.Path, Size: e.Size, Capacity: e.Capacity, PopulatedSize: e.PopulatedSize})
	}
	must(setChecksum(c, l, info, "sha1"))
	list, err = manifest(c, l)
	check("sha1 can be asked for again", err == nil && list[0].ChecksumType == "sha1" && list[0].Checksum == list[0].Sha1)
	check("capacity and populated size of the disk", list[0].Capacity == 2<<20 && list[0].PopulatedSize == 1<<20, list[0])
	full, err := m.CreateDescriptor(ctx, vm, types.OvfCreateDescriptorParams{Name: "n", OvfFiles: files})
	must(err)
	env, err := ovf.Unmarshal(strings.NewReader(full.OvfDescriptor))
	check("govmomi reads the descriptor", err == nil && len(env.References) == 2 && len(env.Disk.Disks) == 1, err)
	_, err = m.CreateDescriptor(ctx, vm, types.OvfCreateDescriptorParams{OvfFiles: []types.OvfFile{{DeviceId: "/vm-1/nothing", Path: "x"}}})
	check("a file of an unknown device is InvalidArgument", faultName(err) == "InvalidArgument", err)
	must(l.Complete(ctx))
	check("Complete makes the lease done", leaseState(c, l) == types.HttpNfcLeaseStateDone)
	check("Complete again is InvalidState", faultName(l.Complete(ctx)) == "InvalidState")
	_, _, _, err = download(c, info.Items[0].URL)
	res, e2 := plain(c).Get(info.Items[0].URL.String())
	must(e2)
	res.Body.Close()
	check("the ticket dies with the lease", res.StatusCode == 404, res.StatusCode)
	s := control("GET", "/state", nil)
	for _, x := range s["nfc"].([]interface{}) {
		r := x.(map[string]interface{})
		if r["cookie"].(bool) {
			check("no cookie came with a download", false)
		}
	}
}

func leases() {
	c := login()
	l, info := export(c, "cold-one-disk")
	vm := findVM(c, e2e+"cold-one-disk")
	_, err := vm.Export(ctx)
	check("a second export of a VM is TaskInProgress", faultName(err) == "TaskInProgress", err)
	_, err = vm.PowerOn(ctx)
	check("so is power on", faultName(err) == "TaskInProgress", err)
	check("percent 101 is InvalidArgument", faultName(l.Progress(ctx, 101)) == "InvalidArgument")
	must(l.Progress(ctx, 50))
	must(l.Progress(ctx, 50))
	other := login()
	check("another session does not see the lease", leaseState(other, l) == "ManagedObjectNotFound", leaseState(other, l))
	must(l.Abort(ctx, &types.LocalizedMethodFault{Fault: &types.RequestCanceled{}}))
	check("Abort makes the lease error", leaseState(c, l) == types.HttpNfcLeaseStateError)
	l, info = export(c, "cold-one-disk")
	must(c.Logout(ctx))
	res, err := plain(other).Get(info.Items[0].URL.String())
	must(err)
	res.Body.Close()
	check("Logout ends the session's leases", res.StatusCode == 404, res.StatusCode)
	c = other
	l, _ = export(c, "cold-one-disk")
	check("and frees the VM", true)
	must(l.Abort(ctx, nil))

	setting("lease_timeout", 0.5)
	l, info = export(c, "cold-one-disk")
	setting("lease_timeout", 300)
	check("leaseTimeout is given in seconds", info.LeaseTimeout == 1, info.LeaseTimeout)
	for i := int32(0); i < 4; i++ {
		time.Sleep(200 * time.Millisecond)
		must(l.Progress(ctx, i))
	}
	check("Progress keeps a lease alive", leaseState(c, l) == types.HttpNfcLeaseStateReady)
	check("without it the lease times out", within(2*time.Second, func() bool { return leaseState(c, l) == types.HttpNfcLeaseStateError }))
	check("Progress is then Timedout", faultName(l.Progress(ctx, 99)) == "Timedout", l.Progress(ctx, 99))

	fault("fault", "lease_slow", "seconds", 0.3, "count", 1)
	start := time.Now()
	l, _ = export(c, "cold-one-disk")
	check("a lease can be slow to become ready", time.Since(start) >= 300*time.Millisecond)
	must(l.Abort(ctx, nil))
	vm = findVM(c, e2e+"cold-one-disk")
	fault("fault", "lease_error", "type", "FileLocked", "count", 1, "vm", e2e+"cold-one-disk")
	l, err = vm.Export(ctx)
	must(err)
	_, err = l.Wait(ctx, nil)
	check("a lease can fail instead", err != nil && strings.Contains(err.Error(), "locked"), err)
	l, info = export(c, "cold-one-disk")
	fault("fault", "nfc_stall", "after_bytes", 1000, "count", 1)
	done := make(chan error, 1)
	go func() {
		_, _, _, err := download(c, info.Items[0].URL)
		done <- err
	}()
	check("a download is running", within(2*time.Second, func() bool { return number(control("GET", "/state", nil), "nfc_active") == 1 }))
	fault("fault", "expire_leases")
	select {
	case err = <-done:
	case <-time.After(2 * time.Second):
		err = nil
	}
	check("the end of a lease cuts its downloads", err != nil)
	_ = c.Logout(ctx)
}

func snapshotNames(c *govmomi.Client, vm *object.VirtualMachine) []string {
	var m mo.VirtualMachine
	must(property.DefaultCollector(c.Client).RetrieveOne(ctx, vm.Reference(), []string{"snapshot"}, &m))
	var out []string
	var walk func([]types.VirtualMachineSnapshotTree)
	walk = func(l []types.VirtualMachineSnapshotTree) {
		for _, s := range l {
			out = append(out, s.Name)
			walk(s.ChildSnapshotList)
		}
	}
	if m.Snapshot != nil {
		walk(m.Snapshot.RootSnapshotList)
	}
	return out
}

func takeSnapshot(c *govmomi.Client, vm *object.VirtualMachine, name string, quiesce bool) (types.ManagedObjectReference, error) {
	t, err := vm.CreateSnapshot(ctx, name, "", false, quiesce)
	must(err)
	res, err := waitTask(c, t.Reference())
	if err != nil {
		return types.ManagedObjectReference{}, err
	}
	return res.(types.ManagedObjectReference), nil
}

func removeSnapshot(c *govmomi.Client, ref types.ManagedObjectReference) error {
	res, err := methods.RemoveSnapshot_Task(ctx, c, &types.RemoveSnapshot_Task{This: ref})
	if err != nil {
		return err
	}
	_, err = waitTask(c, res.Returnval)
	return err
}

func exportSnapshot(c *govmomi.Client, ref types.ManagedObjectReference) (*nfc.Lease, error) {
	res, err := methods.ExportSnapshot(ctx, c, &types.ExportSnapshot{This: ref})
	if err != nil {
		return nil, err
	}
	return nfc.NewLease(c.Client, res.Returnval), nil
}

func snapshots() {
	c := login()
	defer func() { _ = c.Logout(ctx) }()
	vm := findVM(c, e2e+"hot-user-snapshots")
	_, err := vm.Export(ctx)
	check("ExportVm of a running VM is InvalidPowerState", faultName(err) == "InvalidPowerState", err)
	check("the user's snapshots are there", strings.Join(snapshotNames(c, vm), "|") == "before update|after update", snapshotNames(c, vm))
	ref, err := takeSnapshot(c, vm, "ours", true)
	must(err)
	check("ours is added", strings.Join(snapshotNames(c, vm), "|") == "before update|after update|ours", snapshotNames(c, vm))
	l, err := exportSnapshot(c, ref)
	must(err)
	info := waitLease(c, l)
	check("its removal is TaskInProgress while it is exported", faultName(removeSnapshot(c, ref)) == "TaskInProgress")
	n, _, _, err := download(c, info.Items[0].URL)
	check("a snapshot can be downloaded", err == nil && n > 1<<20, n, err)
	must(l.Complete(ctx))
	must(removeSnapshot(c, ref))
	check("ours goes away, the user's stay", strings.Join(snapshotNames(c, vm), "|") == "before update|after update", snapshotNames(c, vm))
	_, err = exportSnapshot(c, ref)
	check("ExportSnapshot of a removed one is ManagedObjectNotFound", faultName(err) == "ManagedObjectNotFound", err)
	ref, err = takeSnapshot(c, vm, "again", false)
	must(err)
	must(removeSnapshot(c, ref))
	check("the current snapshot is the user's again", strings.Join(snapshotNames(c, vm), "|") == "before update|after update")

	rdm := findVM(c, e2e+"hot-physical-rdm")
	ref, err = takeSnapshot(c, rdm, "ours", true)
	must(err)
	l, err = exportSnapshot(c, ref)
	must(err)
	info = waitLease(c, l)
	check("a physical RDM is not in an export", len(info.DeviceUrl) == 1)
	must(l.Abort(ctx, nil))
	must(removeSnapshot(c, ref))
	check("its snapshot can be removed", len(snapshotNames(c, rdm)) == 0)
	ind := findVM(c, e2e+"hot-independent-disk")
	ref, err = takeSnapshot(c, ind, "ours", true)
	must(err)
	l, err = exportSnapshot(c, ref)
	must(err)
	info = waitLease(c, l)
	check("an independent disk is not in a snapshot", len(info.DeviceUrl) == 1)
	must(l.Abort(ctx, nil))
	must(removeSnapshot(c, ref))
	q := findVM(c, e2e+"hot-quiesce-fails")
	_, err = takeSnapshot(c, q, "quiesced", true)
	check("quiescing fails where the scenario says so", faultName(err) == "ApplicationQuiesceFault", err)
	ref, err = takeSnapshot(c, q, "plain", false)
	check("without quiescing it works", err == nil, err)
	must(removeSnapshot(c, ref))
	fault("fault", "no_export_snapshot", "count", 1)
	ref, err = takeSnapshot(c, q, "plain", false)
	must(err)
	_, err = exportSnapshot(c, ref)
	check("ExportSnapshot can be refused", faultName(err) == "NotSupported", err)
	must(removeSnapshot(c, ref))
	fault("fault", "task_fault", "method", "RemoveSnapshot_Task", "type", "FileLocked", "count", 1)
	ref, err = takeSnapshot(c, q, "plain", false)
	must(err)
	check("a task can fail", faultName(removeSnapshot(c, ref)) == "FileLocked")
	must(removeSnapshot(c, ref))
}

func paging() {
	c := login()
	defer func() { _ = c.Logout(ctx) }()
	v, err := view.NewManager(c.Client).CreateContainerView(ctx, c.ServiceContent.RootFolder, []string{"VirtualMachine"}, true)
	must(err)
	spec := types.PropertyFilterSpec{
		PropSet: []types.PropertySpec{{Type: "VirtualMachine", PathSet: []string{"name", "parent", "snapshot"}}},
		ObjectSet: []types.ObjectSpec{{Obj: v.Reference(), Skip: types.NewBool(true), SelectSet: []types.BaseSelectionSpec{
			&types.TraversalSpec{Type: "ContainerView", Path: "view"}}}},
	}
	pc := c.ServiceContent.PropertyCollector
	walk := func(max int32) (pages, objects, largest int) {
		seen := map[types.ManagedObjectReference]bool{}
		add := func(list []types.ObjectContent) {
			pages++
			if len(list) > largest {
				largest = len(list)
			}
			for _, o := range list {
				if !seen[o.Obj] {
					objects++
				}
				seen[o.Obj] = true
			}
		}
		res, err := methods.RetrievePropertiesEx(ctx, c, &types.RetrievePropertiesEx{This: pc, SpecSet: []types.PropertyFilterSpec{spec},
			Options: types.RetrieveOptions{MaxObjects: max}})
		must(err)
		token := res.Returnval.Token
		add(res.Returnval.Objects)
		for token != "" {
			r, err := methods.ContinueRetrievePropertiesEx(ctx, c, &types.ContinueRetrievePropertiesEx{This: pc, Token: token})
			must(err)
			token = r.Returnval.Token
			add(r.Returnval.Objects)
		}
		return
	}
	_, all, _ := walk(0)
	pages, objects, largest := walk(7)
	check("maxObjects pages an answer", largest == 7 && objects == all && pages == (all+6)/7, pages, objects, largest, all)
	setting("page_cap", 3)
	pages, objects, largest = walk(0)
	check("the server pages unasked", largest == 3 && objects == all && pages == (all+2)/3, pages, objects, largest)
	pages, _, largest = walk(2)
	check("the smaller of both wins", largest == 2 && pages == (all+1)/2)
	setting("page_cap", 250)
	_, err = methods.ContinueRetrievePropertiesEx(ctx, c, &types.ContinueRetrievePropertiesEx{This: pc, Token: "no"})
	check("an unknown token is InvalidArgument", faultName(err) == "InvalidArgument", err)
	setting("page_cap", 1)
	res, err := methods.RetrievePropertiesEx(ctx, c, &types.RetrievePropertiesEx{This: pc, SpecSet: []types.PropertyFilterSpec{spec}})
	must(err)
	_, err = methods.CancelRetrievePropertiesEx(ctx, c, &types.CancelRetrievePropertiesEx{This: pc, Token: res.Returnval.Token})
	must(err)
	_, err = methods.ContinueRetrievePropertiesEx(ctx, c, &types.ContinueRetrievePropertiesEx{This: pc, Token: res.Returnval.Token})
	check("a cancelled token is gone", faultName(err) == "InvalidArgument", err)
	setting("page_cap", 250)
}

func waits() {
	a, b := login(), login()
	defer func() { _ = b.Logout(ctx) }()
	// both sessions use the collector that all sessions share by name
	start := func(c *govmomi.Client, name string) (*nfc.Lease, chan string) {
		fault("fault", "lease_slow", "seconds", 0.4, "count", 1)
		l, err := findVM(c, e2e+name).Export(ctx)
		must(err)
		pc := c.ServiceContent.PropertyCollector
		_, err = methods.CreateFilter(ctx, c, &types.CreateFilter{This: pc, Spec: types.PropertyFilterSpec{
			PropSet:   []types.PropertySpec{{Type: "HttpNfcLease", PathSet: []string{"state"}}},
			ObjectSet: []types.ObjectSpec{{Obj: l.Reference()}},
		}})
		must(err)
		out := make(chan string, 1)
		first, err := methods.WaitForUpdatesEx(ctx, c, &types.WaitForUpdatesEx{This: pc})
		must(err)
		go func() {
			res, err := methods.WaitForUpdatesEx(ctx, c, &types.WaitForUpdatesEx{This: pc, Version: first.Returnval.Version,
				Options: &types.WaitOptions{MaxWaitSeconds: types.NewInt32(5)}})
			if err != nil || res.Returnval == nil {
				out <- "fault " + faultName(err)
				return
			}
			got := ""
			for _, f := range res.Returnval.FilterSet {
				for _, o := range f.ObjectSet {
					for _, ch := range o.ChangeSet {
						if s, ok := ch.Val.(types.HttpNfcLeaseState); ok {
							got = string(s)
						}
					}
				}
			}
			out <- got
		}()
		return l, out
	}
	la, outA := start(a, "cold-one-disk")
	lb, outB := start(b, "cold-front-layout")
	x, y := <-outA, <-outB
	check("two sessions wait at the same time", x == "ready" && y == "ready", x, y)
	must(la.Abort(ctx, nil))
	must(lb.Abort(ctx, nil))
	fault("fault", "lease_slow", "seconds", 3, "count", 1)
	_, err := findVM(a, e2e+"cold-one-disk").Export(ctx)
	must(err)
	pc := a.ServiceContent.PropertyCollector
	out := make(chan string, 1)
	go func() {
		for { // the first answers are about the leases above
			_, err := methods.WaitForUpdatesEx(ctx, a, &types.WaitForUpdatesEx{This: pc, Version: "-",
				Options: &types.WaitOptions{MaxWaitSeconds: types.NewInt32(5)}})
			if err != nil {
				out <- faultName(err)
				return
			}
		}
	}()
	time.Sleep(400 * time.Millisecond)
	fault("fault", "expire_sessions")
	select {
	case s := <-out:
		check("an expired session ends its wait with NotAuthenticated", s == "NotAuthenticated", s)
	case <-time.After(2 * time.Second):
		check("an expired session ends its wait with NotAuthenticated", false, "still waiting")
	}
}

// rawCall posts a SOAP body as it is and returns status and answer.
func rawCall(c *govmomi.Client, action, inner string) (int, string) {
	body := `<?xml version="1.0"?><Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>` + inner + `</Body></Envelope>`
	req, err := http.NewRequest("POST", ready.URL, strings.NewReader(body))
	must(err)
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	if action != "" {
		req.Header.Set("SOAPAction", action)
	}
	for _, k := range c.Client.Client.Jar.Cookies(req.URL) {
		req.AddCookie(k)
	}
	res, err := plain(c).Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return res.StatusCode, "read: " + err.Error()
	}
	return res.StatusCode, string(b)
}

func wellFormed(s string) error {
	d := xml.NewDecoder(strings.NewReader(s))
	for {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
