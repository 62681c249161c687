// ExportVm, ExportSnapshot, and the snapshot tasks: what the library's
// virtual machines lack. Requests reach these types by a rewritten _this.
package main

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	vmOpsType       = "HypVirtualMachine"
	snapshotOpsType = "HypSnapshot"
)

// ops carries the added methods of one object; its reference has the value
// of the real one.
type ops struct {
	v    *vcenter
	self types.ManagedObjectReference
	real types.ManagedObjectReference
}

func (o *ops) Reference() types.ManagedObjectReference { return o.self }

type vmOps struct{ ops }
type snapshotOps struct{ ops }

// opsFor registers the object that answers in place of a real one.
func (v *vcenter) opsFor(kind string, real types.ManagedObjectReference) {
	self := types.ManagedObjectReference{Type: kind, Value: real.Value}
	v.opsMu.Lock()
	defer v.opsMu.Unlock()
	if simulator.Map.Get(self) != nil {
		return
	}
	o := ops{v, self, real}
	var obj mo.Reference = &vmOps{o}
	if kind == snapshotOpsType {
		obj = &snapshotOps{o}
	}
	simulator.Map.Put(obj)
}

func notFound(ref types.ManagedObjectReference) *soap.Fault {
	return simulator.Fault(fmt.Sprintf("The object 'vim.%s:%s' has already been deleted or has not been completely created", ref.Type, ref.Value),
		&types.ManagedObjectNotFound{Obj: ref})
}

func vmOf(ref types.ManagedObjectReference) *simulator.VirtualMachine {
	vm, _ := simulator.Map.Get(ref).(*simulator.VirtualMachine)
	return vm
}

func (o *vmOps) ExportVm(ctx *simulator.Context, req *types.ExportVm) soap.HasFault {
	body := new(methods.ExportVmBody)
	vm := vmOf(o.real)
	if vm == nil {
		body.Fault_ = notFound(o.real)
		return body
	}
	if vm.Runtime.PowerState != types.VirtualMachinePowerStatePoweredOff {
		body.Fault_ = simulator.Fault("The attempted operation cannot be performed in the current state (Powered on).",
			&types.InvalidPowerState{
				RequestedState: types.VirtualMachinePowerStatePoweredOff,
				ExistingState:  vm.Runtime.PowerState,
			})
		return body
	}
	l, fault := o.v.startLease(ctx, vm, nil)
	if fault != nil {
		body.Fault_ = fault
		return body
	}
	body.Res = &types.ExportVmResponse{Returnval: l.Self}
	return body
}

func (o *snapshotOps) ExportSnapshot(ctx *simulator.Context, req *types.ExportSnapshot) soap.HasFault {
	body := new(methods.ExportSnapshotBody)
	snap, ok := simulator.Map.Get(o.real).(*simulator.VirtualMachineSnapshot)
	if !ok {
		body.Fault_ = notFound(o.real)
		return body
	}
	vm := vmOf(snap.Vm)
	if vm == nil {
		body.Fault_ = notFound(snap.Vm)
		return body
	}
	l, fault := o.v.startLease(ctx, vm, &o.real)
	if fault != nil {
		body.Fault_ = fault
		return body
	}
	body.Res = &types.ExportSnapshotResponse{Returnval: l.Self}
	return body
}

// refuseExport is why a VM cannot be exported at all.
func refuseExport(vm *simulator.VirtualMachine) *soap.Fault {
	switch {
	case vm.Config.KeyId != nil:
		return simulator.Fault("The operation is not supported on the object: the virtual machine is encrypted.", &types.NotSupported{})
	case vm.Runtime.ConnectionState == types.VirtualMachineConnectionStateDisconnected:
		return simulator.Fault("Unable to communicate with the remote host, since it is disconnected.", &types.HostNotConnected{})
	case vm.Runtime.ConnectionState != types.VirtualMachineConnectionStateConnected:
		return simulator.Fault("The operation is not allowed in the current state.", &types.InvalidState{})
	}
	return nil
}

// startLease makes a lease for a VM or one of its snapshots.
func (v *vcenter) startLease(ctx *simulator.Context, vm *simulator.VirtualMachine, snapshot *types.ManagedObjectReference) (*HttpNfcLease, *soap.Fault) {
	if f := refuseExport(vm); f != nil {
		return nil, f
	}
	rec := v.recordOf(vm)
	v.startMu.Lock()
	defer v.startMu.Unlock()
	if busy := v.leases.ofVM(vm.Self); busy != nil {
		return nil, simulator.Fault("Another task is already in progress.",
			&types.TaskInProgress{Task: types.ManagedObjectReference{Type: "Task", Value: "task-export-" + vm.Self.Value}})
	}
	l := &HttpNfcLease{
		v: v, vm: rec, vmName: vm.Name, snapshot: snapshot, session: ctx.Session.Key, ticket: uuid.New().String(),
		created: time.Now(), timeout: v.leaseTimeout(), ended: make(chan struct{}),
	}
	l.State = types.HttpNfcLeaseStateInitializing
	l.Mode = "pushOrGet"
	l.Capabilities = types.HttpNfcLeaseCapabilities{PullModeSupported: true, CorsSupported: true}
	ctx.Session.Put(l)
	for _, d := range rec.devices {
		if d.rdm == "physical" || (snapshot != nil && d.independent) {
			continue // outside of what an export reaches
		}
		l.devices = append(l.devices, &leaseDevice{vmDevice: d, key: "/" + vm.Self.Value + "/" + d.suffix, name: d.target, index: -1})
	}
	n := 0
	for _, d := range l.devices {
		if d.kind == "disk" {
			d.index = n
			n++
		}
	}
	v.leases.add(l)
	t := &target{method: "lease", vm: rec, name: vm.Name, disk: -1}
	delay := v.leaseReady()
	if f := v.faults.take(t, "lease_slow"); f != nil {
		delay = f.duration()
	}
	failing := v.faults.take(t, "lease_error")
	info := v.leaseInfo(l, vm)
	go func() {
		select {
		case <-l.ended:
			return
		case <-time.After(delay):
		}
		if failing != nil {
			fault, _, err := failing.make("FileLocked", vm.Self)
			if err != nil {
				fault = &types.GenericVmConfigFault{}
			}
			l.end("failed", types.HttpNfcLeaseStateError, fault, false)
			return
		}
		l.ready(info)
	}()
	return l, nil
}

// leaseInfo makes the addresses that the lease hands out.
func (v *vcenter) leaseInfo(l *HttpNfcLease, vm *simulator.VirtualMachine) types.HttpNfcLeaseInfo {
	info := types.HttpNfcLeaseInfo{Lease: l.Self, Entity: vm.Self, LeaseTimeout: int32((l.timeout + time.Second - 1) / time.Second)}
	taken := map[string]bool{}
	for _, d := range l.devices {
		t := &target{method: "lease", vm: l.vm, name: l.vmName, disk: d.index, device: d.key + " " + d.target}
		host, thumb := v.deviceHost(t)
		name := d.name
		if name == "" || strings.ContainsAny(name, "/\n\\") || len(name) > 200 || taken[name] {
			name = fmt.Sprintf("device-%d", d.vmDevice.key)
		}
		taken[name] = true
		d.name = name
		u := types.HttpNfcLeaseDeviceUrl{
			Key: d.key, Url: "https://" + host + "/nfc/" + l.ticket + "/" + url.PathEscape(name),
			SslThumbprint: thumb, Disk: types.NewBool(d.kind == "disk"), TargetId: d.target,
		}
		if d.kind == "disk" {
			info.TotalDiskCapacityInKB += d.image.capacity / 1024
		} else {
			u.FileSize = int64(len(d.image.blob))
		}
		v.spoilDevice(t, &u)
		info.DeviceUrl = append(info.DeviceUrl, u)
	}
	v.spoilInfo(&target{method: "lease", vm: l.vm, name: l.vmName, disk: -1}, &info)
	return info
}

// recordOf returns what is known of a VM; VMs that the scenario does not
// name get one generated disk for each of theirs.
func (v *vcenter) recordOf(vm *simulator.VirtualMachine) *vmRecord {
	if r := v.inv.record(vm.Self); r != nil {
		return r
	}
	r := &vmRecord{ref: vm.Self, path: entityPath(vm.Self)}
	for _, dev := range vm.Config.Hardware.Device {
		d, ok := dev.(*types.VirtualDisk)
		if !ok || d.CapacityInKB <= 0 {
			continue
		}
		src := diskSource{Size: d.CapacityInKB * 1024, Seed: hashString(vm.Name) + uint64(d.Key), Fill: 0.5, Layout: "end", Mode: "random", Adapter: "lsilogic"}
		im, err := generatedImage(src, false, v.inv.images)
		if err != nil {
			continue
		}
		unit := int32(0)
		if d.UnitNumber != nil {
			unit = *d.UnitNumber
		}
		r.devices = append(r.devices, vmDevice{key: d.Key, suffix: controllerSuffix(vm, d.ControllerKey, unit),
			target: fmt.Sprintf("disk-%d.vmdk", len(r.devices)), kind: "disk", image: im})
	}
	r.config = configPrint(vm)
	v.inv.put(r)
	return r
}

// controllerSuffix names a device by its controller: "ParaVirtualSCSIController0:0".
func controllerSuffix(vm *simulator.VirtualMachine, key, unit int32) string {
	for _, dev := range vm.Config.Hardware.Device {
		c, ok := dev.(types.BaseVirtualController)
		if ok && c.GetVirtualController().Key == key {
			return fmt.Sprintf("%s%d:%d", makeTypeOf(dev).Name(), c.GetVirtualController().BusNumber, unit)
		}
	}
	return fmt.Sprintf("VirtualSCSIController0:%d", unit)
}
