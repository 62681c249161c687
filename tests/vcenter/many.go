// Thousands of VMs without disks, put into the registry directly: making
// them through the API would take too long.
package main

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// manyFolders are where --vms puts its VMs, in turns.
var manyFolders = []string{
	"/DC0/vm/load/alpha", "/DC0/vm/load/beta", "/DC1/vm/load", "/Region/DC2/vm/load/deep/er", "/Region/DC2/vm",
}

func (inv *inventory) createMany(n int) error {
	if n == 0 {
		return nil
	}
	perFolder := (n + len(manyFolders) - 1) / len(manyFolders)
	for i, path := range manyFolders {
		from, to := i*perFolder, (i+1)*perFolder
		if to > n {
			to = n
		}
		if from >= to {
			break
		}
		if err := inv.createBlock(path, from, to); err != nil {
			return err
		}
	}
	return nil
}

func (inv *inventory) createBlock(path string, from, to int) error {
	f, dc, err := inv.folder(path)
	if err != nil {
		return err
	}
	folder := simulator.Map.Get(f.Reference()).(*simulator.Folder)
	host := simulator.Map.Get(dc.host.Reference()).(*simulator.HostSystem)
	pool := dc.pool.Reference()
	store := simulator.Map.Get(dc.store).(*simulator.Datastore)
	guests := []string{"debian10_64Guest", "ubuntu64Guest", "windows9Server64Guest", "rhel8_64Guest"}
	now := time.Now()
	for i := from; i < to; i++ {
		name := fmt.Sprintf("load-%05d", i)
		if i == 0 {
			name = "load%2fslash-00000" // the API's way to write a slash in a name
		}
		vm := &simulator.VirtualMachine{}
		vm.Name = name
		h := host.Self
		file := fmt.Sprintf("[%s] %s/%s.vmx", datastoreName, name, name)
		guest := guests[i%len(guests)]
		power, tools := types.VirtualMachinePowerStatePoweredOff, types.VirtualMachineToolsStatusToolsNotRunning
		if i%3 == 1 {
			power, tools = types.VirtualMachinePowerStatePoweredOn, types.VirtualMachineToolsStatusToolsOk
		}
		id := uuid.NewSHA1(uuid.NameSpaceOID, []byte(path+"/"+name)).String()
		cpus, mem := int32(1<<(i%4)), int32(512<<(i%5))
		used := int64(i%50+1) << 30
		vm.Config = &types.VirtualMachineConfigInfo{
			Name: name, GuestId: guest, GuestFullName: guestName(guest), Uuid: id, InstanceUuid: id, Version: "vmx-13", Firmware: "bios",
			Modified: now, Files: types.VirtualMachineFileInfo{VmPathName: file, SnapshotDirectory: "[" + datastoreName + "] " + name},
			Hardware:    types.VirtualHardware{NumCPU: cpus, NumCoresPerSocket: 1, MemoryMB: mem},
			BootOptions: &types.VirtualMachineBootOptions{}, Tools: &types.ToolsConfigInfo{},
		}
		vm.Runtime = types.VirtualMachineRuntimeInfo{Host: &h, PowerState: power, ConnectionState: types.VirtualMachineConnectionStateConnected}
		vm.Guest = &types.GuestInfo{GuestId: guest, GuestFullName: guestName(guest), ToolsStatus: tools}
		vm.Layout = &types.VirtualMachineFileLayout{}
		vm.LayoutEx = &types.VirtualMachineFileLayoutEx{Timestamp: now, File: []types.VirtualMachineFileLayoutExFileInfo{
			{Key: 0, Name: file, Type: "config", Size: 2048, UniqueSize: 2048},
		}}
		vm.Storage = &types.VirtualMachineStorageInfo{Timestamp: now, PerDatastoreUsage: []types.VirtualMachineUsageOnDatastore{
			{Datastore: store.Self, Committed: used, Uncommitted: 0, Unshared: used},
		}}
		vm.Datastore = []types.ManagedObjectReference{store.Self}
		vm.ResourcePool = &pool
		vm.Summary.Config = types.VirtualMachineConfigSummary{
			Name: name, VmPathName: file, MemorySizeMB: mem, NumCpu: cpus, Uuid: id, InstanceUuid: id, GuestId: guest, GuestFullName: guestName(guest),
		}
		vm.Summary.Runtime = vm.Runtime
		vm.Summary.Guest = &types.VirtualMachineGuestSummary{GuestId: guest, GuestFullName: guestName(guest), ToolsStatus: tools}
		vm.Summary.Storage = &types.VirtualMachineStorageSummary{Committed: used, Unshared: used, Timestamp: now}
		vm.Summary.OverallStatus = types.ManagedEntityStatusGreen
		var parent mo.Entity = folder
		simulator.Map.PutEntity(parent, vm)
		vm.Summary.Vm = &vm.Self
		folder.ChildEntity = append(folder.ChildEntity, vm.Self)
		host.Vm = append(host.Vm, vm.Self)
		store.Vm = append(store.Vm, vm.Self)
		if rp, ok := simulator.Map.Get(pool).(*simulator.ResourcePool); ok {
			rp.Vm = append(rp.Vm, vm.Self)
		}
	}
	return nil
}
