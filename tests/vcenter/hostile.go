// Answers that no vCenter should give: for tests of a client's defences.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

const mib = 1 << 20

// webFault applies the faults below SOAP; true means that it has answered.
func (v *vcenter) webFault(w http.ResponseWriter, r *http.Request, t *target) bool {
	if f := v.faults.take(t, "delay"); f != nil {
		select {
		case <-time.After(f.duration()):
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	f := v.faults.take(t, "http_status", "html", "redirect", "endless", "gzip_bomb", "drop", "hang")
	if f == nil {
		return false
	}
	switch f.Kind {
	case "http_status":
		status := f.Status
		if status == 0 {
			status = http.StatusServiceUnavailable
		}
		if f.Seconds > 0 {
			w.Header().Set("Retry-After", fmt.Sprint(int(f.Seconds)))
		}
		http.Error(w, http.StatusText(status), status)
	case "html":
		status := f.Status
		if status == 0 {
			status = http.StatusOK
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form>Please sign in<br></form></body></html>\n")
	case "redirect":
		status := f.Status
		if status == 0 {
			status = http.StatusFound
		}
		location := f.Location
		if location == "" {
			location = "https://" + v.redirectHost() + "/redirected/sdk"
		}
		w.Header().Set("Location", location)
		w.WriteHeader(status)
	case "endless":
		v.endless(w, r, f)
	case "gzip_bomb":
		gzipBomb(w, f)
	case "drop":
		if c, ok := r.Context().Value(connKey{}).(net.Conn); ok {
			if tcp, ok := c.(*batchConn); ok && f.Reset {
				_ = tcp.SetLinger(0)
			}
			_ = c.Close()
		}
		panic(http.ErrAbortHandler)
	case "hang":
		d := f.duration()
		if d <= 0 {
			d = 24 * time.Hour
		}
		select {
		case <-time.After(d):
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	}
	return true
}

// endless sends a well-formed beginning and then never stops (or stops at
// after_bytes, if given).
func (v *vcenter) endless(w http.ResponseWriter, r *http.Request, f *fault) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	if _, err := io.WriteString(w, envelopeHead+"<x xmlns=\"urn:vim25\">"); err != nil {
		return
	}
	block := []byte(strings.Repeat("<val>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</val>", mib/64))
	for sent := int64(0); f.AfterBytes == 0 || sent < int64(f.AfterBytes); sent += int64(len(block)) {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// gzipBomb sends value (or after_bytes) decoded bytes at about 1000:1.
func gzipBomb(w http.ResponseWriter, f *fault) {
	size := int64(f.AfterBytes)
	if size == 0 {
		size = 2 << 30
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	_, _ = io.WriteString(z, envelopeHead+"<x>")
	block := bytes.Repeat([]byte{' '}, mib)
	for ; size > 0; size -= mib {
		if _, err := z.Write(block); err != nil {
			return
		}
	}
	_, _ = io.WriteString(z, "</x>"+envelopeTail)
	_ = z.Close()
}

// soapFault applies the faults of SOAP calls; true means that it has answered.
func (v *vcenter) soapFault(w http.ResponseWriter, r *http.Request, c *call, t *target) bool {
	if f := v.faults.take(t, "not_authenticated"); f != nil {
		if key := sessionKey(r); key != "" {
			v.endSession(key, true)
		}
		v.notAuthenticated(w, c)
		return true
	}
	if f := v.faults.take(t, "xml"); f != nil {
		hostileXML(w, f, c)
		return true
	}
	if f := v.faults.take(t, "soap_fault"); f != nil {
		fault, text, err := f.make("InvalidState", c.This)
		if err != nil {
			fault, text = &types.SystemError{Reason: err.Error()}, err.Error()
		}
		status := f.Status
		if status == 0 {
			status = http.StatusInternalServerError
		}
		writeFault(w, status, text, fault)
		return true
	}
	missing := func(kind string) bool {
		if v.faults.take(t, kind) == nil {
			return false
		}
		writeFault(w, http.StatusInternalServerError, fmt.Sprintf("The method %s is not found", c.Method),
			&types.MethodNotFound{Receiver: c.This, Method: c.Method})
		return true
	}
	switch c.Method {
	case "HttpNfcLeaseGetManifest":
		return missing("no_manifest")
	case "HttpNfcLeaseSetManifestChecksumType":
		return missing("no_manifest") || missing("manifest_sha1_only")
	case "CreateDescriptor":
		return missing("no_descriptor")
	case "ExportSnapshot":
		if v.faults.take(t, "no_export_snapshot") != nil {
			writeFault(w, http.StatusInternalServerError, messageFor("NotSupported", ""), &types.NotSupported{})
			return true
		}
	}
	return false
}

// xmlVariants are the hostile documents by name.
var xmlVariants = []string{"doctype", "external_entity", "billion_laughs", "huge_attribute", "many_attributes", "deep",
	"utf16_bom", "undeclared_prefix", "truncated", "not_xml", "empty", "nul", "wrong_root", "two_roots", "bad_utf8", "processing_instruction"}

func hostileXML(w http.ResponseWriter, f *fault, c *call) {
	inner := "<" + c.Method + "Response xmlns=\"urn:vim25\"><returnval>x</returnval></" + c.Method + "Response>"
	doc := envelopeHead + inner + envelopeTail
	prolog := `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	body := strings.TrimPrefix(doc, prolog)
	kind := "text/xml; charset=utf-8"
	switch f.Variant {
	case "doctype":
		doc = prolog + "<!DOCTYPE x>\n" + body
	case "external_entity":
		location := f.Location
		if location == "" {
			location = "file:///etc/passwd"
		}
		doc = prolog + `<!DOCTYPE x [<!ENTITY ext SYSTEM "` + location + `">]>` + "\n" + strings.Replace(body, ">x<", ">&ext;<", 1)
	case "billion_laughs":
		var b strings.Builder
		b.WriteString(prolog + "<!DOCTYPE x [<!ENTITY l0 \"lol\">")
		for i := 1; i < 10; i++ {
			fmt.Fprintf(&b, "<!ENTITY l%d \"%s\">", i, strings.Repeat(fmt.Sprintf("&l%d;", i-1), 10))
		}
		doc = b.String() + "]>\n" + strings.Replace(body, ">x<", ">&l9;<", 1)
	case "huge_attribute":
		doc = strings.Replace(doc, "<returnval>", "<returnval a=\""+strings.Repeat("a", 10*mib)+"\">", 1)
	case "many_attributes":
		var b strings.Builder
		for i := 0; i < 100000; i++ {
			fmt.Fprintf(&b, " a%d=\"1\"", i)
		}
		doc = strings.Replace(doc, "<returnval>", "<returnval"+b.String()+">", 1)
	case "deep":
		doc = strings.Replace(doc, ">x<", ">"+strings.Repeat("<a>", 100000)+strings.Repeat("</a>", 100000)+"<", 1)
	case "utf16_bom":
		kind = "text/xml; charset=utf-16"
		b := []byte{0xff, 0xfe}
		for _, r := range strings.Replace(doc, "UTF-8", "UTF-16", 1) {
			b = append(b, byte(r), byte(r>>8))
		}
		doc = string(b)
	case "undeclared_prefix":
		doc = strings.Replace(doc, "<returnval>x</returnval>", "<ns7:returnval xsi:type=\"ns8:x\">x</ns7:returnval>", 1)
	case "truncated":
		doc = doc[:len(doc)*2/3]
	case "not_xml":
		doc = "502 proxy says no\n"
	case "empty":
		doc = ""
	case "nul":
		doc = strings.Replace(doc, ">x<", ">x\x00y<", 1)
	case "wrong_root":
		doc = prolog + "<html><body>hello</body></html>"
	case "two_roots":
		doc += body
	case "bad_utf8":
		doc = strings.Replace(doc, ">x<", ">\xff\xfe\xc0\xaf<", 1)
	case "processing_instruction":
		doc = prolog + "<?xml-stylesheet href=\"file:///etc/passwd\"?>\n" + body
	}
	status := f.Status
	if status == 0 {
		status = http.StatusOK
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", fmt.Sprint(len(doc)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, doc)
}

// spoilDevice changes one device address as the rules say.
func (v *vcenter) spoilDevice(t *target, u *types.HttpNfcLeaseDeviceUrl) {
	if f := v.faults.take(t, "target_id"); f != nil {
		var s string
		if json.Unmarshal(f.Value, &s) == nil {
			u.TargetId = s
		}
	}
	if f := v.faults.take(t, "file_size"); f != nil {
		var n int64
		if json.Unmarshal(f.Value, &n) == nil {
			u.FileSize = n
		}
	}
	if f := v.faults.take(t, "wrong_thumbprint"); f != nil {
		u.SslThumbprint = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33"
		var s string
		if json.Unmarshal(f.Value, &s) == nil {
			u.SslThumbprint = s
		}
	}
	if f := v.faults.take(t, "device_url"); f != nil {
		var s string
		if json.Unmarshal(f.Value, &s) == nil {
			u.Url = s
		}
	}
	if f := v.faults.take(t, "device_key"); f != nil {
		var s string
		if json.Unmarshal(f.Value, &s) == nil {
			u.Key = s
		}
	}
}

// spoilInfo changes the lease as a whole.
func (v *vcenter) spoilInfo(t *target, info *types.HttpNfcLeaseInfo) {
	if f := v.faults.take(t, "total_capacity"); f != nil {
		var n int64
		if json.Unmarshal(f.Value, &n) == nil {
			info.TotalDiskCapacityInKB = n
		}
	}
	if f := v.faults.take(t, "target_ids"); f != nil {
		var names []string
		if json.Unmarshal(f.Value, &names) == nil {
			for i := range info.DeviceUrl {
				if i < len(names) {
					info.DeviceUrl[i].TargetId = names[i]
				}
			}
		}
	}
	if f := v.faults.take(t, "duplicate_devices"); f != nil {
		info.DeviceUrl = append(info.DeviceUrl, info.DeviceUrl...)
	}
	if f := v.faults.take(t, "no_devices"); f != nil {
		info.DeviceUrl = nil
	}
}

// spoilManifest changes one line of the manifest.
func (v *vcenter) spoilManifest(t *target, e *types.HttpNfcLeaseManifestEntry) {
	if v.faults.take(t, "wrong_digest") != nil {
		flip := func(s string) string {
			if s == "" {
				return s
			}
			if s[0] == '0' {
				return "1" + s[1:]
			}
			return "0" + s[1:]
		}
		e.Sha1, e.Checksum = flip(e.Sha1), flip(e.Checksum)
	}
	if f := v.faults.take(t, "manifest_size"); f != nil {
		var n int64
		if json.Unmarshal(f.Value, &n) == nil {
			e.Size = n
		}
	}
}
