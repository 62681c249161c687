// The VirtualHardwareSection of a descriptor.
package main

import (
	"fmt"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
)

// item is one element of RASD; empty fields are left out. The schema wants
// them in alphabetical order.
type item struct {
	address, onParent, units, auto, connection, description, name string
	host, parent, subtype                                         string
	kind                                                          int
	quantity                                                      int64
	optional                                                      bool
	config                                                        []string // key, value, ...
}

func (w *ovfWriter) item(i item) int {
	w.instance++
	open := "<Item>"
	if i.optional {
		open = `<Item ovf:required="false">`
	}
	w.line(3, open)
	put := func(tag, v string) {
		if v != "" {
			w.line(4, "<rasd:"+tag+">%s</rasd:"+tag+">", v)
		}
	}
	put("Address", i.address)
	put("AddressOnParent", i.onParent)
	put("AllocationUnits", i.units)
	put("AutomaticAllocation", i.auto)
	put("Connection", i.connection)
	put("Description", i.description)
	put("ElementName", i.name)
	put("HostResource", i.host)
	put("InstanceID", fmt.Sprint(w.instance))
	put("Parent", i.parent)
	put("ResourceSubType", i.subtype)
	put("ResourceType", fmt.Sprint(i.kind))
	if i.quantity > 0 {
		put("VirtualQuantity", fmt.Sprint(i.quantity))
	}
	for k := 0; k+1 < len(i.config); k += 2 {
		w.line(4, `<vmw:Config ovf:required="false" vmw:key="%s" vmw:value="%s"/>`, i.config[k], i.config[k+1])
	}
	w.line(3, "</Item>")
	return w.instance
}

func (w *ovfWriter) hardware(name string) {
	w.line(2, "<VirtualHardwareSection>")
	w.line(3, "<Info>Virtual hardware requirements</Info>")
	w.line(3, "<System>")
	w.line(4, "<vssd:ElementName>Virtual Hardware Family</vssd:ElementName>")
	w.line(4, "<vssd:InstanceID>0</vssd:InstanceID>")
	w.line(4, "<vssd:VirtualSystemIdentifier>%s</vssd:VirtualSystemIdentifier>", name)
	w.line(4, "<vssd:VirtualSystemType>%s</vssd:VirtualSystemType>", w.config.Version)
	w.line(3, "</System>")
	hw := w.config.Hardware
	w.item(item{units: "hertz * 10^6", description: "Number of Virtual CPUs", name: fmt.Sprintf("%d virtual CPU(s)", hw.NumCPU), kind: 3, quantity: int64(hw.NumCPU)})
	w.item(item{units: "byte * 2^20", description: "Memory Size", name: fmt.Sprintf("%dMB of memory", hw.MemoryMB), kind: 4, quantity: int64(hw.MemoryMB)})
	instances := map[int32]int{} // device key -> instance
	for _, dev := range hw.Device {
		if c, ok := dev.(types.BaseVirtualController); ok {
			if id := w.controller(dev, c.GetVirtualController()); id != 0 {
				instances[c.GetVirtualController().Key] = id
			}
		}
	}
	disks := 0
	for _, dev := range hw.Device {
		disks += w.other(dev, instances, disks)
	}
	w.line(3, `<vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="%s"/>`, w.config.Firmware)
	if b := w.config.BootOptions; b != nil && b.EfiSecureBootEnabled != nil && *b.EfiSecureBootEnabled {
		w.line(3, `<vmw:Config ovf:required="false" vmw:key="bootOptions.efiSecureBootEnabled" vmw:value="true"/>`)
	}
	w.line(3, `<vmw:Config ovf:required="false" vmw:key="powerOpInfo.powerOffType" vmw:value="soft"/>`)
	for i := range w.rec.devices {
		d := &w.rec.devices[i]
		if id := w.fileIDs[w.key(d)]; d.kind == "nvram" && id != "" {
			w.line(3, `<vmw:ExtraConfig ovf:required="false" vmw:key="nvram" vmw:value="ovf:/file/%s"/>`, id)
		}
	}
	w.line(2, "</VirtualHardwareSection>")
}

func (w *ovfWriter) controller(dev types.BaseVirtualDevice, c *types.VirtualController) int {
	i := item{address: fmt.Sprint(c.BusNumber)}
	scsi := func(sub string) {
		i.kind, i.subtype, i.description, i.name = 6, sub, "SCSI Controller", fmt.Sprintf("SCSI Controller %d", c.BusNumber)
	}
	switch dev.(type) {
	case *types.VirtualIDEController:
		i.kind, i.description, i.name = 5, "IDE Controller", fmt.Sprintf("IDE %d", c.BusNumber)
	case *types.VirtualLsiLogicController:
		scsi("lsilogic")
	case *types.VirtualLsiLogicSASController:
		scsi("lsilogicsas")
	case *types.VirtualBusLogicController:
		scsi("buslogic")
	case *types.ParaVirtualSCSIController:
		scsi("VirtualSCSI")
	case *types.VirtualAHCIController:
		i.kind, i.subtype, i.description, i.name = 20, "vmware.sata.ahci", "SATA Controller", fmt.Sprintf("SATA Controller %d", c.BusNumber)
	case *types.VirtualNVMEController:
		i.kind, i.subtype, i.description, i.name = 20, "vmware.nvme.controller", "NVME Controller", fmt.Sprintf("NVME Controller %d", c.BusNumber)
	default:
		return 0
	}
	return w.item(i)
}

// other writes a device that is no controller and returns how many disks
// that was.
func (w *ovfWriter) other(dev types.BaseVirtualDevice, instances map[int32]int, disks int) int {
	d := dev.GetVirtualDevice()
	at := func(i item) item {
		if p := instances[d.ControllerKey]; p != 0 {
			i.parent = fmt.Sprint(p)
			if d.UnitNumber != nil {
				i.onParent = fmt.Sprint(*d.UnitNumber)
			}
		}
		return i
	}
	label := ""
	if d.DeviceInfo != nil {
		label = d.DeviceInfo.GetDescription().Label
	}
	export := types.OvfHardwareExport{Device: dev, VmPath: w.rec.path}
	image := func(kind string) (string, string) { // HostResource and warning path
		v := w.device(d.Key)
		if v == nil || v.kind != kind {
			return "", ""
		}
		if id := w.fileIDs[w.key(v)]; id != "" {
			return "ovf:/file/" + id, ""
		}
		if f, ok := d.Backing.(types.BaseVirtualDeviceFileBackingInfo); ok {
			return "", f.GetVirtualDeviceFileBackingInfo().FileName
		}
		return "", ""
	}
	switch x := dev.(type) {
	case *types.VirtualDisk:
		v := w.device(d.Key)
		if v == nil || !w.included(v) {
			if v != nil && v.rdm == "physical" {
				w.errors = append(w.errors, localized(&types.OvfUnableToExportDisk{OvfHardwareExport: export, DiskName: label},
					fmt.Sprintf("Unable to export disk '%s': it is a physical raw device mapping", label)))
			}
			return 0
		}
		w.item(at(item{name: label, host: fmt.Sprintf("ovf:/disk/vmdisk%d", disks+1), kind: 17}))
		return 1
	case types.BaseVirtualEthernetCard:
		sub := map[string]string{"VirtualVmxnet3": "VmxNet3", "VirtualE1000": "E1000", "VirtualE1000e": "E1000e"}[makeTypeOf(dev).Name()]
		if sub == "" {
			sub = "E1000"
		}
		n := netOf(x.GetVirtualEthernetCard())
		unit := ""
		if d.UnitNumber != nil {
			unit = fmt.Sprint(*d.UnitNumber)
		}
		w.item(item{onParent: unit, auto: "true", connection: n, description: sub + " ethernet adapter on \"" + n + "\"",
			name: label, subtype: sub, kind: 10, config: []string{"wakeOnLanEnabled", "true"}})
	case *types.VirtualCdrom:
		host, file := image("iso")
		if file != "" && d.Connectable != nil && d.Connectable.StartConnected {
			w.warnings = append(w.warnings, localized(&types.OvfConnectedDeviceIso{OvfConnectedDevice: types.OvfConnectedDevice{OvfHardwareExport: export}, Filename: file},
				fmt.Sprintf("The virtual machine '%s' has a connected CD/DVD drive '%s' that is not exported", w.vm.Name, file)))
		}
		sub := "vmware.cdrom.remotepassthrough"
		if host != "" {
			sub = "vmware.cdrom.iso"
		}
		w.item(at(item{auto: "false", name: orElse(label, "CD/DVD drive"), host: host, subtype: sub, kind: 15, optional: host == ""}))
	case *types.VirtualFloppy:
		host, file := image("floppy")
		if file != "" && d.Connectable != nil && d.Connectable.StartConnected {
			w.warnings = append(w.warnings, localized(&types.OvfConnectedDeviceFloppy{OvfConnectedDevice: types.OvfConnectedDevice{OvfHardwareExport: export}, Filename: file},
				fmt.Sprintf("The virtual machine '%s' has a connected floppy drive '%s' that is not exported", w.vm.Name, file)))
		}
		sub := "vmware.floppy.remotedevice"
		if host != "" {
			sub = "vmware.floppy.image"
		}
		w.item(item{auto: "false", description: "Floppy Drive", name: label, host: host, subtype: sub, kind: 14, optional: host == ""})
	case *types.VirtualMachineVideoCard:
		w.item(item{auto: "false", name: orElse(strings.TrimSpace(label), "Video card"), kind: 24, optional: true})
	case *types.VirtualMachineVMCIDevice:
		w.item(item{auto: "false", name: "VMCI device", subtype: "vmware.vmci", kind: 1, optional: true})
	case *VirtualTPM, *types.VirtualPCIPassthrough:
		w.errors = append(w.errors, localized(&types.OvfUnsupportedDeviceExport{OvfHardwareExport: export},
			fmt.Sprintf("The device '%s' of the virtual machine '%s' cannot be exported", label, w.vm.Name)))
	}
	return 0
}

func orElse(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
