// Deterministic disk contents: what byte stands where depends on size, seed,
// fill and mode only.
package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"io"
	"math"
	"os"
)

// diskSource describes a generated disk.
type diskSource struct {
	Size    int64
	Seed    uint64
	Fill    float64
	Layout  string // "end" or "front"
	Mode    string // "random", "text" or "zero"
	Adapter string
}

func (d *diskSource) check() error {
	switch {
	case d.Size <= 0 || d.Size%sectorSize != 0:
		return fmt.Errorf("size %d is not a positive multiple of 512", d.Size)
	case d.Size > 1<<42:
		return fmt.Errorf("size %d is above 4 TiB", d.Size)
	case math.IsNaN(d.Fill) || d.Fill < 0 || d.Fill > 1:
		return fmt.Errorf("fill %v is not in 0..1", d.Fill)
	case d.Layout != "end" && d.Layout != "front":
		return fmt.Errorf("layout %q is not end or front", d.Layout)
	case d.Mode != "random" && d.Mode != "text" && d.Mode != "zero":
		return fmt.Errorf("mode %q is not random, text or zero", d.Mode)
	}
	return nil
}

// id names the contents; equal ids mean equal bytes.
func (d *diskSource) id() string {
	return fmt.Sprintf("v1-%s-%s-%d-%d-%s-%g", d.Layout, d.Mode, d.Size, d.Seed, d.Adapter, d.Fill)
}

func (d *diskSource) grains() int64 { return (d.Size + grainSize - 1) / grainSize }

// stored tells whether grain i is in the file: the filled ones are spread
// evenly over the disk, and their number is exactly fill * grains.
func (d *diskSource) stored(i int64) bool {
	return math.Floor(float64(i+1)*d.Fill+1e-9) > math.Floor(float64(i)*d.Fill+1e-9)
}

func (d *diskSource) populated() int64 {
	n := int64(math.Floor(float64(d.grains())*d.Fill+1e-9)) * grainSize
	if n > d.Size { // the last grain may reach beyond the disk
		n = d.Size
	}
	return n
}

// mix is the finalizer of splitmix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// fillRandom writes the xorshift sequence that belongs to the seed.
func fillRandom(p []byte, seed uint64) {
	a, b := mix(seed)|1, mix(seed+1)|1
	for ; len(p) >= 16; p = p[16:] {
		a ^= a << 13
		a ^= a >> 7
		a ^= a << 17
		b ^= b << 11
		b ^= b >> 5
		b ^= b << 32
		binary.LittleEndian.PutUint64(p, a)
		binary.LittleEndian.PutUint64(p[8:], b)
	}
	if len(p) > 0 {
		var t [16]byte
		fillRandom(t[:], a^b)
		copy(p, t[:])
	}
}

var words = []string{"web01", "kernel:", "accepted", "session", "opened", "for", "user", "root", "connection",
	"from", "port", "closed", "systemd[1]:", "Started", "Stopped", "cron", "GET", "/index.html", "HTTP/1.1", "200",
	"404", "sshd", "disk", "read", "write", "ok", "warning", "error", "timeout", "retry"}

// fillText writes log-like lines.
func fillText(p []byte, seed uint64) {
	x := mix(seed)
	line := make([]byte, 0, 256)
	for n := 0; len(p) > 0; n++ {
		line = append(line[:0], "2024-05-0"...)
		line = append(line, byte('1'+x%9), ' ')
		for i := 0; i < 8; i++ {
			x = mix(x)
			line = append(line, words[x%uint64(len(words))]...)
			line = append(line, ' ')
		}
		line = append(line, fmt.Sprintf("id=%d\n", x%100000)...)
		p = p[copy(p, line):]
	}
}

// grain fills p (grainSize bytes) with grain i's contents.
func (d *diskSource) grain(p []byte, i int64) {
	seed := mix(d.Seed) + uint64(i)*0x2545f4914f6cdd1d
	switch d.Mode {
	case "random":
		fillRandom(p, seed)
	case "text":
		fillText(p, seed)
	default:
		for k := range p {
			p[k] = 0
		}
	}
	if rest := d.Size - i*grainSize; rest < grainSize {
		for k := rest; k < grainSize; k++ {
			p[k] = 0
		}
	}
}

// storeGrain wraps a grain that cannot be compressed in a valid zlib stream
// of stored blocks, which is what deflate itself would come to.
func storeGrain(dst, p []byte) []byte {
	dst = append(dst[:0], 0x78, 0x01)
	for rest := p; len(rest) > 0; {
		n := len(rest)
		if n > grainSize/2 {
			n = grainSize / 2
		}
		final := byte(0)
		if n == len(rest) {
			final = 1
		}
		dst = append(dst, final, byte(n), byte(n>>8), byte(^n), byte(^n>>8))
		dst = append(dst, rest[:n]...)
		rest = rest[n:]
	}
	sum := adler32.Checksum(p)
	return append(dst, byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
}

// stream writes the disk as a VMDK of layout "end" and, where raw is not
// nil, its plain contents too.
func (d *diskSource) stream(w io.Writer, raw io.WriterAt) error {
	s := newVmdkStream(w, d.Size, d.Seed, d.Adapter)
	plain := make([]byte, grainSize)
	packed := make([]byte, 0, grainSize+1024)
	var z *zlib.Writer
	var zbuf bytes.Buffer
	var zeros []byte
	for i := int64(0); i < d.grains(); i++ {
		if !d.stored(i) {
			continue
		}
		if zeros == nil {
			d.grain(plain, i)
		}
		out := zeros
		switch {
		case out != nil:
		case d.Mode == "random":
			packed = storeGrain(packed, plain)
			out = packed
		default:
			zbuf.Reset()
			if z == nil {
				z, _ = zlib.NewWriterLevel(&zbuf, zlib.BestSpeed)
			} else {
				z.Reset(&zbuf)
			}
			_, _ = z.Write(plain)
			_ = z.Close()
			out = zbuf.Bytes()
			if d.Mode == "zero" {
				zeros = append([]byte(nil), out...)
			}
		}
		if err := s.put(i, out); err != nil {
			return err
		}
		if raw != nil && d.Mode != "zero" {
			n := d.Size - i*grainSize
			if n > grainSize {
				n = grainSize
			}
			if _, err := raw.WriteAt(plain[:n], i*grainSize); err != nil {
				return err
			}
		}
	}
	return s.finish()
}

// writeRaw makes the plain image: sparse, of exactly the disk's size.
func (d *diskSource) writeRaw(f *os.File) error {
	if err := f.Truncate(d.Size); err != nil {
		return err
	}
	plain := make([]byte, grainSize)
	for i := int64(0); i < d.grains(); i++ {
		if !d.stored(i) || d.Mode == "zero" {
			continue
		}
		d.grain(plain, i)
		n := d.Size - i*grainSize
		if n > grainSize {
			n = grainSize
		}
		if _, err := f.WriteAt(plain[:n], i*grainSize); err != nil {
			return err
		}
	}
	return nil
}
