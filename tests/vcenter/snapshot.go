// Snapshot tasks that take time, fail where asked to, and really change the
// VM's snapshot property.
package main

import (
	"sort"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// snapshotLog remembers who made what.
type snapshotLog struct {
	mu      sync.Mutex
	Created int
	Removed int
	Failed  int
	Names   []string
}

func (s *snapshotLog) note(f func(*snapshotLog)) {
	s.mu.Lock()
	f(s)
	s.mu.Unlock()
}

// startTask runs f in the background as a vSphere task on an object.
func startTask(entity types.ManagedObjectReference, name string, delay time.Duration, f func() (types.AnyType, types.BaseMethodFault)) types.ManagedObjectReference {
	task := simulator.CreateTask(entity, name, nil)
	if vm := vmOf(entity); vm != nil {
		simulator.Map.WithLock(vm, func() { vm.RecentTask = append(vm.RecentTask, task.Self) })
	}
	update := func(changes ...types.PropertyChange) {
		simulator.Map.WithLock(task, func() { simulator.Map.Update(task, changes) })
	}
	go func() {
		update(types.PropertyChange{Name: "info.startTime", Val: time.Now()},
			types.PropertyChange{Name: "info.state", Val: types.TaskInfoStateRunning})
		time.Sleep(delay)
		res, fault := f()
		done := types.PropertyChange{Name: "info.completeTime", Val: time.Now()}
		if fault != nil {
			update(done, types.PropertyChange{Name: "info.error", Val: types.LocalizedMethodFault{
				Fault: fault, LocalizedMessage: messageFor(makeTypeOf(fault).Name(), ""),
			}}, types.PropertyChange{Name: "info.state", Val: types.TaskInfoStateError})
			return
		}
		update(done, types.PropertyChange{Name: "info.progress", Val: int32(100)},
			types.PropertyChange{Name: "info.result", Val: res},
			types.PropertyChange{Name: "info.state", Val: types.TaskInfoStateSuccess})
	}()
	return task.Self
}

// innerResult takes the result of a task that the library ran synchronously.
func innerResult(ref types.ManagedObjectReference) (types.AnyType, types.BaseMethodFault) {
	t, ok := simulator.Map.Get(ref).(*simulator.Task)
	if !ok {
		return nil, &types.ManagedObjectNotFound{Obj: ref}
	}
	defer simulator.Map.Remove(ref)
	if t.Info.Error != nil {
		return nil, t.Info.Error.Fault
	}
	return t.Info.Result, nil
}

func (o *vmOps) CreateSnapshotTask(ctx *simulator.Context, req *types.CreateSnapshot_Task) soap.HasFault {
	body := new(methods.CreateSnapshot_TaskBody)
	vm := vmOf(o.real)
	if vm == nil {
		body.Fault_ = notFound(o.real)
		return body
	}
	rec := o.v.recordOf(vm)
	t := &target{method: "CreateSnapshot_Task", vm: rec, name: vm.Name, disk: -1}
	run := func() (types.AnyType, types.BaseMethodFault) {
		if req.Quiesce && vm.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn {
			f := o.v.faults.take(t, "quiesce_fail")
			if f == nil && rec.quiesce {
				f = &fault{}
			}
			if f != nil {
				o.v.snaps.note(func(s *snapshotLog) { s.Failed++ })
				fault, _, err := f.make("ApplicationQuiesceFault", o.real)
				if err != nil {
					fault = &types.ApplicationQuiesceFault{}
				}
				return nil, fault
			}
		}
		if f := o.v.faults.take(t, "task_fault"); f != nil {
			return o.v.failTask(f, o.real)
		}
		if vmOf(o.real) == nil {
			return nil, &types.ManagedObjectNotFound{Obj: o.real}
		}
		inner := *req
		inner.This = o.real
		var res soap.HasFault
		simulator.Map.WithLock(vm, func() {
			res = vm.CreateSnapshotTask(&inner)
			tidyStorage(vm)
		})
		out, fault := innerResult(res.(*methods.CreateSnapshot_TaskBody).Res.Returnval)
		if fault == nil {
			o.v.snaps.note(func(s *snapshotLog) { s.Created++; s.Names = append(s.Names, req.Name) })
		}
		return out, fault
	}
	ref := startTask(o.real, "createSnapshotTask", o.v.snapshotTime(), run)
	body.Res = &types.CreateSnapshot_TaskResponse{Returnval: ref}
	return body
}

func (o *snapshotOps) RemoveSnapshotTask(ctx *simulator.Context, req *types.RemoveSnapshot_Task) soap.HasFault {
	body := new(methods.RemoveSnapshot_TaskBody)
	snap, ok := simulator.Map.Get(o.real).(*simulator.VirtualMachineSnapshot)
	if !ok {
		body.Fault_ = notFound(o.real)
		return body
	}
	vm := vmOf(snap.Vm)
	if l := o.v.leases.ofVM(snap.Vm); l != nil && l.snapshot != nil && *l.snapshot == o.real {
		body.Fault_ = simulator.Fault("Another task is already in progress.", &types.TaskInProgress{
			Task: types.ManagedObjectReference{Type: "Task", Value: "task-export-" + snap.Vm.Value}})
		return body
	}
	t := &target{method: "RemoveSnapshot_Task", disk: -1}
	if vm != nil {
		t.vm, t.name = o.v.recordOf(vm), vm.Name
	}
	run := func() (types.AnyType, types.BaseMethodFault) {
		if f := o.v.faults.take(t, "task_fault"); f != nil {
			return o.v.failTask(f, o.real)
		}
		return nil, o.v.removeSnapshot(o.real, req.RemoveChildren)
	}
	ref := startTask(snap.Vm, "removeSnapshotTask", o.v.snapshotTime(), run)
	body.Res = &types.RemoveSnapshot_TaskResponse{Returnval: ref}
	return body
}

// removeSnapshot removes a snapshot at once.
func (v *vcenter) removeSnapshot(ref types.ManagedObjectReference, children bool) types.BaseMethodFault {
	v.snapMu.Lock()
	defer v.snapMu.Unlock()
	snap, ok := simulator.Map.Get(ref).(*simulator.VirtualMachineSnapshot)
	vm := (*simulator.VirtualMachine)(nil)
	if ok {
		vm = vmOf(snap.Vm)
	}
	if vm == nil || vm.Snapshot == nil {
		return &types.ManagedObjectNotFound{Obj: ref}
	}
	var fault types.BaseMethodFault
	withFlatDisks(vm, func() {
		var res soap.HasFault
		ctx := &simulator.Context{Session: &simulator.Session{}, Map: simulator.Map}
		simulator.Map.WithLock(snap, func() {
			res = snap.RemoveSnapshotTask(ctx, &types.RemoveSnapshot_Task{This: ref, RemoveChildren: children})
		})
		_, fault = innerResult(res.(*methods.RemoveSnapshot_TaskBody).Res.Returnval)
	})
	simulator.Map.WithLock(vm, func() { tidyStorage(vm) })
	simulator.Map.Remove(types.ManagedObjectReference{Type: snapshotOpsType, Value: ref.Value})
	if fault == nil {
		v.snaps.note(func(s *snapshotLog) { s.Removed++ })
	}
	return fault
}

func (v *vcenter) failTask(f *fault, ref types.ManagedObjectReference) (types.AnyType, types.BaseMethodFault) {
	fault, _, err := f.make("GenericVmConfigFault", ref)
	if err != nil {
		fault = &types.GenericVmConfigFault{}
	}
	return nil, fault
}

type snapshotState struct {
	VM      string `json:"vm"`
	Name    string `json:"name"`
	Ref     string `json:"ref"`
	Current bool   `json:"current"`
}

// existing lists the snapshots of all VMs.
func existingSnapshots() []snapshotState {
	out := []snapshotState{}
	for _, e := range simulator.Map.All("VirtualMachine") {
		vm, ok := e.(*simulator.VirtualMachine)
		if !ok {
			continue
		}
		simulator.Map.WithLock(vm, func() {
			if vm.Snapshot == nil {
				return
			}
			var walk func([]types.VirtualMachineSnapshotTree)
			walk = func(list []types.VirtualMachineSnapshotTree) {
				for _, s := range list {
					cur := vm.Snapshot.CurrentSnapshot
					out = append(out, snapshotState{entityPath(vm.Self), s.Name, s.Snapshot.Value, cur != nil && *cur == s.Snapshot})
					walk(s.ChildSnapshotList)
				}
			}
			walk(vm.Snapshot.RootSnapshotList)
		})
	}
	sort.Slice(out, func(a, b int) bool { return out[a].VM+out[a].Ref < out[b].VM+out[b].Ref })
	return out
}
