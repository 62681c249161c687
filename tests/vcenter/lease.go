// HttpNfcLease: one running export. It belongs to the session that made it,
// and only HttpNfcLeaseProgress keeps it alive.
package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// HttpNfcLease is the managed object; the name of the type is that of the
// vSphere type, from which the library makes references.
type HttpNfcLease struct {
	mo.HttpNfcLease

	v        *vcenter
	vm       *vmRecord
	vmName   string
	snapshot *types.ManagedObjectReference
	session  string
	ticket   string
	devices  []*leaseDevice
	created  time.Time
	timeout  time.Duration
	ended    chan struct{} // closed when the lease is over

	mu        sync.Mutex
	over      bool
	reason    string
	timer     *time.Timer
	progress  []int32
	lastCall  time.Time
	completes int
	aborts    int
}

// leaseDevice is one thing to download.
type leaseDevice struct {
	vmDevice
	key    string // "/vm-42/VirtualLsiLogicController0:0"
	name   string // last part of the URL
	index  int    // among the disks, -1 for others
	mu     sync.Mutex
	sha256 bool
	sent   bool // downloaded completely
}

type leaseTable struct {
	mu  sync.Mutex
	all []*HttpNfcLease
}

func (t *leaseTable) add(l *HttpNfcLease) {
	t.mu.Lock()
	t.all = append(t.all, l)
	t.mu.Unlock()
}

func (t *leaseTable) list() []*HttpNfcLease {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]*HttpNfcLease(nil), t.all...)
}

func (t *leaseTable) pick(f func(*HttpNfcLease) bool) []*HttpNfcLease {
	var out []*HttpNfcLease
	for _, l := range t.list() {
		if l.alive() && f(l) {
			out = append(out, l)
		}
	}
	return out
}

func (t *leaseTable) ofSession(key string) []*HttpNfcLease {
	return t.pick(func(l *HttpNfcLease) bool { return l.session == key })
}

func (t *leaseTable) ofVM(ref types.ManagedObjectReference) *HttpNfcLease {
	for _, l := range t.pick(func(l *HttpNfcLease) bool { return l.vm.ref == ref }) {
		return l
	}
	return nil
}

func (t *leaseTable) byTicket(ticket string) *HttpNfcLease {
	for _, l := range t.list() {
		if l.ticket == ticket {
			return l
		}
	}
	return nil
}

// forget drops the leases that are over.
func (t *leaseTable) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	var keep []*HttpNfcLease
	for _, l := range t.all {
		if l.alive() {
			keep = append(keep, l)
		}
	}
	t.all = keep
}

func (l *HttpNfcLease) alive() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.over
}

// update changes properties so that waiting collectors see it. locked tells
// that the caller runs as a method of the lease and holds its lock.
func (l *HttpNfcLease) update(locked bool, changes ...types.PropertyChange) {
	f := func() { simulator.Map.Update(l, changes) }
	if locked {
		f()
	} else {
		simulator.Map.WithLock(l, f)
	}
}

// end finishes the lease once; later calls change nothing.
func (l *HttpNfcLease) end(reason string, state types.HttpNfcLeaseState, fault types.BaseMethodFault, locked bool) bool {
	l.mu.Lock()
	if l.over {
		l.mu.Unlock()
		return false
	}
	l.over, l.reason = true, reason
	if l.timer != nil {
		l.timer.Stop()
	}
	l.mu.Unlock()
	close(l.ended)
	changes := []types.PropertyChange{}
	if fault != nil {
		changes = append(changes, types.PropertyChange{Name: "error", Val: types.LocalizedMethodFault{
			Fault: fault, LocalizedMessage: messageFor(makeTypeOf(fault).Name(), ""),
		}})
	}
	changes = append(changes, types.PropertyChange{Name: "state", Val: state})
	l.update(locked, changes...)
	return true
}

// renew restarts the timeout.
func (l *HttpNfcLease) renew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	l.lastCall = time.Now()
	if l.timer == nil {
		l.timer = time.AfterFunc(l.timeout, func() {
			l.end("timed out", types.HttpNfcLeaseStateError, &types.Timedout{}, false)
		})
		return
	}
	l.timer.Reset(l.timeout)
}

// ready publishes the download addresses.
func (l *HttpNfcLease) ready(info types.HttpNfcLeaseInfo) {
	l.mu.Lock()
	over := l.over
	l.mu.Unlock()
	if over {
		return
	}
	l.renew()
	l.update(false,
		types.PropertyChange{Name: "initializeProgress", Val: int32(100)},
		types.PropertyChange{Name: "info", Val: info},
		types.PropertyChange{Name: "state", Val: types.HttpNfcLeaseStateReady},
	)
}

// refuse is the fault of a call that the lease's state does not allow, or nil.
func (l *HttpNfcLease) refuse() *soap.Fault {
	l.mu.Lock()
	over, reason := l.over, l.reason
	l.mu.Unlock()
	switch {
	case over && reason == "timed out":
		return simulator.Fault("The lease has timed out.", &types.Timedout{})
	case over:
		return simulator.Fault("The operation is not allowed in the current state.", &types.InvalidState{})
	}
	return nil
}

func (l *HttpNfcLease) HttpNfcLeaseProgress(ctx *simulator.Context, req *types.HttpNfcLeaseProgress) soap.HasFault {
	body := new(methods.HttpNfcLeaseProgressBody)
	if body.Fault_ = l.refuse(); body.Fault_ != nil {
		return body
	}
	if req.Percent < 0 || req.Percent > 100 {
		body.Fault_ = simulator.Fault("A specified parameter was not correct: percent", &types.InvalidArgument{InvalidProperty: "percent"})
		return body
	}
	l.mu.Lock()
	l.progress = append(l.progress, req.Percent)
	l.mu.Unlock()
	if l.State != types.HttpNfcLeaseStateInitializing {
		l.renew()
	}
	l.update(true, types.PropertyChange{Name: "transferProgress", Val: req.Percent})
	body.Res = new(types.HttpNfcLeaseProgressResponse)
	return body
}

func (l *HttpNfcLease) HttpNfcLeaseComplete(ctx *simulator.Context, req *types.HttpNfcLeaseComplete) soap.HasFault {
	body := new(methods.HttpNfcLeaseCompleteBody)
	if body.Fault_ = l.refuse(); body.Fault_ != nil {
		return body
	}
	if l.State != types.HttpNfcLeaseStateReady {
		body.Fault_ = simulator.Fault("The lease is not ready.", &types.InvalidState{})
		return body
	}
	l.mu.Lock()
	l.completes++
	l.mu.Unlock()
	l.end("completed", types.HttpNfcLeaseStateDone, nil, true)
	body.Res = new(types.HttpNfcLeaseCompleteResponse)
	return body
}

func (l *HttpNfcLease) HttpNfcLeaseAbort(ctx *simulator.Context, req *types.HttpNfcLeaseAbort) soap.HasFault {
	body := new(methods.HttpNfcLeaseAbortBody)
	if body.Fault_ = l.refuse(); body.Fault_ != nil {
		return body
	}
	l.mu.Lock()
	l.aborts++
	l.mu.Unlock()
	var fault types.BaseMethodFault = &types.RequestCanceled{}
	if req.Fault != nil && req.Fault.Fault != nil {
		fault = req.Fault.Fault
	}
	l.end("aborted", types.HttpNfcLeaseStateError, fault, true)
	body.Res = new(types.HttpNfcLeaseAbortResponse)
	return body
}

func (l *HttpNfcLease) HttpNfcLeaseSetManifestChecksumType(ctx *simulator.Context, req *types.HttpNfcLeaseSetManifestChecksumType) soap.HasFault {
	body := new(methods.HttpNfcLeaseSetManifestChecksumTypeBody)
	if body.Fault_ = l.refuse(); body.Fault_ != nil {
		return body
	}
	if l.State != types.HttpNfcLeaseStateReady {
		body.Fault_ = simulator.Fault("The lease is not ready.", &types.InvalidState{})
		return body
	}
	chosen := map[*leaseDevice]bool{}
	for _, kv := range req.DeviceUrlsToChecksumTypes {
		var dev *leaseDevice
		for _, d := range l.devices {
			if d.key == kv.Key {
				dev = d
			}
		}
		if dev == nil || (kv.Value != "sha1" && kv.Value != "sha256") {
			body.Fault_ = simulator.Fault(fmt.Sprintf("A specified parameter was not correct: %s=%s", kv.Key, kv.Value),
				&types.InvalidArgument{InvalidProperty: "deviceUrlsToChecksumTypes"})
			return body
		}
		chosen[dev] = kv.Value == "sha256"
	}
	for d, want := range chosen {
		d.mu.Lock()
		d.sha256 = want
		d.mu.Unlock()
	}
	body.Res = new(types.HttpNfcLeaseSetManifestChecksumTypeResponse)
	return body
}

func (l *HttpNfcLease) HttpNfcLeaseGetManifest(ctx *simulator.Context, req *types.HttpNfcLeaseGetManifest) soap.HasFault {
	body := new(methods.HttpNfcLeaseGetManifestBody)
	if body.Fault_ = l.refuse(); body.Fault_ != nil {
		return body
	}
	if l.State != types.HttpNfcLeaseStateReady {
		body.Fault_ = simulator.Fault("The lease is not ready.", &types.InvalidState{})
		return body
	}
	res := new(types.HttpNfcLeaseGetManifestResponse)
	for _, d := range l.devices {
		d.mu.Lock()
		sent, want256 := d.sent, d.sha256
		d.mu.Unlock()
		sum := d.image.known()
		if !sent || sum == nil {
			continue // a host lists what it has sent completely
		}
		e := types.HttpNfcLeaseManifestEntry{Key: d.key, Sha1: sum.SHA1, Size: sum.Size, Disk: d.kind == "disk"}
		if d.kind == "disk" {
			e.Capacity, e.PopulatedSize = d.image.capacity, d.image.populated
		}
		e.Checksum, e.ChecksumType = sum.SHA1, "sha1"
		if want256 {
			e.Checksum, e.ChecksumType = sum.SHA256, "sha256"
		}
		t := &target{vm: l.vm, name: l.vmName, disk: d.index, device: d.key + " " + d.target}
		l.v.spoilManifest(t, &e)
		res.Returnval = append(res.Returnval, e)
	}
	body.Res = res
	return body
}
