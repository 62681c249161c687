// Virtual devices of the scenario's VMs, with the keys that vSphere uses.
package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
)

// VirtualTPM is missing in this version of the library.
type VirtualTPM struct {
	types.VirtualDevice
}

func init() {
	types.Add("VirtualTPM", makeTypeOf((*VirtualTPM)(nil)))
}

// deviceBuilder collects the devices of one VM.
type deviceBuilder struct {
	vm          *vmSpec
	inv         *inventory
	dc          *datacenter
	dir         string // datastore directory of the VM, in the file system
	storePath   string // "[LocalDS_0] web01"
	base        string // scenario directory
	devices     []types.BaseVirtualDevice
	records     []vmDevice
	controllers map[string]int32 // "lsilogic/0" -> key
	scsi        int32            // next SCSI bus
	used        map[int32]map[int32]bool
}

func description(label, summary string) *types.Description {
	return &types.Description{Label: label, Summary: summary}
}

var controllerName = map[string]string{
	"lsilogic":     "VirtualLsiLogicController",
	"lsilogic-sas": "VirtualLsiLogicSASController",
	"buslogic":     "VirtualBusLogicController",
	"pvscsi":       "ParaVirtualSCSIController",
	"ide":          "VirtualIDEController",
	"sata":         "VirtualAHCIController",
	"nvme":         "VirtualNVMEController",
}

func isSCSI(kind string) bool {
	switch kind {
	case "ide", "sata", "nvme":
		return false
	}
	return true
}

// controller returns key and bus of the controller for a disk, made on first use.
func (b *deviceBuilder) controller(kind string, want *int32) (key, bus int32) {
	if want != nil {
		bus = *want
	} else if isSCSI(kind) {
		bus = b.scsi
		for n := int32(0); n < b.scsi; n++ {
			if _, ok := b.controllers[fmt.Sprintf("%s/%d", kind, n)]; ok {
				bus = n
			}
		}
	}
	name := fmt.Sprintf("%s/%d", kind, bus)
	if key, ok := b.controllers[name]; ok {
		return key, bus
	}
	c := types.VirtualController{BusNumber: bus}
	c.ControllerKey = 100
	switch kind {
	case "ide":
		b.controllers[name] = 200 + bus // every VM has both
		return 200 + bus, bus
	case "sata":
		c.Key = 15000 + bus
		c.DeviceInfo = description(fmt.Sprintf("SATA controller %d", bus), "AHCI")
		d := &types.VirtualAHCIController{}
		d.VirtualController = c
		b.devices = append(b.devices, d)
	case "nvme":
		c.Key = 31000 + bus
		c.DeviceInfo = description(fmt.Sprintf("NVME controller %d", bus), "NVME Controller")
		d := &types.VirtualNVMEController{}
		d.VirtualController = c
		b.devices = append(b.devices, d)
	default:
		if bus >= b.scsi {
			b.scsi = bus + 1
		}
		c.Key = 1000 + bus
		label := fmt.Sprintf("SCSI controller %d", bus)
		s := types.VirtualSCSIController{
			SharedBus:          types.VirtualSCSISharing(b.vm.BusSharing),
			HotAddRemove:       types.NewBool(true),
			ScsiCtlrUnitNumber: 7,
		}
		switch kind {
		case "pvscsi":
			c.DeviceInfo = description(label, "VMware paravirtual SCSI")
			s.VirtualController = c
			b.devices = append(b.devices, &types.ParaVirtualSCSIController{VirtualSCSIController: s})
		case "lsilogic-sas":
			c.DeviceInfo = description(label, "LSI Logic SAS")
			s.VirtualController = c
			b.devices = append(b.devices, &types.VirtualLsiLogicSASController{VirtualSCSIController: s})
		case "buslogic":
			c.DeviceInfo = description(label, "BusLogic")
			s.VirtualController = c
			b.devices = append(b.devices, &types.VirtualBusLogicController{VirtualSCSIController: s})
		default:
			c.DeviceInfo = description(label, "LSI Logic")
			s.VirtualController = c
			b.devices = append(b.devices, &types.VirtualLsiLogicController{VirtualSCSIController: s})
		}
	}
	b.controllers[name] = c.Key
	return c.Key, bus
}

func (b *deviceBuilder) unit(controller int32, kind string, want *int32) int32 {
	u := b.used[controller]
	if u == nil {
		u = map[int32]bool{}
		if isSCSI(kind) {
			u[7] = true // the controller itself
		}
		b.used[controller] = u
	}
	n := int32(0)
	if want != nil {
		n = *want
	}
	for want == nil && u[n] {
		n++
	}
	u[n] = true
	return n
}

func diskKey(kind string, bus, unit int32) int32 {
	switch kind {
	case "ide":
		return 3000 + 2*bus + unit
	case "sata":
		return 16000 + 30*bus + unit
	case "nvme":
		return 32000 + 15*bus + unit
	}
	return 2000 + 16*bus + unit
}

// disk adds one disk with its image.
func (b *deviceBuilder) disk(n int, d *diskSpec) error {
	var im *image
	var err error
	if d.File != "" {
		p := d.File
		if !filepath.IsAbs(p) {
			p = filepath.Join(b.base, p)
		}
		im, err = fileImage(p)
	} else {
		im, err = generatedImage(d.source(), d.Cache, b.inv.images)
	}
	if err != nil {
		return fmt.Errorf("disk %d: %v", n, err)
	}
	capacity := int64(d.Capacity)
	if capacity == 0 {
		capacity = im.capacity
	}
	controller, bus := b.controller(d.Controller, d.Bus)
	unit := b.unit(controller, d.Controller, d.Unit)
	file := b.vm.Name
	if n > 0 {
		file = fmt.Sprintf("%s_%d", b.vm.Name, n)
	}
	info := types.VirtualDeviceFileBackingInfo{
		FileName:  b.storePath + "/" + file + ".vmdk",
		Datastore: &b.dc.store,
	}
	dev := &types.VirtualDisk{CapacityInKB: capacity / 1024, CapacityInBytes: capacity}
	dev.Key = diskKey(d.Controller, bus, unit)
	dev.ControllerKey = controller
	dev.UnitNumber = &unit
	dev.DeviceInfo = description(fmt.Sprintf("Hard disk %d", n+1), fmt.Sprintf("%d KB", capacity/1024))
	uuid := fmt.Sprintf("6000C29%x-%04x-%04x-%04x-%012x", mix(uint64(dev.Key))&0xf, dev.Key, n, unit, mix(uint64(capacity))&0xffffffffffff)
	if d.RDM != "" {
		dev.Backing = &types.VirtualDiskRawDiskMappingVer1BackingInfo{
			VirtualDeviceFileBackingInfo: info,
			LunUuid:                      "0200000000600508b1001c4d41",
			DeviceName:                   "vml.0200000000600508b1001c4d41",
			CompatibilityMode:            d.RDM + "Mode",
			DiskMode:                     d.Mode,
			Uuid:                         uuid,
			Sharing:                      d.Sharing,
		}
	} else {
		flat := &types.VirtualDiskFlatVer2BackingInfo{
			VirtualDeviceFileBackingInfo: info,
			DiskMode:                     d.Mode,
			Split:                        types.NewBool(false),
			WriteThrough:                 types.NewBool(false),
			ThinProvisioned:              types.NewBool(!d.Thick),
			EagerlyScrub:                 types.NewBool(false),
			DigestEnabled:                types.NewBool(false),
			Uuid:                         uuid,
			Sharing:                      d.Sharing,
		}
		if b.vm.Encrypted {
			flat.KeyId = cryptoKey()
		}
		dev.Backing = flat
	}
	b.devices = append(b.devices, dev)
	target := fmt.Sprintf("disk-%d.vmdk", n)
	if d.TargetID != nil {
		target = *d.TargetID
	}
	b.records = append(b.records, vmDevice{
		key: dev.Key, suffix: fmt.Sprintf("%s%d:%d", controllerName[d.Controller], bus, unit), target: target,
		kind: "disk", independent: strings.HasPrefix(d.Mode, "independent"), rdm: d.RDM, image: im,
	})
	// files of the datastore, so that layoutEx and storage have sizes
	if err = os.WriteFile(filepath.Join(b.dir, file+".vmdk"), vmdkDescriptor(capacity, 0, "lsilogic"), 0o644); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(b.dir, file+"-flat.vmdk"))
	if err != nil {
		return err
	}
	defer f.Close()
	used := capacity
	if !d.Thick {
		used = im.populated
	}
	return f.Truncate(used)
}

func cryptoKey() *types.CryptoKeyId {
	return &types.CryptoKeyId{KeyId: "key-1", ProviderId: &types.KeyProviderId{Id: "kms-1"}}
}

// removable adds a CD-ROM or floppy drive with an image inside.
func (b *deviceBuilder) removable(kind string, s *blobSpec) {
	size := int64(s.Size)
	if size == 0 {
		size = 1 << 20
		if kind == "floppy" {
			size = 1474560
		}
	}
	connect := &types.VirtualDeviceConnectInfo{StartConnected: true, AllowGuestControl: true, Connected: b.vm.Power == "on"}
	name := s.Image
	file := types.VirtualDeviceFileBackingInfo{Datastore: &b.dc.store}
	if kind == "iso" {
		if name == "" {
			name = "iso/installer.iso"
		}
		file.FileName = "[" + datastoreName + "] " + name
		controller, bus := b.controller("ide", nil)
		unit := b.unit(controller, "ide", nil)
		d := &types.VirtualCdrom{}
		d.Key = diskKey("ide", bus, unit)
		d.ControllerKey, d.UnitNumber, d.Connectable = controller, &unit, connect
		d.DeviceInfo = description("CD/DVD drive 1", "ISO "+file.FileName)
		d.Backing = &types.VirtualCdromIsoBackingInfo{VirtualDeviceFileBackingInfo: file}
		b.devices = append(b.devices, d)
		b.records = append(b.records, vmDevice{key: d.Key, suffix: fmt.Sprintf("VirtualIDEController%d:%d", bus, unit),
			target: "_deviceImage0.iso", kind: "iso", image: isoImage(size, s.Seed)})
		return
	}
	if name == "" {
		name = "floppy/drivers.flp"
	}
	file.FileName = "[" + datastoreName + "] " + name
	unit := int32(0)
	d := &types.VirtualFloppy{}
	d.Key, d.ControllerKey, d.UnitNumber, d.Connectable = 8000, 400, &unit, connect
	d.DeviceInfo = description("Floppy drive 1", "Image "+file.FileName)
	d.Backing = &types.VirtualFloppyImageBackingInfo{VirtualDeviceFileBackingInfo: file}
	b.devices = append(b.devices, d)
	b.records = append(b.records, vmDevice{key: d.Key, suffix: "VirtualSIOController0:0",
		target: "_deviceImage1.flp", kind: "floppy", image: blobImage(size, s.Seed)})
}

// others adds what OVF cannot express.
func (b *deviceBuilder) others() {
	if b.vm.VTPM {
		d := &VirtualTPM{}
		d.Key, d.ControllerKey = 11000, 100
		d.DeviceInfo = description("Virtual TPM", "Trusted Platform Module")
		b.devices = append(b.devices, d)
	}
	if b.vm.Passthrough {
		d := &types.VirtualPCIPassthrough{}
		d.Key, d.ControllerKey = 13000, 100
		d.DeviceInfo = description("PCI device 0", "NVIDIA Tesla")
		d.Backing = &types.VirtualPCIPassthroughDeviceBackingInfo{
			VirtualDeviceDeviceBackingInfo: types.VirtualDeviceDeviceBackingInfo{DeviceName: "Tesla"},
			Id:                             "0000:3b:00.0", DeviceId: "1db4", SystemId: "5d5b", VendorId: 4318,
		}
		b.devices = append(b.devices, d)
	}
}

// nic adds a network card on a named network.
func (b *deviceBuilder) nic(n int, net types.ManagedObjectReference, backing types.BaseVirtualDeviceBackingInfo, mac string) {
	unit := int32(7 + n)
	c := types.VirtualEthernetCard{AddressType: "assigned", MacAddress: mac, WakeOnLanEnabled: types.NewBool(true)}
	c.Key, c.ControllerKey, c.UnitNumber = 4000+int32(n), 100, &unit
	c.Backing = backing
	c.DeviceInfo = description(fmt.Sprintf("Network adapter %d", n+1), path.Base(net.Value))
	c.Connectable = &types.VirtualDeviceConnectInfo{StartConnected: true, AllowGuestControl: true, Connected: b.vm.Power == "on"}
	switch b.vm.NIC {
	case "e1000":
		b.devices = append(b.devices, &types.VirtualE1000{VirtualEthernetCard: c})
	case "e1000e":
		b.devices = append(b.devices, &types.VirtualE1000e{VirtualEthernetCard: c})
	default:
		b.devices = append(b.devices, &types.VirtualVmxnet3{VirtualVmxnet: types.VirtualVmxnet{VirtualEthernetCard: c}})
	}
}
