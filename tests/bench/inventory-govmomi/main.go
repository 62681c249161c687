// inventory-govmomi lists the virtual machines of a vCenter through govmomi:
// the rival of "hypersdk vms list" in the inventory benchmark. It asks as a
// good govmomi user would: one container view for the VMs, one for the
// folders and datacenters that make up their paths, only the properties that
// are printed, and one buffered output.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/property"
	"github.com/vmware/govmomi/session"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func main() {
	address := flag.String("url", os.Getenv("GOVC_URL"), "`address` of the vCenter: https://HOST/sdk")
	user := flag.String("username", os.Getenv("GOVC_USERNAME"), "user name")
	passwordFile := flag.String("password-file", "", "`file` with the password (default: GOVC_PASSWORD)")
	ca := flag.String("ca", os.Getenv("GOVC_TLS_CA_CERTS"), "`file` with the CA certificate")
	insecure := flag.Bool("insecure", os.Getenv("GOVC_INSECURE") == "1" || os.Getenv("GOVC_INSECURE") == "true", "do not verify the certificate")
	flag.Parse()
	if err := run(*address, *user, *passwordFile, *ca, *insecure); err != nil {
		fmt.Fprintln(os.Stderr, "inventory-govmomi:", err)
		os.Exit(1)
	}
}

func run(address, user, passwordFile, ca string, insecure bool) error {
	ctx := context.Background()
	u, err := soap.ParseURL(address)
	if err != nil {
		return err
	}
	if u == nil {
		return fmt.Errorf("no address: --url or GOVC_URL")
	}
	password := os.Getenv("GOVC_PASSWORD")
	if passwordFile != "" {
		b, err := os.ReadFile(passwordFile)
		if err != nil {
			return err
		}
		password = strings.TrimSuffix(string(b), "\n")
	}
	u.User = url.UserPassword(user, password)
	sc := soap.NewClient(u, insecure)
	if ca != "" {
		if err = sc.SetRootCAs(ca); err != nil {
			return err
		}
	}
	vc, err := vim25.NewClient(ctx, sc)
	if err != nil {
		return err
	}
	c := &govmomi.Client{Client: vc, SessionManager: session.NewManager(vc)}
	if err = c.Login(ctx, u.User); err != nil {
		return err
	}
	defer func() { _ = c.Logout(ctx) }()
	return list(ctx, vc)
}

// retrieve reads properties of all objects of the kinds through a container
// view and the property collector.
func retrieve(ctx context.Context, c *vim25.Client, kinds, props []string, dst interface{}) error {
	v, err := view.NewManager(c).CreateContainerView(ctx, c.ServiceContent.RootFolder, kinds, true)
	if err != nil {
		return err
	}
	defer func() { _ = v.Destroy(ctx) }()
	spec := types.PropertyFilterSpec{
		ObjectSet: []types.ObjectSpec{{
			Obj:  v.Reference(),
			Skip: types.NewBool(true),
			SelectSet: []types.BaseSelectionSpec{&types.TraversalSpec{
				Type: v.Reference().Type, Path: "view",
			}},
		}},
	}
	for _, k := range kinds {
		spec.PropSet = append(spec.PropSet, types.PropertySpec{Type: k, PathSet: props})
	}
	res, err := property.DefaultCollector(c).RetrieveProperties(ctx, types.RetrieveProperties{
		SpecSet: []types.PropertyFilterSpec{spec},
	})
	if err != nil {
		return err
	}
	return mo.LoadObjectContent(res.Returnval, dst)
}

func list(ctx context.Context, c *vim25.Client) error {
	type node struct {
		name   string
		parent *types.ManagedObjectReference
	}
	nodes := map[types.ManagedObjectReference]node{}
	var places []mo.ManagedEntity
	if err := retrieve(ctx, c, []string{"Folder", "Datacenter"}, []string{"name", "parent"}, &places); err != nil {
		return err
	}
	for _, p := range places {
		nodes[p.Self] = node{p.Name, p.Parent}
	}
	paths := map[types.ManagedObjectReference]string{}
	var pathOf func(ref types.ManagedObjectReference) string
	pathOf = func(ref types.ManagedObjectReference) string {
		if p, ok := paths[ref]; ok {
			return p
		}
		p := ""
		if n, ok := nodes[ref]; ok && n.parent != nil {
			p = pathOf(*n.parent) + "/" + n.name
		}
		paths[ref] = p
		return p
	}
	var vms []mo.VirtualMachine
	props := []string{"name", "parent", "runtime.powerState", "summary.config.guestFullName", "summary.config.memorySizeMB",
		"summary.config.numCpu", "summary.storage.committed"}
	if err := retrieve(ctx, c, []string{"VirtualMachine"}, props, &vms); err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	for i := range vms {
		vm := &vms[i]
		place := ""
		if vm.Parent != nil {
			place = pathOf(*vm.Parent)
		}
		committed := int64(0)
		if s := vm.Summary.Storage; s != nil {
			committed = s.Committed
		}
		fmt.Fprintf(out, "%s\t%s/%s\t%s\t%s\t%d\t%d\t%d\n", vm.Name, place, vm.Name, vm.Runtime.PowerState,
			vm.Summary.Config.GuestFullName, vm.Summary.Config.MemorySizeMB, vm.Summary.Config.NumCpu, committed)
	}
	return out.Flush()
}
