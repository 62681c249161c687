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
	"sync"
	"syscall"
	"time"
)

// rawListener keeps the TCP connection within reach of the handlers, below
// TLS: cutting a transfer must not look like its orderly end.
type rawListener struct{ net.Listener }

func (l *rawListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &batchConn{TCPConn: c.(*net.TCPConn)}, nil
}

// batchConn joins TLS records into large writes while a download runs: Go
// writes each record of 16 KiB by a system call of its own, and benchmarks
// should not wait for that.
type batchConn struct {
	*net.TCPConn
	mu  sync.Mutex
	on  bool
	buf []byte
}

const batchSize = 256 << 10

func (c *batchConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.on {
		return c.TCPConn.Write(p)
	}
	c.buf = append(c.buf, p...)
	if len(c.buf) >= batchSize {
		if err := c.flush(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func (c *batchConn) flush() error {
	if len(c.buf) == 0 {
		return nil
	}
	_, err := c.TCPConn.Write(c.buf)
	c.buf = c.buf[:0]
	return err
}

// batch switches joining on or off; off writes what has been joined.
func (c *batchConn) batch(on bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.on = on
	if on {
		return nil
	}
	return c.flush()
}

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
