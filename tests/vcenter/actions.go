// Faults that happen at once, when they are posted.
package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"

	"context"
)

// action returns what to do for an immediate fault, or nil if it is a rule.
func (v *vcenter) action(f *fault) func() (int, error) {
	switch f.Kind {
	case "expire_sessions":
		return func() (int, error) {
			list := v.stats.open()
			for _, s := range list {
				v.endSession(s.Key, true)
			}
			return len(list), nil
		}
	case "expire_leases":
		return func() (int, error) {
			return v.endLeases(f, "timed out", &types.Timedout{})
		}
	case "fail_leases":
		return func() (int, error) {
			fault, _, err := f.make("InvalidState", types.ManagedObjectReference{})
			if err != nil {
				return 0, err
			}
			return v.endLeases(f, "failed", fault)
		}
	case "power_on", "power_off", "delete_vm", "remove_snapshot", "vmotion":
		return func() (int, error) { return v.disturb(f) }
	case "new_certificate":
		return func() (int, error) {
			id := v.id
			if f.Variant == "data" || f.Variant == "data_foreign" {
				id = v.data
			}
			if id == nil {
				return 0, fmt.Errorf("there is no data host: --data-listen")
			}
			return 1, id.renew(strings.HasSuffix(f.Variant, "foreign"))
		}
	}
	return nil
}

// endLeases ends the open leases that a fault names.
func (v *vcenter) endLeases(f *fault, reason string, why types.BaseMethodFault) (int, error) {
	n := 0
	for _, l := range v.leases.list() {
		if !f.matches(&target{vm: l.vm, name: l.vmName, disk: -1}) {
			continue
		}
		if l.end(reason, types.HttpNfcLeaseStateError, why, false) {
			n++
		}
	}
	return n, nil
}

// disturb changes a VM behind the back of an export.
func (v *vcenter) disturb(f *fault) (int, error) {
	vm := v.inv.find(f.VM)
	if vm == nil {
		return 0, fmt.Errorf("%s: no VM %q", f.Kind, f.VM)
	}
	ctx := context.Background()
	o := object.NewVirtualMachine(v.inv.client, vm.Self)
	wait := func(t *object.Task, err error) error {
		if err == nil {
			_, err = t.WaitForResult(ctx, nil)
		}
		return err
	}
	match := &fault{VM: vm.Self.Value}
	end := func(why types.BaseMethodFault) { _, _ = v.endLeases(match, f.Kind, why) }
	switch f.Kind {
	case "power_on":
		if err := wait(o.PowerOn(ctx)); err != nil {
			return 0, err
		}
		end(&types.InvalidPowerState{RequestedState: types.VirtualMachinePowerStatePoweredOff, ExistingState: types.VirtualMachinePowerStatePoweredOn})
	case "power_off":
		if err := wait(o.PowerOff(ctx)); err != nil {
			return 0, err
		}
	case "delete_vm":
		end(&types.ManagedObjectNotFound{Obj: vm.Self})
		if vm.Runtime.PowerState != types.VirtualMachinePowerStatePoweredOff {
			if err := wait(o.PowerOff(ctx)); err != nil {
				return 0, err
			}
		}
		var err error
		withFlatDisks(vm, func() { err = wait(o.Destroy(ctx)) })
		return 1, err
	case "remove_snapshot":
		n := 0
		for _, s := range existingSnapshots() {
			if s.VM != entityPath(vm.Self) || (f.Device != "" && s.Name != f.Device) {
				continue
			}
			ref := types.ManagedObjectReference{Type: "VirtualMachineSnapshot", Value: s.Ref}
			end(&types.ManagedObjectNotFound{Obj: ref})
			if fault := v.removeSnapshot(ref, false); fault != nil {
				return n, fmt.Errorf("%T", fault)
			}
			n++
		}
		return n, nil
	case "vmotion":
		end(&types.InvalidState{})
		simulator.Map.WithLock(vm, func() {
			for _, e := range simulator.Map.All("HostSystem") {
				if h := e.Reference(); h != *vm.Runtime.Host {
					vm.Runtime.Host, vm.Summary.Runtime.Host = &h, &h
					break
				}
			}
		})
	}
	return 1, nil
}

// redirectHost is where the fault "redirect" points by default.
func (v *vcenter) redirectHost() string {
	if v.dataAddr != "" {
		return v.dataAddr
	}
	return v.addr
}

// serveRedirected is the target of redirects: it records what a client that
// followed brought with it.
func (v *vcenter) serveRedirected(w http.ResponseWriter, r *http.Request) {
	buf := make([]byte, 64<<10)
	total := int64(0)
	for {
		n, err := r.Body.Read(buf)
		total += int64(n)
		if err != nil {
			break
		}
	}
	v.stats.add(func(c *counters) {
		c.Redirected++
		c.RedirectBytes += total
		if r.Header.Get("Cookie") != "" || r.Header.Get("Authorization") != "" {
			c.RedirectCookie++
		}
	})
	writeFault(w, http.StatusInternalServerError, "You should not have come here.", &types.NotSupported{})
}

// deviceHost is host and thumbprint of a device address.
func (v *vcenter) deviceHost(t *target) (host, thumb string) {
	switch v.settings().HostMode {
	case "data":
		return v.dataAddr, thumbprint1(v.data.current())
	case "real":
		return v.addr, thumbprint1(v.id.current())
	}
	return "*", ""
}
