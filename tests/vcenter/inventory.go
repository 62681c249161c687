// The inventory: datacenters, folders, networks and the scenario's VMs.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// vmRecord is what the simulator does not know about a VM.
type vmRecord struct {
	ref      types.ManagedObjectReference
	path     string
	scenario bool
	quiesce  bool // quiescing fails
	devices  []vmDevice
	config   string // fingerprint of the configuration at start
}

// vmDevice is a device with contents that an export hands out.
type vmDevice struct {
	key         int32  // of the virtual device, 0 for the nvram
	suffix      string // "VirtualLsiLogicController0:0"
	target      string // "disk-0.vmdk"
	kind        string // disk, nvram, iso, floppy
	independent bool
	rdm         string
	image       *image
}

type inventory struct {
	client  *vim25.Client
	root    *object.Folder
	dcs     map[string]*datacenter
	folders map[string]*object.Folder
	dir     string // datastore files
	images  string // generated images
	esx     bool

	mu    sync.Mutex
	byRef map[types.ManagedObjectReference]*vmRecord
}

type datacenter struct {
	path    string
	vm      *object.Folder
	host    *object.HostSystem
	pool    *object.ResourcePool
	store   types.ManagedObjectReference
	network []string
}

const datastoreName = "LocalDS_0"

func newInventory(c *vim25.Client, esx bool, workDir, cacheDir string) (*inventory, error) {
	inv := &inventory{
		client: c, root: object.NewRootFolder(c), esx: esx, dir: filepath.Join(workDir, "datastore"), images: cacheDir,
		dcs: map[string]*datacenter{}, folders: map[string]*object.Folder{},
		byRef: map[types.ManagedObjectReference]*vmRecord{},
	}
	for _, d := range []string{inv.dir, inv.images} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return nil, err
		}
	}
	for _, e := range simulator.Map.All("Datacenter") {
		path := entityPath(e.Reference())
		if err := inv.adopt(path, e.Reference()); err != nil {
			return nil, err
		}
	}
	return inv, nil
}

// entityPath walks over parent to the root: "/DC0/vm/demo/web01".
func entityPath(ref types.ManagedObjectReference) string {
	var names []string
	for {
		e, ok := simulator.Map.Get(ref).(mo.Entity)
		if !ok || e.Entity().Parent == nil {
			break
		}
		names = append([]string{e.Entity().Name}, names...)
		ref = *e.Entity().Parent
	}
	return "/" + strings.Join(names, "/")
}

// adopt notes the parts of an existing datacenter that VMs need.
func (inv *inventory) adopt(path string, ref types.ManagedObjectReference) error {
	dc := object.NewDatacenter(inv.client, ref)
	f, err := dc.Folders(context.Background())
	if err != nil {
		return err
	}
	d := &datacenter{path: path, vm: f.VmFolder}
	// the first host that a resource pool belongs to
	for _, e := range simulator.Map.All("HostSystem") {
		h := e.(*simulator.HostSystem)
		if !strings.HasPrefix(entityPath(h.Self), path+"/") {
			continue
		}
		if d.host != nil && h.Self.Value > d.host.Reference().Value {
			continue
		}
		for _, s := range h.Datastore {
			if ds, ok := simulator.Map.Get(s).(*simulator.Datastore); ok && ds.Name == datastoreName {
				d.store = s
			}
		}
		d.host = object.NewHostSystem(inv.client, h.Self)
	}
	if d.host == nil {
		return fmt.Errorf("datacenter %s has no host", path)
	}
	if d.pool, err = d.host.ResourcePool(context.Background()); err != nil {
		return err
	}
	inv.dcs[path] = d
	inv.folders[path+"/vm"] = f.VmFolder
	return nil
}

// datacenter returns the datacenter at path, made with its host, datastore
// and folders where it does not exist yet.
func (inv *inventory) datacenter(path string) (*datacenter, error) {
	if d := inv.dcs[path]; d != nil {
		return d, nil
	}
	if inv.esx {
		return nil, fmt.Errorf("an ESXi host has only the datacenter /ha-datacenter, not %s", path)
	}
	ctx := context.Background()
	parent := inv.root
	parts := strings.Split(strings.Trim(path, "/"), "/")
	at := ""
	for _, name := range parts[:len(parts)-1] {
		at += "/" + name
		f := inv.folders[at]
		if f == nil {
			var err error
			if f, err = parent.CreateFolder(ctx, name); err != nil {
				return nil, fmt.Errorf("folder %s: %v", at, err)
			}
			inv.folders[at] = f
		}
		parent = f
	}
	name := parts[len(parts)-1]
	dc, err := parent.CreateDatacenter(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("datacenter %s: %v", path, err)
	}
	f, err := dc.Folders(ctx)
	if err != nil {
		return nil, err
	}
	task, err := f.HostFolder.AddStandaloneHost(ctx, types.HostConnectSpec{HostName: name + "_H0"}, true, nil, nil)
	if err != nil {
		return nil, err
	}
	info, err := task.WaitForResult(ctx, nil)
	if err != nil {
		return nil, err
	}
	// AddStandaloneHost answers with the host or its compute resource
	ref := info.Result.(types.ManagedObjectReference)
	if cr, ok := simulator.Map.Get(ref).(*mo.ComputeResource); ok {
		ref = cr.Host[0]
	}
	host := object.NewHostSystem(inv.client, ref)
	hds, err := host.ConfigManager().DatastoreSystem(ctx)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(inv.dir, strings.ReplaceAll(strings.Trim(path, "/"), "/", "_"))
	if err = os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if _, err = hds.CreateLocalDatastore(ctx, datastoreName, dir); err != nil {
		return nil, err
	}
	if err = inv.adopt(path, dc.Reference()); err != nil {
		return nil, err
	}
	return inv.dcs[path], nil
}

// folder returns the VM folder at path ("/DC0/vm/a/b") and its datacenter.
func (inv *inventory) folder(path string) (*object.Folder, *datacenter, error) {
	if path == "" {
		path = "/DC0/vm"
		if inv.esx {
			path = "/ha-datacenter/vm"
		}
	}
	i := strings.Index(path+"/", "/vm/")
	if i <= 0 || !strings.HasPrefix(path, "/") {
		return nil, nil, fmt.Errorf("folder %q is not /DATACENTER/vm/...", path)
	}
	if inv.esx {
		path = "/ha-datacenter/vm"
		i = len("/ha-datacenter")
	}
	dc, err := inv.datacenter(path[:i])
	if err != nil {
		return nil, nil, err
	}
	f, at := dc.vm, path[:i]+"/vm"
	for _, name := range strings.Split(strings.Trim(path[len(at):], "/"), "/") {
		if name == "" {
			continue
		}
		at += "/" + name
		next := inv.folders[at]
		if next == nil {
			if next, err = f.CreateFolder(context.Background(), name); err != nil {
				return nil, nil, fmt.Errorf("folder %s: %v", at, err)
			}
			inv.folders[at] = next
		}
		f = next
	}
	return f, dc, nil
}

// addNetworks gives every datacenter's first host the named port groups.
func (inv *inventory) addNetworks(names []string) error {
	ctx := context.Background()
	for _, d := range inv.dcs {
		for _, name := range names {
			ns, err := d.host.ConfigManager().NetworkSystem(ctx)
			if err != nil {
				return err
			}
			err = ns.AddPortGroup(ctx, types.HostPortGroupSpec{Name: name, VswitchName: "vSwitch0"})
			if err != nil {
				return fmt.Errorf("network %s: %v", name, err)
			}
		}
	}
	return nil
}

func (inv *inventory) record(ref types.ManagedObjectReference) *vmRecord {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	return inv.byRef[ref]
}

func (inv *inventory) put(r *vmRecord) {
	inv.mu.Lock()
	inv.byRef[r.ref] = r
	inv.mu.Unlock()
}

// find looks a VM up by inventory path, name or reference value.
func (inv *inventory) find(name string) *simulator.VirtualMachine {
	for _, e := range simulator.Map.All("VirtualMachine") {
		vm, ok := e.(*simulator.VirtualMachine)
		if ok && (vm.Self.Value == name || vm.Name == name || (strings.HasPrefix(name, "/") && entityPath(vm.Self) == name)) {
			return vm
		}
	}
	return nil
}
