// SOAP by hand, as far as the front needs it: which method a request calls on
// which object, how to point it at another object, how to write a fault.
package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
	vimxml "github.com/vmware/govmomi/vim25/xml"
)

const vimNamespace = "urn:vim25"

// call is one decoded SOAP request.
type call struct {
	Method  string
	This    types.ManagedObjectReference
	Version string // API version from SOAPAction, "" if the client named none
	body    []byte
	from    int // the start tag of _this is body[from:to]
	to      int
}

var typeAttr = regexp.MustCompile(`(\stype\s*=\s*)("[^"]*"|'[^']*')`)

// parseCall finds method and object of a request.
func parseCall(body []byte) (*call, error) {
	c := &call{body: body}
	d := xml.NewDecoder(bytes.NewReader(body))
	depth := 0
	inBody := false
	for {
		before := int(d.InputOffset())
		tok, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("no method in the request: %v", err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			depth++
			switch {
			case depth == 2:
				inBody = t.Name.Local == "Body"
			case depth == 3 && inBody:
				c.Method = t.Name.Local
			case depth == 4 && c.Method != "" && t.Name.Local == "_this":
				for _, a := range t.Attr {
					if a.Name.Local == "type" && a.Name.Space == "" {
						c.This.Type = a.Value
					}
				}
				c.from, c.to = before, int(d.InputOffset())
				var v string
				if err = d.DecodeElement(&v, &t); err != nil {
					return nil, err
				}
				c.This.Value = strings.TrimSpace(v)
				return c, nil
			}
		case xml.EndElement:
			if depth == 3 && c.Method != "" {
				return c, nil
			}
			depth--
		}
	}
}

// redirect returns the request with _this pointing at an object of another
// type and the same value.
func (c *call) redirect(kind string) []byte {
	tag := typeAttr.ReplaceAll(c.body[c.from:c.to], []byte(`${1}"`+kind+`"`))
	out := make([]byte, 0, len(c.body)+32)
	out = append(out, c.body[:c.from]...)
	out = append(out, tag...)
	return append(out, c.body[c.to:]...)
}

// versionOf reads the API version that a request asks for.
func versionOf(r *http.Request) string {
	a := strings.Trim(strings.TrimSpace(r.Header.Get("SOAPAction")), `"`)
	if i := strings.Index(a, vimNamespace+"/"); i >= 0 {
		return a[i+len(vimNamespace)+1:]
	}
	return ""
}

// olderThan compares dotted versions number by number.
func olderThan(v, than string) bool {
	a, b := strings.Split(v, "."), strings.Split(than, ".")
	for i := 0; i < len(a) || i < len(b); i++ {
		var x, y int
		if i < len(a) {
			x, _ = strconv.Atoi(a[i])
		}
		if i < len(b) {
			y, _ = strconv.Atoi(b[i])
		}
		if x != y {
			return x < y
		}
	}
	return false
}

// since names the API version that brought a method.
var since = map[string]string{
	"ExportVm":                            "4.0",
	"CreateDescriptor":                    "4.0",
	"RetrievePropertiesEx":                "4.1",
	"ContinueRetrievePropertiesEx":        "4.1",
	"CancelRetrievePropertiesEx":          "4.1",
	"WaitForUpdatesEx":                    "4.1",
	"HttpNfcLeaseGetManifest":             "4.1",
	"ExportSnapshot":                      "5.5",
	"HttpNfcLeaseSetManifestChecksumType": "6.7",
}

const envelopeHead = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<soapenv:Body>
`

const envelopeTail = "\n</soapenv:Body>\n</soapenv:Envelope>\n"

// faultBody writes a fault as vCenter does: the type is the xsi:type of the
// element in detail.
func faultBody(message string, fault interface{}) []byte {
	var b bytes.Buffer
	b.WriteString(envelopeHead)
	b.WriteString("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>")
	_ = xml.EscapeText(&b, []byte(message))
	b.WriteString("</faultstring><detail>")
	kind := reflect.TypeOf(fault).Elem().Name()
	e := vimxml.NewEncoder(&b)
	_ = e.EncodeElement(fault, vimxml.StartElement{
		Name: vimxml.Name{Local: kind + "Fault"},
		Attr: []vimxml.Attr{
			{Name: vimxml.Name{Local: "xmlns"}, Value: vimNamespace},
			{Name: vimxml.Name{Local: "xsi:type"}, Value: kind},
		},
	})
	_ = e.Flush()
	b.WriteString("</detail></soapenv:Fault>")
	b.WriteString(envelopeTail)
	return usualPrefixes(b.Bytes())
}

func writeXML(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func writeFault(w http.ResponseWriter, status int, message string, fault interface{}) {
	writeXML(w, status, faultBody(message, fault))
}

var makeType = types.TypeFunc()

// newFault makes a fault by the name of its type. Its fields come from JSON
// or, for the faults that need some, from the call.
func newFault(name string, fields json.RawMessage, this types.ManagedObjectReference, privilege string) (types.BaseMethodFault, error) {
	t, ok := makeType(name)
	if !ok || t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("no fault type %q in the vSphere API", name)
	}
	v := reflect.New(t).Interface()
	f, ok := v.(types.BaseMethodFault)
	if !ok {
		return nil, fmt.Errorf("%q is not a fault type", name)
	}
	if privilege == "" {
		privilege = "VApp.Export"
	}
	switch x := v.(type) {
	case *types.NoPermission:
		x.Object, x.PrivilegeId = this, privilege
	case *types.NotAuthenticated:
		x.Object, x.PrivilegeId = this, "System.View"
	case *types.ManagedObjectNotFound:
		x.Obj = this
	case *types.InvalidPowerState:
		x.RequestedState = types.VirtualMachinePowerStatePoweredOff
		x.ExistingState = types.VirtualMachinePowerStatePoweredOn
	case *types.MethodNotFound:
		x.Receiver = this
	case *types.FileLocked:
		x.File = "[LocalDS_0] vm/disk.vmdk"
	case *types.TaskInProgress:
		x.Task = types.ManagedObjectReference{Type: "Task", Value: "task-1"}
	}
	if len(fields) > 0 {
		if err := json.Unmarshal(fields, v); err != nil {
			return nil, fmt.Errorf("fields of %s: %v", name, err)
		}
	}
	return f, nil
}

var faultText = map[string]string{
	"InvalidPowerState":     "The attempted operation cannot be performed in the current state (Powered on).",
	"InvalidState":          "The operation is not allowed in the current state.",
	"TaskInProgress":        "Another task is already in progress.",
	"FileLocked":            "Unable to access a file since it is locked",
	"NoPermission":          "Permission to perform this operation was denied.",
	"NotAuthenticated":      "The session is not authenticated.",
	"InvalidLogin":          "Cannot complete login due to an incorrect user name or password.",
	"MethodDisabled":        "The method is disabled by 'vpxd'",
	"NotSupported":          "The operation is not supported on the object.",
	"ManagedObjectNotFound": "The object has already been deleted or has not been completely created",
	"Timedout":              "Operation timed out.",
	"HostNotConnected":      "Unable to communicate with the remote host, since it is disconnected.",
	"ApplicationQuiesceFault": "An error occurred while quiescing the virtual machine. " +
		"See the virtual machine's event log for details.",
}

func messageFor(name, given string) string {
	if given != "" {
		return given
	}
	if m := faultText[name]; m != "" {
		return m
	}
	return "A general system error occurred: " + name
}
