// The HTTP front of the simulated vCenter: it checks sessions, applies
// faults, sends some calls to our own objects and the rest to the library.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

type vcenter struct {
	opt     *options
	inv     *inventory
	service *simulator.Service
	faults  *faultSet
	stats   *stats
	leases  *leaseTable
	snaps   *snapshotLog
	id      *identity // of the vCenter itself
	data    *identity // of the ESXi data host, if there is one

	addr     string // host:port of the vCenter
	dataAddr string
	plain    http.Handler

	logger  *log.Logger
	opsMu   sync.Mutex
	startMu sync.Mutex
	snapMu  sync.Mutex
	setMu   sync.Mutex
	set     settings
}

// theVcenter is the one that this process serves; the library's handlers
// have no other way to it.
var theVcenter *vcenter

const maxRequest = 64 << 20

func (v *vcenter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/nfc/"):
		v.serveNFC(w, r, "vcenter")
	case r.URL.Path == "/sdk/vimServiceVersions.xml" || r.URL.Path == "/sdk/vimService.wsdl":
		v.serveVersions(w, r)
	case r.URL.Path == "/sdk", r.URL.Path == "/sdk/", r.URL.Path == "/sdk/vimService":
		v.serveSOAP(w, r)
	case r.URL.Path == "/redirected", strings.HasPrefix(r.URL.Path, "/redirected/"):
		v.serveRedirected(w, r)
	default:
		http.NotFound(w, r)
	}
}

// serveVersions lists the API versions, newest first.
func (v *vcenter) serveVersions(w http.ResponseWriter, r *http.Request) {
	if v.webFault(w, r, &target{method: r.URL.Path, disk: -1}) {
		return
	}
	api := v.opt.apiVersion
	var prior []string
	for _, p := range []string{"8.0.1.0", "8.0.0.1", "7.0.3.0", "7.0.2.0", "7.0.1.0", "7.0.0.0", "6.7.3", "6.7.2", "6.7.1", "6.7", "6.5", "6.0", "5.5", "5.1", "5.0", "4.1", "4.0"} {
		if olderThan(p, api) {
			prior = append(prior, "   <version>"+p+"</version>\n")
		}
	}
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8" ?>
<namespaces version="1.0">
 <namespace>
  <name>urn:vim25</name>
  <version>%s</version>
  <priorVersions>
%s  </priorVersions>
 </namespace>
</namespaces>
`, api, strings.Join(prior, ""))
}

// open are the methods that need no session.
var open = map[string]bool{
	"RetrieveServiceContent": true, "Login": true, "LoginByToken": true, "LoginExtensionByCertificate": true,
	"CloneSession": true, "RetrieveInternalContent": true,
}

func (v *vcenter) serveSOAP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		return
	}
	v.stats.add(func(c *counters) {
		c.SoapRequests++
		if r.Header.Get("Authorization") != "" {
			c.Authorization++
		}
	})
	c, err := parseCall(body)
	if err != nil || c.Method == "" {
		writeFault(w, http.StatusInternalServerError, "Unable to parse the request.", &types.InvalidRequest{})
		return
	}
	c.Version = versionOf(r)
	if v.logger != nil {
		lw := &logWriter{ResponseWriter: w}
		w = lw
		defer func(start time.Time) { v.logCall(c, lw, start) }(time.Now())
	}
	v.stats.add(func(n *counters) {
		n.Methods[c.Method]++
		n.Versions[c.Version]++
	})
	t := v.targetOf(c)
	if v.webFault(w, r, t) || v.soapFault(w, r, c, t) {
		return
	}
	asked := c.Version
	if asked == "" {
		asked = "4.0" // a client that names no version gets an old API
	}
	if need := since[c.Method]; need != "" && (olderThan(asked, need) || olderThan(v.opt.apiVersion, need)) {
		writeFault(w, http.StatusInternalServerError,
			fmt.Sprintf("Unable to resolve WSDL method name %s for version %q", c.Method, c.Version), &types.InvalidRequest{})
		return
	}
	key := sessionKey(r)
	session := v.stats.session(key)
	if session == nil && !v.anonymous(c, body) {
		v.notAuthenticated(w, c)
		return
	}
	if v.busyFault(w, c) {
		return
	}
	v.pass(w, r, c, key)
}

func (v *vcenter) notAuthenticated(w http.ResponseWriter, c *call) {
	writeFault(w, http.StatusInternalServerError, "The session is not authenticated.",
		&types.NotAuthenticated{NoPermission: types.NoPermission{Object: c.This, PrivilegeId: "System.View"}})
}

// anonymous tells whether a call may be made without a session.
func (v *vcenter) anonymous(c *call, body []byte) bool {
	if open[c.Method] {
		return true
	}
	switch c.Method {
	case "Fetch":
		return c.This.Type == "ServiceInstance"
	case "RetrieveProperties", "RetrievePropertiesEx":
		return bytes.Contains(body, []byte("ServiceInstance")) && !bytes.Contains(body, []byte("VirtualMachine"))
	}
	return false
}

// targetOf tells which VM a call is about.
func (v *vcenter) targetOf(c *call) *target {
	t := &target{method: c.Method, disk: -1}
	ref := c.This
	switch ref.Type {
	case "VirtualMachineSnapshot":
		if s, ok := simulator.Map.Get(ref).(*simulator.VirtualMachineSnapshot); ok {
			ref = s.Vm
		}
	case "HttpNfcLease":
		for _, l := range v.leases.list() {
			if l.Self == ref {
				ref = l.vm.ref
			}
		}
	case "OvfManager":
		ref = descriptorObject(c.body)
	}
	if vm := vmOf(ref); vm != nil {
		t.name = vm.Name
		if t.vm = v.inv.record(ref); t.vm == nil {
			t.vm = &vmRecord{ref: ref, path: entityPath(ref)}
		}
	}
	return t
}

// busyFault refuses what a VM cannot do while it is being exported.
func (v *vcenter) busyFault(w http.ResponseWriter, c *call) bool {
	switch c.Method {
	case "PowerOnVM_Task", "Destroy_Task", "ReconfigVM_Task", "UnregisterVM", "RevertToSnapshot_Task", "RemoveAllSnapshots_Task":
	default:
		return false
	}
	if c.This.Type != "VirtualMachine" || v.leases.ofVM(c.This) == nil {
		return false
	}
	writeFault(w, http.StatusInternalServerError, messageFor("TaskInProgress", ""),
		&types.TaskInProgress{Task: types.ManagedObjectReference{Type: "Task", Value: "task-export-" + c.This.Value}})
	return true
}

// pass hands a call to the library and its answer to the client.
func (v *vcenter) pass(w http.ResponseWriter, r *http.Request, c *call, key string) {
	body := c.body
	switch {
	case c.This.Type == "VirtualMachine" && (c.Method == "ExportVm" || c.Method == "CreateSnapshot_Task"):
		v.opsFor(vmOpsType, c.This)
		body = c.redirect(vmOpsType)
	case c.This.Type == "VirtualMachineSnapshot" && (c.Method == "ExportSnapshot" || c.Method == "RemoveSnapshot_Task"):
		v.opsFor(snapshotOpsType, c.This)
		body = c.redirect(snapshotOpsType)
	}
	in := r.Clone(r.Context())
	in.URL.Path = "/sdk"
	in.Body = io.NopCloser(bytes.NewReader(body))
	in.ContentLength = int64(len(body))
	in.Header.Del("Cookie")
	if key != "" {
		in.Header.Set("Cookie", cookieName+"="+key)
	}
	rec := httptest.NewRecorder()
	v.plain.ServeHTTP(rec, in)
	out := usualPrefixes(rec.Body.Bytes())
	v.loggedIn(w, rec, r)
	switch {
	case c.Method == "Login" && rec.Code != http.StatusOK:
		v.stats.add(func(n *counters) { n.FailedLogins++ })
	case c.Method == "Logout" && rec.Code == http.StatusOK:
		v.stats.add(func(n *counters) { n.Logouts++ })
		v.endSession(key, false)
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	if v.opt.gzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && len(out) > 4096 {
		var z bytes.Buffer
		zw, _ := gzip.NewWriterLevel(&z, gzip.BestSpeed)
		_, _ = zw.Write(out)
		_ = zw.Close()
		out = z.Bytes()
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(out)))
	w.WriteHeader(rec.Code)
	_, _ = w.Write(out)
}

// usualPrefixes writes xsi:type as vCenter does. The library's encoder makes
// up a prefix and declares it at each element, which is legal but long.
func usualPrefixes(b []byte) []byte {
	if !bytes.Contains(b, []byte("XMLSchema-instance:type=\"")) {
		return b
	}
	b = bytes.ReplaceAll(b, []byte(` xmlns:XMLSchema-instance="http://www.w3.org/2001/XMLSchema-instance"`), nil)
	return bytes.ReplaceAll(b, []byte(`XMLSchema-instance:type="`), []byte(`xsi:type="`))
}

// loggedIn notes a new session, if the answer brings one, and hands out its
// cookie as vCenter does: with quotes.
func (v *vcenter) loggedIn(w http.ResponseWriter, rec *httptest.ResponseRecorder, r *http.Request) {
	for _, c := range rec.Result().Cookies() {
		if c.Name != cookieName {
			continue
		}
		now := time.Now()
		v.stats.opened(&sessionInfo{Key: c.Value, User: v.opt.username, UserAgent: r.UserAgent(), Login: now, LastActive: now, Calls: 1})
		w.Header().Set("Set-Cookie", fmt.Sprintf(`%s="%s"; Path=/; HttpOnly; Secure; `, cookieName, c.Value))
	}
}
