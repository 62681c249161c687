// The download side of a lease: /nfc/TICKET/NAME, chunked, no cookie.
package main

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type connKey struct{}

// errCut ends a transfer by closing the connection.
var errCut = errors.New("connection cut")

// errStop ends the body where it is, as if it were complete.
var errStop = errors.New("body ended early")

// nfcWriter passes the image on, byte for byte, and misbehaves where told to.
type nfcWriter struct {
	w     http.ResponseWriter
	r     *http.Request
	lease *HttpNfcLease
	rec   *nfcRequest
	v     *vcenter
	rules []*fault
	sent  int64
}

func (n *nfcWriter) Write(p []byte) (int, error) {
	total := 0
	for len(p) > 0 {
		select {
		case <-n.lease.ended:
			return total, errCut
		case <-n.r.Context().Done():
			return total, n.r.Context().Err()
		default:
		}
		k := len(p)
		var due *fault
		rate := int64(0)
		for i, f := range n.rules {
			if f == nil {
				continue
			}
			left := int64(f.AfterBytes) - n.sent
			switch {
			case left > 0:
				if int64(k) > left {
					k = int(left)
				}
			case f.Kind == "nfc_slow":
				rate = int64(f.Rate)
			default:
				due = f
				n.rules[i] = nil
			}
			if due != nil {
				break
			}
		}
		if due != nil {
			n.flush()
			if err := n.misbehave(due); err != nil {
				return total, err
			}
			continue
		}
		pause := time.Duration(0)
		if rate > 0 {
			step := rate / 20
			if step < 1 {
				step = 1
			}
			if int64(k) > step {
				k = int(step)
			}
			pause = time.Duration(float64(k) / float64(rate) * float64(time.Second))
		}
		m, err := n.send(p[:k])
		total += m
		n.count(int64(m))
		if err != nil {
			return total, err
		}
		p = p[k:]
		if rate > 0 {
			n.flush()
			if err := n.sleep(pause); err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

// send writes one piece; large ones with as few system calls as possible.
func (n *nfcWriter) send(p []byte) (int, error) {
	c, ok := n.r.Context().Value(connKey{}).(*batchConn)
	if !ok || len(p) < batchSize {
		return n.w.Write(p)
	}
	_ = c.batch(true)
	m, err := n.w.Write(p)
	if e := c.batch(false); err == nil {
		err = e
	}
	return m, err
}

func (n *nfcWriter) count(m int64) {
	n.sent += m
	n.v.stats.mu.Lock()
	n.rec.Bytes += m
	n.v.stats.mu.Unlock()
}

func (n *nfcWriter) flush() {
	if f, ok := n.w.(http.Flusher); ok {
		f.Flush()
	}
}

// sleep waits, but not longer than client and lease live.
func (n *nfcWriter) sleep(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-n.lease.ended:
		return errCut
	case <-n.r.Context().Done():
		return n.r.Context().Err()
	}
}

func (n *nfcWriter) misbehave(f *fault) error {
	n.v.stats.mu.Lock()
	n.rec.Fault = f.Kind
	n.v.stats.mu.Unlock()
	switch f.Kind {
	case "nfc_cut":
		return n.cut(f.Reset)
	case "nfc_eof":
		return errStop
	case "nfc_stall":
		d := f.duration()
		if d <= 0 {
			d = 24 * time.Hour
		}
		return n.sleep(d)
	}
	return nil
}

// cut closes the TCP connection below TLS, so that the client sees neither
// the last chunk nor TLS's own goodbye.
func (n *nfcWriter) cut(reset bool) error {
	if c, ok := n.r.Context().Value(connKey{}).(net.Conn); ok {
		if t, ok := c.(*batchConn); ok && reset {
			_ = t.SetLinger(0)
		}
		_ = c.Close()
	}
	return errCut
}

func (v *vcenter) serveNFC(w http.ResponseWriter, r *http.Request, listener string) {
	rec := &nfcRequest{
		Method: r.Method, Path: r.URL.Path, Listener: listener, Range: r.Header.Get("Range"), UserAgent: r.UserAgent(),
		Cookie: r.Header.Get("Cookie") != "", SessionCookie: strings.Contains(r.Header.Get("Cookie"), cookieName),
		Authorization: r.Header.Get("Authorization") != "", Active: true, started: time.Now(),
	}
	v.stats.mu.Lock()
	v.stats.nfcNext++
	rec.ID = v.stats.nfcNext
	v.stats.nfc = append(v.stats.nfc, rec)
	v.stats.mu.Unlock()
	note := func(f func()) {
		v.stats.mu.Lock()
		f()
		v.stats.mu.Unlock()
	}
	defer func() {
		var done nfcRequest
		note(func() {
			rec.Active = false
			rec.Seconds = time.Since(rec.started).Seconds()
			done = *rec
		})
		v.logDownload(done)
	}()
	refuse := func(status int, text string) {
		note(func() { rec.Status = status })
		http.Error(w, text, status)
	}
	lease, dev := v.lookup(r)
	t := &target{method: "/nfc", disk: -1}
	if lease != nil {
		t.vm, t.name = lease.vm, lease.vmName
	}
	if dev != nil {
		t.disk, t.device = dev.index, dev.key+" "+dev.target
		note(func() { rec.VM, rec.Device = lease.vm.path, dev.key })
	}
	if v.webFault(w, r, t) {
		note(func() { rec.Fault = "web" })
		return
	}
	if f := v.faults.take(t, "nfc_status"); f != nil {
		note(func() { rec.Fault = f.Kind })
		if f.Status == 0 {
			f.Status = http.StatusServiceUnavailable
		}
		refuse(f.Status, http.StatusText(f.Status))
		return
	}
	switch {
	case lease == nil || dev == nil || !lease.alive():
		refuse(http.StatusNotFound, "no such ticket")
		return
	case r.Method != http.MethodGet:
		refuse(http.StatusMethodNotAllowed, "GET only")
		return
	}
	n := &nfcWriter{w: w, r: r, lease: lease, rec: rec, v: v}
	for _, kind := range []string{"nfc_slow", "nfc_stall", "nfc_cut", "nfc_eof"} {
		if f := v.faults.take(t, kind); f != nil {
			n.rules = append(n.rules, f)
		}
	}
	kind := "application/octet-stream"
	if dev.kind == "disk" {
		kind = "application/x-vnd.vmware-streamVmdk"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(http.StatusOK)
	n.flush() // from here on the body is chunked
	note(func() { rec.Status = http.StatusOK })
	err := n.run(dev)
	switch {
	case err == nil:
		dev.mu.Lock()
		dev.sent = true
		dev.mu.Unlock()
		note(func() { rec.Complete = true })
	case !errors.Is(err, errStop):
		panic(http.ErrAbortHandler)
	}
}

// run sends the image; a lease that ends meanwhile cuts the connection.
func (n *nfcWriter) run(dev *leaseDevice) error {
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-done:
		case <-n.lease.ended:
			select {
			case <-done:
			default:
				_ = n.cut(false)
			}
		}
	}()
	if err := dev.image.stream(n); err != nil {
		return err
	}
	for _, f := range n.rules { // those that stand at the very end
		if f != nil && f.Kind != "nfc_slow" && int64(f.AfterBytes) == n.sent {
			n.flush()
			if err := n.misbehave(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookup finds lease and device of a download address.
func (v *vcenter) lookup(r *http.Request) (*HttpNfcLease, *leaseDevice) {
	parts := strings.SplitN(strings.TrimPrefix(r.URL.EscapedPath(), "/nfc/"), "/", 2)
	if len(parts) != 2 {
		return nil, nil
	}
	lease := v.leases.byTicket(parts[0])
	name, err := url.PathUnescape(parts[1])
	if lease == nil || err != nil {
		return nil, nil
	}
	for _, d := range lease.devices {
		if d.name == name {
			return lease, d
		}
	}
	return lease, nil
}
