// Sessions as the front sees them, and the counters that GET /state shows.
package main

import (
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

const cookieName = "vmware_soap_session"

type sessionInfo struct {
	Key        string    `json:"key"`
	User       string    `json:"user"`
	UserAgent  string    `json:"user_agent"`
	Login      time.Time `json:"login"`
	LastActive time.Time `json:"last_active"`
	Calls      int       `json:"calls"`
}

type nfcRequest struct {
	ID            int     `json:"id"`
	Method        string  `json:"method"`
	Path          string  `json:"path"`
	VM            string  `json:"vm"`
	Device        string  `json:"device"`
	Listener      string  `json:"listener"` // vcenter or data
	Status        int     `json:"status"`
	Bytes         int64   `json:"bytes"`
	Complete      bool    `json:"complete"`
	Fault         string  `json:"fault,omitempty"`
	Cookie        bool    `json:"cookie"`
	SessionCookie bool    `json:"session_cookie"`
	Authorization bool    `json:"authorization"`
	Range         string  `json:"range"`
	UserAgent     string  `json:"user_agent"`
	Seconds       float64 `json:"seconds"`
	Active        bool    `json:"active"`
	started       time.Time
}

type counters struct {
	Logins          int            `json:"logins"`
	FailedLogins    int            `json:"failed_logins"`
	Logouts         int            `json:"logouts"`
	SessionsExpired int            `json:"sessions_expired"`
	Methods         map[string]int `json:"methods"`
	Versions        map[string]int `json:"api_versions"`
	SoapRequests    int            `json:"soap_requests"`
	Authorization   int            `json:"soap_authorization_headers"`
	Redirected      int            `json:"redirect_target_requests"`
	RedirectCookie  int            `json:"redirect_target_cookies"`
	RedirectBytes   int64          `json:"redirect_target_body_bytes"`
	Connections     int            `json:"connections"`
	DataConnections int            `json:"data_connections"`
	Pages           int            `json:"property_pages"`
}

type stats struct {
	mu       sync.Mutex
	count    counters
	sessions map[string]*sessionInfo
	nfc      []*nfcRequest
	nfcNext  int
}

func newStats() *stats {
	s := &stats{sessions: map[string]*sessionInfo{}}
	s.clearLocked()
	return s
}

func (s *stats) clearLocked() {
	s.count = counters{Methods: map[string]int{}, Versions: map[string]int{}}
	s.nfc = nil
}

func (s *stats) add(f func(c *counters)) {
	s.mu.Lock()
	f(&s.count)
	s.mu.Unlock()
}

func (s *stats) active() int {
	n := 0
	for _, r := range s.nfc {
		if r.Active {
			n++
		}
	}
	return n
}

// sessionKey reads the session cookie of a request.
func sessionKey(r *http.Request) string {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	return strings.Trim(c.Value, `"`)
}

// session returns the live session of a request and marks it active.
func (s *stats) session(key string) *sessionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.sessions[key]
	if i != nil {
		i.LastActive = time.Now()
		i.Calls++
	}
	return i
}

func (s *stats) opened(i *sessionInfo) {
	s.mu.Lock()
	s.sessions[i.Key] = i
	s.count.Logins++
	s.mu.Unlock()
}

// closed forgets a session; it tells whether there was one.
func (s *stats) closed(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.sessions[key]
	delete(s.sessions, key)
	return ok
}

func (s *stats) open() []sessionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]sessionInfo, 0, len(s.sessions))
	for _, i := range s.sessions {
		out = append(out, *i)
	}
	sort.Slice(out, func(a, b int) bool { return out[a].Login.Before(out[b].Login) })
	return out
}

// endSession kills a session and what belongs to it.
func (v *vcenter) endSession(key string, expired bool) {
	if !v.stats.closed(key) {
		return
	}
	if expired {
		v.stats.add(func(c *counters) { c.SessionsExpired++ })
		// the library's own table of sessions
		sm := simulator.Map.SessionManager()
		ctx := &simulator.Context{Session: &simulator.Session{}, Map: simulator.Map}
		sm.TerminateSession(ctx, &types.TerminateSession{SessionId: []string{key}})
	}
	for _, l := range v.leases.ofSession(key) {
		l.end("session "+map[bool]string{true: "expired", false: "logged out"}[expired], types.HttpNfcLeaseStateError, &types.NotAuthenticated{}, false)
	}
	cancelWaits(key)
}

// expireIdle ends the sessions that have been idle for too long, until stop.
func (v *vcenter) expireIdle(stop <-chan struct{}) {
	t := time.NewTicker(100 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-stop:
			return
		case now := <-t.C:
			limit := seconds(v.settings().SessionIdle)
			if limit <= 0 {
				continue
			}
			for _, i := range v.stats.open() {
				if now.Sub(i.LastActive) > limit {
					v.endSession(i.Key, true)
				}
			}
		}
	}
}
