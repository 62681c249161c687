// The library's file layout and storage summary are wrong in details: names
// without their folder, files listed twice, a sum that is only its last term.
package main

import (
	"path"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// tidyStorage puts layoutEx and the storage sums of a VM right; the caller
// holds the VM's lock.
func tidyStorage(vm *simulator.VirtualMachine) {
	var vmx object.DatastorePath
	if vm.LayoutEx == nil || !vmx.FromString(vm.Config.Files.VmPathName) {
		return
	}
	dir := path.Dir(vmx.Path)
	seen := map[string]bool{}
	var files []types.VirtualMachineFileLayoutExFileInfo
	var committed, flat int64
	for _, f := range vm.LayoutEx.File {
		var p object.DatastorePath
		if p.FromString(f.Name) && !strings.Contains(p.Path, "/") {
			p.Path = dir + "/" + p.Path
			f.Name = p.String()
		}
		if seen[f.Name] {
			continue
		}
		seen[f.Name] = true
		if strings.HasSuffix(f.Name, ".vmx") && f.Size == 0 {
			f.Size, f.UniqueSize = 2900, 2900
		}
		if strings.HasSuffix(f.Name, "-flat.vmdk") {
			flat += f.Size
		}
		committed += f.Size
		files = append(files, f)
	}
	vm.LayoutEx.File = files
	var capacity int64
	for _, d := range vm.Config.Hardware.Device {
		if disk, ok := d.(*types.VirtualDisk); ok {
			capacity += disk.CapacityInKB * 1024
		}
	}
	free := capacity - flat
	if free < 0 {
		free = 0
	}
	for i := range vm.Storage.PerDatastoreUsage {
		u := &vm.Storage.PerDatastoreUsage[i]
		u.Committed, u.Uncommitted, u.Unshared = 0, 0, 0
		if i == 0 {
			u.Committed, u.Uncommitted, u.Unshared = committed, free, committed
		}
	}
	if s := vm.Summary.Storage; s != nil {
		s.Committed, s.Uncommitted, s.Unshared = committed, free, committed
	}
}
