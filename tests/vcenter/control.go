// The control endpoint: plain HTTP on loopback, for tests and curl.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// settings can be changed while serving.
type settings struct {
	PageCap      int     `json:"page_cap"`
	LeaseTimeout float64 `json:"lease_timeout"`
	HostMode     string  `json:"device_host"` // star, real, data
	SessionIdle  float64 `json:"session_idle"`
	LeaseReady   float64 `json:"lease_ready"`
	SnapshotTime float64 `json:"snapshot_time"`
}

func (v *vcenter) settings() settings {
	v.setMu.Lock()
	defer v.setMu.Unlock()
	return v.set
}

func (v *vcenter) pageCap() int { return v.settings().PageCap }

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func (v *vcenter) leaseTimeout() time.Duration { return seconds(v.settings().LeaseTimeout) }
func (v *vcenter) leaseReady() time.Duration   { return seconds(v.settings().LeaseReady) }
func (v *vcenter) snapshotTime() time.Duration { return seconds(v.settings().SnapshotTime) }

// ruleKinds are faults that wait for their hit; the value tells what they act on.
var ruleKinds = map[string]bool{
	"nfc_cut": true, "nfc_eof": true, "nfc_stall": true, "nfc_slow": true, "nfc_status": true,
	"http_status": true, "html": true, "redirect": true, "endless": true, "gzip_bomb": true, "drop": true, "hang": true, "delay": true,
	"xml": true, "soap_fault": true, "not_authenticated": true, "task_fault": true, "quiesce_fail": true,
	"no_manifest": true, "manifest_sha1_only": true, "wrong_digest": true, "manifest_size": true,
	"no_descriptor": true, "descriptor_error": true, "descriptor_warning": true, "descriptor_text": true, "no_export_snapshot": true,
	"lease_slow": true, "lease_error": true,
	"target_id": true, "target_ids": true, "file_size": true, "total_capacity": true, "wrong_thumbprint": true,
	"device_url": true, "device_key": true, "duplicate_devices": true, "no_devices": true,
}

// checkRule refuses a rule that could never do what was meant.
func checkRule(f *fault) error {
	if !ruleKinds[f.Kind] {
		return fmt.Errorf("no fault %q", f.Kind)
	}
	if f.Type != "" || f.Kind == "soap_fault" || f.Kind == "lease_error" {
		if _, _, err := f.make("InvalidState", types.ManagedObjectReference{}); err != nil {
			return err
		}
	}
	if f.Kind == "xml" {
		if err := oneOf(f.Variant, "variant", xmlVariants...); err != nil {
			return err
		}
	}
	if f.Kind == "nfc_slow" && f.Rate <= 0 {
		return fmt.Errorf("nfc_slow needs bytes_per_second")
	}
	if f.Count < 0 || f.Skip < 0 || f.Seconds < 0 {
		return fmt.Errorf("count, skip and seconds are not negative")
	}
	want := func(v interface{}, what string) error {
		if json.Unmarshal(f.Value, v) != nil {
			return fmt.Errorf("%s needs value: %s", f.Kind, what)
		}
		return nil
	}
	switch f.Kind {
	case "target_id", "device_url", "device_key":
		return want(new(string), "a string")
	case "target_ids":
		return want(new([]string), "an array of strings")
	case "file_size", "total_capacity", "manifest_size":
		return want(new(int64), "a number")
	}
	return nil
}

// addFault takes one JSON object: a rule, or an action done at once.
func (v *vcenter) addFault(raw []byte) (map[string]interface{}, error) {
	f := new(fault)
	if err := decodeStrict(raw, f); err != nil {
		return nil, err
	}
	f.ID, f.Hits = 0, 0
	if act := v.action(f); act != nil {
		n, err := act()
		return map[string]interface{}{"done": f.Kind, "affected": n}, err
	}
	if err := checkRule(f); err != nil {
		return nil, err
	}
	return map[string]interface{}{"id": v.faults.add(f)}, nil
}

func reply(w http.ResponseWriter, status int, val interface{}) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(val)
}

func fail(w http.ResponseWriter, status int, err error) {
	reply(w, status, map[string]string{"error": err.Error()})
}

// method lets one HTTP method pass.
func method(name string, f http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != name {
			w.Header().Set("Allow", name)
			fail(w, http.StatusMethodNotAllowed, fmt.Errorf("%s %s: only %s", r.Method, r.URL.Path, name))
			return
		}
		f(w, r)
	}
}

// postFault sets one fault, or those of an array.
func (v *vcenter) postFault(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	list := []json.RawMessage{b}
	if strings.HasPrefix(strings.TrimSpace(string(b)), "[") {
		if err = json.Unmarshal(b, &list); err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
	}
	out := []map[string]interface{}{}
	for _, raw := range list {
		res, err := v.addFault(raw)
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		out = append(out, res)
	}
	if len(out) == 1 {
		reply(w, http.StatusOK, out[0])
		return
	}
	reply(w, http.StatusOK, out)
}

func (v *vcenter) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/fault", method("POST", v.postFault))
	mux.HandleFunc("/faults", func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case "GET":
			reply(w, http.StatusOK, v.faults.list())
		case "DELETE":
			v.faults.clear()
			reply(w, http.StatusOK, map[string]bool{"cleared": true})
		default:
			fail(w, http.StatusMethodNotAllowed, fmt.Errorf("only GET and DELETE"))
		}
	})
	mux.HandleFunc("/faults/", method("DELETE", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/faults/"))
		if err != nil || !v.faults.remove(id) {
			fail(w, http.StatusNotFound, fmt.Errorf("no such fault"))
			return
		}
		reply(w, http.StatusOK, map[string]int{"removed": id})
	}))
	mux.HandleFunc("/settings", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			b, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
			s := v.settings()
			if err == nil {
				err = decodeStrict(b, &s)
			}
			if err == nil {
				err = v.setSettings(s)
			}
			if err != nil {
				fail(w, http.StatusBadRequest, err)
				return
			}
		}
		reply(w, http.StatusOK, v.settings())
	})
	mux.HandleFunc("/state", method("GET", func(w http.ResponseWriter, r *http.Request) { reply(w, http.StatusOK, v.state()) }))
	mux.HandleFunc("/reset", method("POST", func(w http.ResponseWriter, r *http.Request) {
		v.reset()
		reply(w, http.StatusOK, map[string]bool{"reset": true})
	}))
	return mux
}

func (v *vcenter) setSettings(s settings) error {
	if s.PageCap < 0 || s.LeaseTimeout <= 0 || s.SessionIdle < 0 || s.LeaseReady < 0 || s.SnapshotTime < 0 {
		return fmt.Errorf("lease_timeout is positive, the other numbers are not negative")
	}
	if err := oneOf(s.HostMode, "device_host", "star", "real", "data"); err != nil {
		return err
	}
	if s.HostMode == "data" && v.data == nil {
		return fmt.Errorf("device_host data needs --data-listen")
	}
	v.setMu.Lock()
	v.set = s
	v.setMu.Unlock()
	return nil
}

// reset clears faults and counters, and ends all leases and sessions.
func (v *vcenter) reset() {
	v.faults.clear()
	for _, s := range v.stats.open() {
		v.endSession(s.Key, true)
	}
	v.leases.forget()
	_ = v.setSettings(v.opt.initial)
	v.stats.mu.Lock()
	v.stats.clearLocked()
	v.stats.mu.Unlock()
	v.snaps.note(func(s *snapshotLog) { s.Created, s.Removed, s.Failed, s.Names = 0, 0, 0, nil })
}

type leaseJSON struct {
	Ref       string   `json:"ref"`
	VM        string   `json:"vm"`
	Snapshot  string   `json:"snapshot,omitempty"`
	Session   string   `json:"session"`
	State     string   `json:"state"`
	Reason    string   `json:"reason,omitempty"`
	Progress  []int32  `json:"progress"`
	Completes int      `json:"completes"`
	Aborts    int      `json:"aborts"`
	Devices   []string `json:"devices"`
	Age       float64  `json:"age_seconds"`
}

type vmJSON struct {
	Path       string `json:"path"`
	Ref        string `json:"ref"`
	Power      string `json:"power"`
	Snapshots  int    `json:"snapshots"`
	Changed    bool   `json:"config_changed"`
	Exists     bool   `json:"exists"`
	InScenario bool   `json:"in_scenario"`
}

// state is what GET /state shows.
func (v *vcenter) state() map[string]interface{} {
	out := map[string]interface{}{"sessions": v.stats.open(), "faults": v.faults.list(), "settings": v.settings()}
	v.stats.mu.Lock()
	b, _ := json.Marshal(v.stats.count)
	requests := make([]nfcRequest, 0, len(v.stats.nfc))
	total := int64(0)
	for _, r := range v.stats.nfc {
		requests = append(requests, *r)
		total += r.Bytes
	}
	methods := v.stats.count.Methods
	untouched := map[string]int{}
	for _, m := range []string{"ReconfigVM_Task", "PowerOnVM_Task", "PowerOffVM_Task", "Destroy_Task", "UnregisterVM",
		"CreateSnapshot_Task", "RemoveSnapshot_Task", "RemoveAllSnapshots_Task", "RevertToSnapshot_Task"} {
		untouched[m] = methods[m]
	}
	out["nfc_active"] = v.stats.active()
	v.stats.mu.Unlock()
	_ = json.Unmarshal(b, &out)
	out["nfc"], out["nfc_bytes"], out["changing_calls"] = requests, total, untouched
	leases := []leaseJSON{}
	for _, l := range v.leases.list() {
		j := leaseJSON{Ref: l.Self.Value, VM: l.vm.path, Session: l.session, Devices: []string{}, Age: time.Since(l.created).Seconds()}
		simulator.Map.WithLock(l, func() { j.State = string(l.State) })
		l.mu.Lock()
		j.Reason, j.Completes, j.Aborts, j.Progress = l.reason, l.completes, l.aborts, append([]int32{}, l.progress...)
		l.mu.Unlock()
		if l.snapshot != nil {
			j.Snapshot = l.snapshot.Value
		}
		for _, d := range l.devices {
			j.Devices = append(j.Devices, d.key)
		}
		leases = append(leases, j)
	}
	out["leases"] = leases
	open := 0
	for _, l := range leases {
		if l.Reason == "" {
			open++
		}
	}
	out["leases_open"] = open
	out["snapshots"] = existingSnapshots()
	v.snaps.note(func(s *snapshotLog) {
		out["snapshots_created"], out["snapshots_removed"], out["snapshots_failed"] = s.Created, s.Removed, s.Failed
		out["snapshot_names"] = append([]string{}, s.Names...)
	})
	vms := []vmJSON{}
	for _, r := range v.inv.records() {
		j := vmJSON{Path: r.path, Ref: r.ref.Value, InScenario: r.scenario}
		if vm := vmOf(r.ref); vm != nil {
			simulator.Map.WithLock(vm, func() {
				j.Exists, j.Power = true, string(vm.Runtime.PowerState)
				j.Changed = r.config != configPrint(vm)
				if vm.Snapshot != nil {
					j.Snapshots = len(vm.Snapshot.RootSnapshotList)
				}
			})
		}
		vms = append(vms, j)
	}
	out["vms"] = vms
	out["thumbprint"] = thumbprint256(v.id.current())
	if v.data != nil {
		out["data_thumbprint"], out["data_sha1"] = thumbprint256(v.data.current()), thumbprint1(v.data.current())
	}
	out["goroutines"] = runtime.NumGoroutine()
	return out
}

func (inv *inventory) records() []*vmRecord {
	inv.mu.Lock()
	defer inv.mu.Unlock()
	out := make([]*vmRecord, 0, len(inv.byRef))
	for _, r := range inv.byRef {
		out = append(out, r)
	}
	sort.Slice(out, func(a, b int) bool { return out[a].path < out[b].path })
	return out
}
