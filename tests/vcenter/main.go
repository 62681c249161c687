// vcenter serves a simulated vCenter or ESXi host for hypersdk's tests, demo
// and benchmarks. README.md tells how to use it.
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
)

type options struct {
	listen, controlListen, dataListen string
	scenario, readyFile, caOut        string
	username, password, passwordFile  string
	workDir, cacheDir, logFile        string
	apiVersion, dataCert, deviceHost  string
	esx, verbose, gzip, withParent    bool
	vms, pageCap                      int
	leaseReady, leaseTimeout          time.Duration
	snapshotTime, sessionIdle         time.Duration
	initial                           settings
}

func parseFlags(args []string) (*options, error) {
	o := &options{}
	fs := flag.NewFlagSet("vcenter", flag.ContinueOnError)
	fs.StringVar(&o.listen, "listen", "127.0.0.1:0", "`address` of the vCenter")
	fs.StringVar(&o.controlListen, "control-listen", "127.0.0.1:0", "`address` of the control endpoint (plain HTTP)")
	fs.StringVar(&o.dataListen, "data-listen", "", "`address` of a second listener that plays the ESXi data host")
	fs.StringVar(&o.dataCert, "data-cert", "self", "certificate of the data host: `self`-signed or from the same ca")
	fs.StringVar(&o.deviceHost, "device-host", "", "host in device addresses: `star`, real or data (default: data with --data-listen, else star)")
	fs.StringVar(&o.scenario, "scenario", "", "scenario `file`")
	fs.IntVar(&o.vms, "vms", 0, "number of extra VMs without disks")
	fs.BoolVar(&o.esx, "esx", false, "be an ESXi host instead of a vCenter")
	fs.StringVar(&o.readyFile, "ready-file", "", "`file` to write, as JSON, once serving")
	fs.StringVar(&o.caOut, "ca-out", "", "`file` to write the CA certificate to (default: ca.pem in the work directory)")
	fs.StringVar(&o.username, "username", "administrator@vsphere.local", "user name that may log in")
	fs.StringVar(&o.password, "password", "Sim-Passw0rd!", "its password")
	fs.StringVar(&o.passwordFile, "password-file", "", "`file` with the password; wins over --password")
	fs.StringVar(&o.workDir, "work-dir", "", "`directory` for generated files (default: a temporary one, removed at the end)")
	fs.StringVar(&o.cacheDir, "cache-dir", "", "`directory` where generated disks are kept for later runs (default: in the work directory)")
	fs.StringVar(&o.apiVersion, "api-version", "7.0.3.0", "API version to announce")
	fs.IntVar(&o.pageCap, "page-cap", 250, "most objects in one RetrievePropertiesEx answer; 0: no cap")
	fs.DurationVar(&o.leaseReady, "lease-ready", 50*time.Millisecond, "time that a lease is initializing")
	fs.DurationVar(&o.leaseTimeout, "lease-timeout", 300*time.Second, "lease timeout")
	fs.DurationVar(&o.snapshotTime, "snapshot-time", 100*time.Millisecond, "time that a snapshot task takes")
	fs.DurationVar(&o.sessionIdle, "session-idle", 30*time.Minute, "idle time after which a session expires; 0: never")
	fs.BoolVar(&o.gzip, "gzip", false, "compress SOAP answers for clients that accept gzip")
	fs.BoolVar(&o.withParent, "exit-with-parent", false, "end when the parent process dies or stdin reaches its end")
	fs.StringVar(&o.logFile, "log", "", "`file` to write one line per request to (- is stderr)")
	fs.BoolVar(&o.verbose, "verbose", false, "log the library's messages to stderr")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if o.passwordFile != "" {
		b, err := os.ReadFile(o.passwordFile)
		if err != nil {
			return nil, err
		}
		o.password = string(b)
		if n := len(o.password); n > 0 && o.password[n-1] == '\n' {
			o.password = o.password[:n-1]
		}
	}
	if o.deviceHost == "" {
		o.deviceHost = "star"
		if o.dataListen != "" {
			o.deviceHost = "data"
		}
	}
	if err := oneOf(o.dataCert, "--data-cert", "self", "ca"); err != nil {
		return nil, err
	}
	if o.vms < 0 || o.username == "" || o.password == "" {
		return nil, fmt.Errorf("--vms is not negative; --username and --password are not empty")
	}
	o.initial = settings{
		PageCap: o.pageCap, LeaseTimeout: o.leaseTimeout.Seconds(), HostMode: o.deviceHost, SessionIdle: o.sessionIdle.Seconds(),
		LeaseReady: o.leaseReady.Seconds(), SnapshotTime: o.snapshotTime.Seconds(),
	}
	return o, nil
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "mkvmdk" {
		if err := mkvmdk(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "vcenter mkvmdk:", err)
			os.Exit(1)
		}
		return
	}
	o, err := parseFlags(os.Args[1:])
	if err == flag.ErrHelp {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "vcenter:", err)
		os.Exit(2)
	}
	if err = run(o); err != nil {
		fmt.Fprintln(os.Stderr, "vcenter:", err)
		os.Exit(1)
	}
}

func run(o *options) (err error) {
	if !o.verbose {
		log.SetOutput(io.Discard)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	if o.withParent {
		watchParent(stop)
	}
	if o.workDir == "" {
		if o.workDir, err = os.MkdirTemp("", "vcenter-"); err != nil {
			return err
		}
		defer os.RemoveAll(o.workDir)
	} else if err = os.MkdirAll(o.workDir, 0o755); err != nil {
		return err
	}
	if err = os.Setenv("TMPDIR", o.workDir); err != nil { // the library's datastores too
		return err
	}
	if o.cacheDir == "" {
		o.cacheDir = filepath.Join(o.workDir, "images")
	}
	if o.readyFile != "" { // one of an earlier run would mislead
		if err = os.Remove(o.readyFile); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	v, model, err := build(o)
	if model != nil {
		defer model.Remove()
	}
	if err != nil {
		return err
	}
	if err = v.openLog(); err != nil {
		return err
	}
	servers, ready, err := v.listen()
	if err != nil {
		return err
	}
	quit := make(chan struct{})
	go v.expireIdle(quit)
	if o.readyFile != "" {
		if err = writeJSON(o.readyFile, ready); err != nil {
			return err
		}
		defer os.Remove(o.readyFile)
	} else {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		_ = e.Encode(ready)
	}
	<-stop
	close(quit)
	for _, s := range servers {
		_ = s.Close()
	}
	return nil
}

// build makes inventory and scenario.
func build(o *options) (*vcenter, *simulator.Model, error) {
	sc, err := loadScenario(o.scenario)
	if err != nil {
		return nil, nil, err
	}
	model := simulator.VPX()
	if o.esx {
		model = simulator.ESX()
	}
	model.ServiceContent.About.ApiVersion = o.apiVersion
	if sc.DefaultVMs != nil && !*sc.DefaultVMs {
		model.Machine = 0
	}
	if err = model.Create(); err != nil {
		return nil, model, err
	}
	v := &vcenter{opt: o, service: model.Service, faults: &faultSet{}, stats: newStats(), leases: &leaseTable{}, snaps: &snapshotLog{}, set: o.initial}
	theVcenter = v
	client, err := vim25.NewClient(context.Background(), model.Service)
	if err != nil {
		return nil, model, err
	}
	if v.inv, err = newInventory(client, o.esx, o.workDir, o.cacheDir); err != nil {
		return nil, model, err
	}
	for i := range sc.VMs { // the datacenters first: networks belong to all of them
		if _, _, err = v.inv.folder(sc.VMs[i].Folder); err != nil {
			return nil, model, err
		}
	}
	if err = v.inv.addNetworks(sc.Networks); err != nil {
		return nil, model, err
	}
	for i := range sc.VMs {
		if err = v.inv.createVM(&sc.VMs[i], sc.dir); err != nil {
			return nil, model, fmt.Errorf("VM %s: %v", sc.VMs[i].Name, err)
		}
	}
	for _, e := range simulator.Map.All("VirtualMachine") {
		if vm, ok := e.(*simulator.VirtualMachine); ok {
			simulator.Map.WithLock(vm, func() { tidyStorage(vm) })
		}
	}
	if err = v.inv.createMany(o.vms); err != nil {
		return nil, model, err
	}
	pc := &PropertyCollector{}
	pc.Self = client.ServiceContent.PropertyCollector
	simulator.Map.Put(pc)
	replaceOvfManager(v, client.ServiceContent.OvfManager)
	model.Service.Listen = &url.URL{Scheme: "https", User: url.UserPassword(o.username, o.password)}
	model.Service.RegisterSDK(simulator.Map)
	v.plain = model.Service.ServeMux
	if len(sc.Faults) > 0 {
		var list []json.RawMessage
		if err = json.Unmarshal(sc.Faults, &list); err != nil {
			return nil, model, fmt.Errorf("%s: faults: %v", o.scenario, err)
		}
		for _, raw := range list {
			if _, err = v.addFault(raw); err != nil {
				return nil, model, fmt.Errorf("%s: faults: %v", o.scenario, err)
			}
		}
	}
	return v, model, nil
}

// readyInfo is what the ready file says.
type readyInfo struct {
	URL            string `json:"url"`
	Thumbprint     string `json:"thumbprint"`
	CAFile         string `json:"ca_file"`
	Username       string `json:"username"`
	Password       string `json:"password"`
	ControlURL     string `json:"control_url"`
	PID            int    `json:"pid"`
	DataURL        string `json:"data_url,omitempty"`
	DataThumbprint string `json:"data_thumbprint,omitempty"`
	DataSHA1       string `json:"data_sha1,omitempty"`
}

// listen opens all listeners and serves.
func (v *vcenter) listen() ([]*http.Server, *readyInfo, error) {
	o := v.opt
	ca, err := newAuthority("hypersdk test CA")
	if err != nil {
		return nil, nil, err
	}
	if o.caOut == "" {
		o.caOut = filepath.Join(o.workDir, "ca.pem")
	}
	if o.caOut, err = filepath.Abs(o.caOut); err != nil {
		return nil, nil, err
	}
	if err = writeFile(o.caOut, ca.pem()); err != nil {
		return nil, nil, err
	}
	if v.id, err = newIdentity(ca, "vcenter.test"); err != nil {
		return nil, nil, err
	}
	var servers []*http.Server
	serve := func(addr string, conf *tls.Config, h http.Handler, seen func(*counters)) (string, error) {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return "", err
		}
		s := newServer(h, conf != nil, func() {
			if seen != nil {
				v.stats.add(seen)
			}
		})
		bound := l.Addr().String()
		if conf != nil {
			l = tls.NewListener(&rawListener{l}, conf)
		}
		servers = append(servers, s)
		go func() { _ = s.Serve(l) }()
		return bound, nil
	}
	if o.dataListen != "" {
		issuer := ca
		if o.dataCert == "self" {
			issuer = nil
		}
		if v.data, err = newIdentity(issuer, "esx01.test"); err != nil {
			return nil, nil, err
		}
		if v.dataAddr, err = serve(o.dataListen, v.data.config(), http.HandlerFunc(v.serveData), func(c *counters) { c.DataConnections++ }); err != nil {
			return nil, nil, err
		}
	}
	if err = v.setSettings(o.initial); err != nil {
		return nil, nil, err
	}
	if v.addr, err = serve(o.listen, v.id.config(), v, func(c *counters) { c.Connections++ }); err != nil {
		return nil, nil, err
	}
	control, err := serve(o.controlListen, nil, v.control(), nil)
	if err != nil {
		return nil, nil, err
	}
	simulator.Map.SessionManager().ServiceHostName = v.addr
	r := &readyInfo{
		URL: "https://" + v.addr + "/sdk", Thumbprint: thumbprint256(v.id.current()), CAFile: o.caOut,
		Username: o.username, Password: o.password, ControlURL: "http://" + control, PID: os.Getpid(),
	}
	if v.data != nil {
		r.DataURL, r.DataThumbprint, r.DataSHA1 = "https://"+v.dataAddr, thumbprint256(v.data.current()), thumbprint1(v.data.current())
	}
	return servers, r, nil
}

// serveData is the ESXi data host: downloads only.
func (v *vcenter) serveData(w http.ResponseWriter, r *http.Request) {
	switch {
	case len(r.URL.Path) > 5 && r.URL.Path[:5] == "/nfc/":
		v.serveNFC(w, r, "data")
	case len(r.URL.Path) >= 11 && r.URL.Path[:11] == "/redirected":
		v.serveRedirected(w, r)
	default:
		http.NotFound(w, r)
	}
}

func writeFile(name string, b []byte) error {
	tmp := fmt.Sprintf("%s.%d.tmp", name, os.Getpid())
	if err := os.WriteFile(tmp, b, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}

func writeJSON(name string, val interface{}) error {
	b, err := json.MarshalIndent(val, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(name, append(b, '\n'))
}
