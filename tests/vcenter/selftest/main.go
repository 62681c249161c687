// selftest drives a running simulated vCenter with govmomi, VMware's own
// client. usage: selftest READY-FILE; it prints one TAP line per check,
// without numbers or plan: selftest.sh adds those.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/session"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

type readyFile struct {
	URL        string `json:"url"`
	CAFile     string `json:"ca_file"`
	Username   string `json:"username"`
	Password   string `json:"password"`
	ControlURL string `json:"control_url"`
}

var (
	ready  readyFile
	ctx    = context.Background()
	failed bool
)

// check prints one result.
func check(name string, ok bool, detail ...interface{}) {
	word := "ok"
	if !ok {
		word, failed = "not ok", true
	}
	fmt.Printf("%s - %s\n", word, name)
	if !ok && len(detail) > 0 {
		fmt.Println("#", detail)
	}
}

// must ends a part of the test that cannot go on.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// part runs checks that belong together; a panic fails only them.
func part(name string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			check(name, false, r)
		}
		control("DELETE", "/faults", nil)
	}()
	f()
}

// control calls the control endpoint.
func control(method, path string, in interface{}) map[string]interface{} {
	var body io.Reader
	if in != nil {
		b, _ := json.Marshal(in)
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, ready.ControlURL+path, body)
	must(err)
	res, err := http.DefaultClient.Do(req)
	must(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(err)
	out := map[string]interface{}{}
	_ = json.Unmarshal(b, &out)
	if res.StatusCode != 200 {
		panic(fmt.Sprintf("%s %s: %s", method, path, b))
	}
	return out
}

type object1 = map[string]interface{}

func fault(kv ...interface{}) {
	m := object1{}
	for i := 0; i+1 < len(kv); i += 2 {
		m[kv[i].(string)] = kv[i+1]
	}
	control("POST", "/fault", m)
}

func setting(key string, val interface{}) { control("POST", "/settings", object1{key: val}) }

func number(state map[string]interface{}, key string) int {
	f, _ := state[key].(float64)
	return int(f)
}

// connect makes a client without a session.
func connect() *govmomi.Client {
	u, err := soap.ParseURL(ready.URL)
	must(err)
	sc := soap.NewClient(u, false)
	must(sc.SetRootCAs(ready.CAFile))
	vc, err := vim25.NewClient(ctx, sc)
	must(err)
	return &govmomi.Client{Client: vc, SessionManager: session.NewManager(vc)}
}

func login() *govmomi.Client {
	c := connect()
	must(c.Login(ctx, url.UserPassword(ready.Username, ready.Password)))
	return c
}

func findVM(c *govmomi.Client, path string) *object.VirtualMachine {
	vm, err := find.NewFinder(c.Client, false).VirtualMachine(ctx, path)
	must(err)
	return vm
}

// faultName is the type of the vSphere fault in an error, "" for none.
func faultName(err error) string {
	if err == nil {
		return ""
	}
	var v interface{}
	switch {
	case soap.IsSoapFault(err):
		v = soap.ToSoapFault(err).VimFault()
	case soap.IsVimFault(err):
		v = soap.ToVimFault(err)
	default:
		if t, ok := err.(interface{ Fault() types.BaseMethodFault }); ok {
			v = t.Fault()
		}
	}
	if v == nil {
		return "error: " + err.Error()
	}
	name := fmt.Sprintf("%T", v)
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			return name[i+1:]
		}
	}
	return name
}

// within tells whether cond comes true in time.
func within(d time.Duration, cond func() bool) bool {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if cond() {
			return true
		}
	}
	return cond()
}

func main() {
	b, err := os.ReadFile(os.Args[1])
	must(err)
	must(json.Unmarshal(b, &ready))
	part("sessions", sessions)
	part("cold export", cold)
	part("lease", leases)
	part("snapshots", snapshots)
	part("paging", paging)
	part("waits", waits)
	part("refusals", refusals)
	part("soap faults", soapFaults)
	part("manifest faults", manifestFaults)
	part("download faults", downloadFaults)
	part("lease contents", leaseContents)
	part("descriptor faults", descriptorFaults)
	part("disturbances", disturbances)
	part("reset", resetAll)
	if failed {
		os.Exit(1)
	}
}
