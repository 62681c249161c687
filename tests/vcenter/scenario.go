// The scenario file: which VMs the simulated vCenter has besides the
// simulator's own.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// size is a JSON number of bytes or a string such as "64MiB".
type size int64

func (s *size) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) != nil {
		text = string(b)
	}
	n, err := parseSize(text)
	*s = size(n)
	return err
}

type generatorSpec struct {
	Size   size     `json:"size"`
	Seed   uint64   `json:"seed"`
	Fill   *float64 `json:"fill"`
	Layout string   `json:"layout"`
	Mode   string   `json:"mode"`
}

type diskSpec struct {
	Capacity   size           `json:"capacity"`
	File       string         `json:"file"`
	Generate   *generatorSpec `json:"generate"`
	Cache      bool           `json:"cache"`
	Controller string         `json:"controller"` // lsilogic, lsilogic-sas, buslogic, pvscsi, ide, sata, nvme
	Bus        *int32         `json:"bus"`
	Unit       *int32         `json:"unit"`
	Mode       string         `json:"mode"` // persistent, independent_persistent, independent_nonpersistent
	RDM        string         `json:"rdm"`  // physical or virtual
	Sharing    string         `json:"sharing"`
	Thick      bool           `json:"thick"`
	TargetID   *string        `json:"target_id"`
}

type blobSpec struct {
	Size  size   `json:"size"`
	Seed  uint64 `json:"seed"`
	Image string `json:"image"`
}

type vmSpec struct {
	Name        string     `json:"name"`
	Folder      string     `json:"folder"` // "/DC0/vm/demo"
	Power       string     `json:"power"`  // on, off, suspended
	Firmware    string     `json:"firmware"`
	SecureBoot  bool       `json:"secure_boot"`
	CPUs        int32      `json:"cpus"`
	MemoryMB    int64      `json:"memory_mb"`
	Guest       string     `json:"guest"`
	Annotation  string     `json:"annotation"`
	Version     string     `json:"hardware_version"`
	Disks       []diskSpec `json:"disks"`
	NVRAM       *blobSpec  `json:"nvram"`
	CDROM       *blobSpec  `json:"cdrom"`
	Floppy      *blobSpec  `json:"floppy"`
	Networks    []string   `json:"networks"`
	NIC         string     `json:"nic"` // vmxnet3, e1000, e1000e
	Snapshots   []string   `json:"snapshots"`
	Encrypted   bool       `json:"encrypted"`
	VTPM        bool       `json:"vtpm"`
	Passthrough bool       `json:"pci_passthrough"`
	Template    bool       `json:"template"`
	Connection  string     `json:"connection_state"`
	BusSharing  string     `json:"bus_sharing"` // noSharing, virtualSharing, physicalSharing
	QuiesceFail bool       `json:"quiesce_fails"`
}

type scenario struct {
	Comment    string          `json:"comment"`
	DefaultVMs *bool           `json:"default_vms"`
	Networks   []string        `json:"networks"` // extra standard port groups, in every datacenter
	VMs        []vmSpec        `json:"vms"`
	Faults     json.RawMessage `json:"faults"` // array, as for POST /fault
	dir        string
}

// decodeStrict refuses unknown keys, so that a typing error does not pass for a test.
func decodeStrict(b []byte, v interface{}) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("more than one JSON value")
	}
	return nil
}

func loadScenario(path string) (*scenario, error) {
	s := &scenario{dir: "."}
	if path == "" {
		return s, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err = decodeStrict(b, s); err != nil {
		return nil, fmt.Errorf("%s: %v", path, err)
	}
	s.dir = filepath.Dir(path)
	for i := range s.VMs {
		if err = s.VMs[i].check(); err != nil {
			return nil, fmt.Errorf("%s: VM %d (%s): %v", path, i, s.VMs[i].Name, err)
		}
	}
	return s, nil
}

func oneOf(v, what string, allowed ...string) error {
	for _, a := range allowed {
		if v == a {
			return nil
		}
	}
	return fmt.Errorf("%s %q is none of %s", what, v, strings.Join(allowed, ", "))
}

func setDefault(p *string, v string) {
	if *p == "" {
		*p = v
	}
}

func (v *vmSpec) check() error {
	if v.Name == "" {
		return fmt.Errorf("no name")
	}
	setDefault(&v.Power, "off")
	setDefault(&v.Firmware, "bios")
	setDefault(&v.Guest, "debian10_64Guest")
	setDefault(&v.NIC, "vmxnet3")
	setDefault(&v.Version, "vmx-13")
	setDefault(&v.Connection, "connected")
	setDefault(&v.BusSharing, "noSharing")
	if v.CPUs == 0 {
		v.CPUs = 1
	}
	if v.MemoryMB == 0 {
		v.MemoryMB = 512
	}
	for _, e := range []error{
		oneOf(v.Power, "power", "on", "off", "suspended"),
		oneOf(v.Firmware, "firmware", "bios", "efi"),
		oneOf(v.NIC, "nic", "vmxnet3", "e1000", "e1000e"),
		oneOf(v.Connection, "connection_state", "connected", "disconnected", "orphaned", "inaccessible", "invalid"),
		oneOf(v.BusSharing, "bus_sharing", "noSharing", "virtualSharing", "physicalSharing"),
	} {
		if e != nil {
			return e
		}
	}
	if v.Template && v.Power != "off" {
		return fmt.Errorf("a template is off")
	}
	for i := range v.Disks {
		if err := v.Disks[i].check(uint64(i) + mix(uint64(len(v.Name)))); err != nil {
			return fmt.Errorf("disk %d: %v", i, err)
		}
	}
	return nil
}

func (d *diskSpec) check(seed uint64) error {
	setDefault(&d.Controller, "lsilogic")
	setDefault(&d.Mode, "persistent")
	if err := oneOf(d.Controller, "controller", "lsilogic", "lsilogic-sas", "buslogic", "pvscsi", "ide", "sata", "nvme"); err != nil {
		return err
	}
	if err := oneOf(d.Mode, "mode", "persistent", "nonpersistent", "independent_persistent", "independent_nonpersistent"); err != nil {
		return err
	}
	if d.RDM != "" {
		if err := oneOf(d.RDM, "rdm", "physical", "virtual"); err != nil {
			return err
		}
	}
	if d.Sharing != "" {
		if err := oneOf(d.Sharing, "sharing", "sharingNone", "sharingMultiWriter"); err != nil {
			return err
		}
	}
	if d.File != "" && d.Generate != nil {
		return fmt.Errorf("both file and generate")
	}
	if d.File != "" {
		return nil
	}
	g := d.Generate
	if g == nil {
		g = &generatorSpec{Seed: seed}
		d.Generate = g
	}
	if g.Size == 0 {
		g.Size = d.Capacity
	}
	if d.Capacity == 0 {
		d.Capacity = g.Size
	}
	if g.Fill == nil {
		half := 0.5
		g.Fill = &half
	}
	setDefault(&g.Layout, "end")
	setDefault(&g.Mode, "random")
	src := d.source()
	return src.check()
}

// source is the generator of a disk without a file.
func (d *diskSpec) source() diskSource {
	adapter := "lsilogic"
	if d.Controller == "ide" || d.Controller == "buslogic" {
		adapter = d.Controller
	}
	g := d.Generate
	return diskSource{Size: int64(g.Size), Seed: g.Seed, Fill: *g.Fill, Layout: g.Layout, Mode: g.Mode, Adapter: adapter}
}
