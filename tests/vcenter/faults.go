// Faults: rules that tests set at run time and that the server obeys.
package main

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

// fault is one rule. Which fields a kind uses is in README.md.
type fault struct {
	ID         int             `json:"id"`
	Kind       string          `json:"fault"`
	Method     string          `json:"method,omitempty"`
	VM         string          `json:"vm,omitempty"`
	Disk       *json.Number    `json:"disk,omitempty"`
	Device     string          `json:"device,omitempty"`
	AfterBytes size            `json:"after_bytes,omitempty"`
	Count      int             `json:"count,omitempty"`
	Skip       int             `json:"skip,omitempty"`
	Type       string          `json:"type,omitempty"`
	Message    string          `json:"message,omitempty"`
	Privilege  string          `json:"privilege,omitempty"`
	Fields     json.RawMessage `json:"fields,omitempty"`
	Status     int             `json:"status,omitempty"`
	Seconds    float64         `json:"seconds,omitempty"`
	Rate       size            `json:"bytes_per_second,omitempty"`
	Value      json.RawMessage `json:"value,omitempty"`
	Variant    string          `json:"variant,omitempty"`
	Location   string          `json:"location,omitempty"`
	Reset      bool            `json:"reset,omitempty"`
	Hits       int             `json:"hits"`
	passed     int
}

// UnmarshalJSON lets sizes be written as "64KiB"; numbers marshal as numbers.
func (s size) MarshalJSON() ([]byte, error) { return []byte(fmt.Sprint(int64(s))), nil }

// target is what a rule is matched against.
type target struct {
	method string
	vm     *vmRecord
	name   string // VM name
	disk   int    // index among the lease's disks, -1 for others
	device string // key or targetId
}

func (f *fault) matches(t *target) bool {
	if f.Method != "" && f.Method != "*" {
		if ok, _ := path.Match(f.Method, t.method); !ok {
			return false
		}
	}
	if f.VM != "" {
		if t.vm == nil || (f.VM != t.vm.path && f.VM != t.vm.ref.Value && f.VM != t.name) {
			return false
		}
	}
	if f.Disk != nil && f.Disk.String() != fmt.Sprint(t.disk) {
		return false
	}
	return f.Device == "" || strings.Contains(t.device, f.Device)
}

type faultSet struct {
	mu    sync.Mutex
	next  int
	rules []*fault
}

// take finds the first rule of one of the kinds that matches, and counts it.
func (s *faultSet) take(t *target, kinds ...string) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.rules {
		if f.Count > 0 && f.Hits >= f.Count {
			continue
		}
		for _, k := range kinds {
			if f.Kind != k || !f.matches(t) {
				continue
			}
			if f.passed < f.Skip {
				f.passed++
				break
			}
			f.Hits++
			c := *f
			return &c
		}
	}
	return nil
}

func (s *faultSet) add(f *fault) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	f.ID = s.next
	s.rules = append(s.rules, f)
	return f.ID
}

func (s *faultSet) remove(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.rules {
		if f.ID == id {
			s.rules = append(s.rules[:i], s.rules[i+1:]...)
			return true
		}
	}
	return false
}

func (s *faultSet) clear() {
	s.mu.Lock()
	s.rules = nil
	s.mu.Unlock()
}

func (s *faultSet) list() []fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]fault, 0, len(s.rules))
	for _, f := range s.rules {
		out = append(out, *f)
	}
	return out
}

// make builds the vSphere fault that a rule asks for.
func (f *fault) make(def string, this types.ManagedObjectReference) (types.BaseMethodFault, string, error) {
	name := f.Type
	if name == "" {
		name = def
	}
	v, err := newFault(name, f.Fields, this, f.Privilege)
	return v, messageFor(name, f.Message), err
}

func (f *fault) duration() time.Duration { return seconds(f.Seconds) }
