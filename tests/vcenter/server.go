// Listeners, and the ways in which the process ends.
package main

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

// rawListener keeps the TCP connection within reach of the handlers, below
// TLS: cutting a transfer must not look like its orderly end.
type rawListener struct{ net.Listener }

func newServer(h http.Handler, isTLS bool, seen func()) *http.Server {
	s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		seen()
		if t, ok := c.(*tls.Conn); ok {
			c = t.NetConn()
		}
		return context.WithValue(ctx, connKey{}, c)
	}
	return s
}

// watchParent ends the process when its parent or its stdin goes away.
func watchParent(stop chan<- os.Signal) {
	parent := os.Getppid()
	const prSetPdeathsig = 1
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, prSetPdeathsig, uintptr(syscall.SIGTERM), 0)
	end := func() {
		select {
		case stop <- syscall.SIGTERM:
		default:
		}
	}
	go func() { // PDEATHSIG is bound to a thread, so look as well
		for os.Getppid() == parent {
			time.Sleep(200 * time.Millisecond)
		}
		end()
	}()
	var st syscall.Stat_t
	if syscall.Fstat(0, &st) != nil || st.Mode&syscall.S_IFMT != syscall.S_IFIFO {
		return // only a pipe tells of its writer's end
	}
	go func() {
		buf := make([]byte, 512)
		for {
			n, err := os.Stdin.Read(buf)
			if n == 0 || err != nil {
				end()
				return
			}
		}
	}()
}
