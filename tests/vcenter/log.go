// A log of requests, for people who debug a client.
package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"time"
)

// logWriter remembers what was answered.
type logWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *logWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *logWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

func (v *vcenter) openLog() error {
	var out io.Writer
	switch v.opt.logFile {
	case "":
		return nil
	case "-":
		out = os.Stderr
	default:
		f, err := os.OpenFile(v.opt.logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
		if err != nil {
			return err
		}
		out = f
	}
	v.logger = log.New(out, "", log.LstdFlags|log.Lmicroseconds)
	return nil
}

func (v *vcenter) logCall(c *call, w *logWriter, start time.Time) {
	v.logger.Printf("soap %s on %s:%s version %q: status %d, %d bytes, %v", c.Method, c.This.Type, c.This.Value, c.Version, w.status, w.bytes,
		time.Since(start).Round(time.Microsecond))
}

func (v *vcenter) logDownload(r nfcRequest) {
	if v.logger != nil {
		v.logger.Printf("nfc %s %s on %s: status %d, %d bytes, complete %v, fault %q, %.3f s", r.Method, r.Path, r.Listener, r.Status, r.Bytes,
			r.Complete, r.Fault, r.Seconds)
	}
}
