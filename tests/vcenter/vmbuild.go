// Makes the scenario's VMs: each is created through the API, then given its
// devices and special properties directly.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
	vimxml "github.com/vmware/govmomi/vim25/xml"
)

func makeTypeOf(p interface{}) reflect.Type { return reflect.TypeOf(p).Elem() }

// createVM makes one VM of the scenario.
func (inv *inventory) createVM(v *vmSpec, base string) error {
	ctx := context.Background()
	folder, dc, err := inv.folder(v.Folder)
	if err != nil {
		return err
	}
	spec := types.VirtualMachineConfigSpec{
		Name: v.Name, GuestId: v.Guest, NumCPUs: v.CPUs, MemoryMB: v.MemoryMB, NumCoresPerSocket: 1,
		Firmware: v.Firmware, Annotation: v.Annotation, Version: v.Version,
		BootOptions: &types.VirtualMachineBootOptions{EfiSecureBootEnabled: types.NewBool(v.SecureBoot)},
		Files:       &types.VirtualMachineFileInfo{VmPathName: "[" + datastoreName + "]"},
	}
	task, err := folder.CreateVM(ctx, spec, dc.pool, dc.host)
	if err != nil {
		return err
	}
	info, err := task.WaitForResult(ctx, nil)
	if err != nil {
		return err
	}
	ref := info.Result.(types.ManagedObjectReference)
	vm := simulator.Map.Get(ref).(*simulator.VirtualMachine)
	store := simulator.Map.Get(dc.store).(*simulator.Datastore)
	var vmx object.DatastorePath
	vmx.FromString(vm.Config.Files.VmPathName)
	sub := filepath.Dir(vmx.Path)
	b := &deviceBuilder{
		vm: v, inv: inv, dc: dc, base: base,
		dir:         filepath.Join(store.Info.GetDatastoreInfo().Url, sub),
		storePath:   "[" + datastoreName + "] " + sub,
		controllers: map[string]int32{}, used: map[int32]map[int32]bool{},
	}
	for i := range v.Disks {
		if err = b.disk(i, &v.Disks[i]); err != nil {
			return err
		}
	}
	if v.CDROM != nil {
		b.removable("iso", v.CDROM)
	}
	if v.Floppy != nil {
		b.removable("floppy", v.Floppy)
	}
	b.others()
	nets := v.Networks
	if nets == nil {
		nets = []string{"VM Network"}
	}
	var networks []types.ManagedObjectReference
	for i, name := range nets {
		net, backing, e := inv.network(dc, name)
		if e != nil {
			return e
		}
		networks = append(networks, net)
		sum := mix(uint64(len(v.Name))<<32^uint64(i)) ^ hashString(v.Name)
		b.nic(i, net, backing, fmt.Sprintf("00:50:56:%02x:%02x:%02x", sum>>16&0x3f, sum>>8&0xff, sum&0xff))
	}
	if v.NVRAM != nil {
		size := int64(v.NVRAM.Size)
		if size == 0 {
			size = 8684
		}
		im := blobImage(size, v.NVRAM.Seed)
		name := filepath.Join(b.dir, v.Name+".nvram")
		if err = os.WriteFile(name, im.blob, 0o644); err != nil {
			return err
		}
		b.records = append(b.records, vmDevice{suffix: "nvram", target: v.Name + ".nvram", kind: "nvram", image: im})
	}
	simulator.Map.WithLock(vm, func() {
		vm.Config.Hardware.Device = append(vm.Config.Hardware.Device, b.devices...)
		vm.Network = networks
		finishConfig(vm, v)
	})
	return inv.finishVM(vm, v, b)
}

// finishConfig sets the properties that CreateVM does not know.
func finishConfig(vm *simulator.VirtualMachine, v *vmSpec) {
	full := guestName(v.Guest)
	vm.Config.GuestFullName = full
	vm.Summary.Config.GuestFullName = full
	vm.Guest.GuestFullName = full
	vm.Guest.GuestId = v.Guest
	vm.Summary.Config.NumVirtualDisks = int32(len(v.Disks))
	vm.Summary.Config.NumEthernetCards = int32(len(vm.Network))
	vm.Config.DefaultPowerOps.PowerOffType = "soft"
	if v.Encrypted {
		vm.Config.KeyId = cryptoKey()
	}
	vm.Runtime.ConnectionState = types.VirtualMachineConnectionState(v.Connection)
	vm.Summary.Runtime.ConnectionState = vm.Runtime.ConnectionState
}

func (inv *inventory) finishVM(vm *simulator.VirtualMachine, v *vmSpec, b *deviceBuilder) error {
	ctx := context.Background()
	withFlatDisks(vm, func() {
		simulator.Map.WithLock(vm, func() { vm.RefreshStorageInfo(nil, nil) })
	})
	defer simulator.Map.WithLock(vm, func() { tidyStorage(vm) })
	o := object.NewVirtualMachine(inv.client, vm.Self)
	wait := func(t *object.Task, err error) error {
		if err != nil {
			return err
		}
		_, err = t.WaitForResult(ctx, nil)
		return err
	}
	if v.Power != "off" {
		if err := wait(o.PowerOn(ctx)); err != nil {
			return err
		}
		vm.Guest.ToolsStatus = types.VirtualMachineToolsStatusToolsOk
		vm.Guest.ToolsRunningStatus = string(types.VirtualMachineToolsRunningStatusGuestToolsRunning)
		vm.Guest.HostName = v.Name
		vm.Guest.GuestState = "running"
		vm.Summary.Guest.ToolsStatus = vm.Guest.ToolsStatus
		vm.Summary.Guest.HostName = v.Name
	}
	if v.Power == "suspended" {
		if err := wait(o.Suspend(ctx)); err != nil {
			return err
		}
	}
	for _, name := range v.Snapshots {
		if err := wait(o.CreateSnapshot(ctx, name, "taken by a user", false, false)); err != nil {
			return err
		}
	}
	if v.Template {
		if err := o.MarkAsTemplate(ctx); err != nil {
			return err
		}
	}
	r := &vmRecord{ref: vm.Self, path: entityPath(vm.Self), scenario: true, quiesce: v.QuiesceFail, devices: b.records}
	r.config = configPrint(vm)
	inv.put(r)
	return nil
}

// withFlatDisks runs f while raw mapped disks wear a flat backing: the
// library knows no other kind where it refreshes the file layout.
func withFlatDisks(vm *simulator.VirtualMachine, f func()) {
	type saved struct {
		disk *types.VirtualDisk
		was  types.BaseVirtualDeviceBackingInfo
	}
	var raw []saved
	simulator.Map.WithLock(vm, func() {
		for _, d := range vm.Config.Hardware.Device {
			disk, ok := d.(*types.VirtualDisk)
			if !ok {
				continue
			}
			if r, ok := disk.Backing.(*types.VirtualDiskRawDiskMappingVer1BackingInfo); ok {
				raw = append(raw, saved{disk, disk.Backing})
				disk.Backing = &types.VirtualDiskFlatVer2BackingInfo{VirtualDeviceFileBackingInfo: r.VirtualDeviceFileBackingInfo}
			}
		}
	})
	defer simulator.Map.WithLock(vm, func() {
		for _, s := range raw {
			s.disk.Backing = s.was
		}
	})
	f()
}

// network finds a network by name in a datacenter and makes the backing for
// a card on it.
func (inv *inventory) network(dc *datacenter, name string) (types.ManagedObjectReference, types.BaseVirtualDeviceBackingInfo, error) {
	for _, kind := range []string{"Network", "DistributedVirtualPortgroup"} {
		for _, e := range simulator.Map.All(kind) {
			ref := e.Reference()
			if !strings.HasPrefix(entityPath(ref)+"/", dc.path+"/") {
				continue
			}
			switch n := e.(type) {
			case *mo.Network:
				if n.Name == name {
					return ref, &types.VirtualEthernetCardNetworkBackingInfo{
						VirtualDeviceDeviceBackingInfo: types.VirtualDeviceDeviceBackingInfo{DeviceName: name},
						Network:                        &ref,
					}, nil
				}
			case *simulator.DistributedVirtualPortgroup:
				if n.Name == name {
					pg := object.NewDistributedVirtualPortgroup(inv.client, ref)
					b, err := pg.EthernetCardBackingInfo(context.Background())
					return ref, b, err
				}
			}
		}
	}
	return types.ManagedObjectReference{}, nil, fmt.Errorf("no network %q in %s", name, dc.path)
}

func hashString(s string) uint64 {
	h := sha256.Sum256([]byte(s))
	var n uint64
	for _, b := range h[:8] {
		n = n<<8 | uint64(b)
	}
	return n
}

// configPrint is a digest of the VM's configuration without its times: equal
// before and after an export, if nobody reconfigured the VM.
func configPrint(vm *simulator.VirtualMachine) string {
	c := *vm.Config
	c.Modified = vm.Config.Modified.Truncate(1 << 62)
	c.ChangeVersion = ""
	b, err := vimxml.Marshal(&c)
	if err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

func guestName(id string) string {
	names := map[string]string{
		"debian10_64Guest":      "Debian GNU/Linux 10 (64-bit)",
		"debian9_64Guest":       "Debian GNU/Linux 9 (64-bit)",
		"ubuntu64Guest":         "Ubuntu Linux (64-bit)",
		"rhel7_64Guest":         "Red Hat Enterprise Linux 7 (64-bit)",
		"rhel8_64Guest":         "Red Hat Enterprise Linux 8 (64-bit)",
		"windows9Server64Guest": "Microsoft Windows Server 2016 (64-bit)",
		"otherGuest":            "Other (32-bit)",
		"otherGuest64":          "Other (64-bit)",
	}
	if n := names[id]; n != "" {
		return n
	}
	return id
}
