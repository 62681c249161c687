// Images: what a lease hands out. A disk from a file, a generated one, or a
// small blob such as an nvram.
package main

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// digests of a whole image as it goes over the wire.
type digests struct {
	Size   int64  `json:"size"`
	SHA1   string `json:"sha1"`
	SHA256 string `json:"sha256"`
}

// hasher computes both digests at once.
type hasher struct {
	n    int64
	h1   hash.Hash
	h256 hash.Hash
}

func newHasher() *hasher { return &hasher{h1: sha1.New(), h256: sha256.New()} }

func (h *hasher) Write(p []byte) (int, error) {
	h.n += int64(len(p))
	_, _ = h.h1.Write(p)
	return h.h256.Write(p)
}

func (h *hasher) sum() *digests {
	return &digests{h.n, hex.EncodeToString(h.h1.Sum(nil)), hex.EncodeToString(h.h256.Sum(nil))}
}

type image struct {
	disk      bool
	capacity  int64
	populated int64
	file      string // served from here, if set
	src       *diskSource
	blob      []byte
	sidecar   string // remembers the digests for later runs, if set

	mu  sync.Mutex
	sum *digests
}

func (im *image) known() *digests {
	im.mu.Lock()
	defer im.mu.Unlock()
	return im.sum
}

func (im *image) setKnown(d *digests) {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.sum = d
	if im.sidecar != "" {
		_ = writeJSON(im.sidecar, d) // only saves time in a later run
	}
}

// recall reads the digests of an earlier run.
func (im *image) recall(sidecar string) bool {
	im.sidecar = sidecar
	var d digests
	b, err := os.ReadFile(sidecar)
	if err != nil || json.Unmarshal(b, &d) != nil || d.SHA256 == "" {
		return false
	}
	im.sum = &d
	return true
}

// stream writes the image once, from its first byte to its last, with large
// writes; the first complete pass of an image whose digests are not known
// computes them.
func (im *image) stream(w io.Writer) error {
	var h *hasher
	if im.known() == nil {
		h = newHasher()
		w = io.MultiWriter(w, h)
	}
	var err error
	switch {
	case im.file != "":
		var f *os.File
		if f, err = os.Open(im.file); err != nil {
			return err
		}
		defer f.Close()
		_, err = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{f}, make([]byte, flushAt))
	case im.src != nil:
		err = im.src.stream(w, nil)
	default:
		_, err = w.Write(im.blob)
	}
	if err == nil && h != nil {
		im.setKnown(h.sum())
	}
	return err
}

func blobImage(size int64, seed uint64) *image {
	b := make([]byte, size)
	fillRandom(b, seed)
	im := &image{blob: b}
	h := newHasher()
	_, _ = h.Write(b)
	im.sum = h.sum()
	return im
}

// isoImage is random data with the marks of an ISO 9660 volume.
func isoImage(size int64, seed uint64) *image {
	im := blobImage(size, seed)
	if size >= 34*2048 {
		copy(im.blob[16*2048:], "\x01CD001\x01")
		copy(im.blob[17*2048:], "\xffCD001\x01")
	}
	h := newHasher()
	_, _ = h.Write(im.blob)
	im.sum = h.sum()
	return im
}

func fileImage(path string) (*image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	capacity, populated, err := vmdkFacts(f, st.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %v", path, err)
	}
	im := &image{disk: true, file: path, capacity: capacity, populated: populated}
	if st.Size() <= 64<<20 {
		h := newHasher()
		if _, err = io.Copy(h, f); err != nil {
			return nil, err
		}
		im.sum = h.sum()
	}
	return im, nil
}

// generatedImage makes the image of a source. Layout "front", and layout
// "end" with cache set, are files in dir; an intact file of an earlier run
// is used again.
func generatedImage(src diskSource, cache bool, dir string) (*image, error) {
	im := &image{disk: true, capacity: src.Size, populated: src.populated()}
	name := filepath.Join(dir, src.id())
	if src.Layout == "end" && !cache {
		im.src = &src
		im.recall(name + ".json")
		return im, nil
	}
	im.file = name + ".vmdk"
	if im.recall(im.file + ".json") {
		if st, err := os.Stat(im.file); err == nil && st.Size() == im.sum.Size {
			return im, nil
		}
	}
	tmp := fmt.Sprintf("%s.%d", im.file, os.Getpid())
	defer os.Remove(tmp)
	if err := makeVmdk(&src, tmp, "", dir); err != nil {
		return nil, err
	}
	f, err := os.Open(tmp)
	if err != nil {
		return nil, err
	}
	h := newHasher()
	_, err = io.CopyBuffer(h, struct{ io.Reader }{f}, make([]byte, flushAt))
	_ = f.Close()
	if err != nil {
		return nil, err
	}
	if err = os.Rename(tmp, im.file); err != nil {
		return nil, err
	}
	im.setKnown(h.sum())
	return im, nil
}

// makeVmdk writes the disk to the file out and, unless rawOut is empty, its
// plain image to rawOut.
func makeVmdk(src *diskSource, out, rawOut, tmpDir string) (err error) {
	var raw *os.File
	if rawOut == "" && src.Layout == "front" {
		rawOut = filepath.Join(tmpDir, fmt.Sprintf("raw-%d-%x", os.Getpid(), mix(src.Seed^uint64(src.Size))))
		defer os.Remove(rawOut)
	}
	if rawOut != "" {
		if raw, err = os.Create(rawOut); err != nil {
			return err
		}
		defer raw.Close()
		if err = raw.Truncate(src.Size); err != nil {
			return err
		}
	}
	if src.Layout == "front" {
		if err = src.writeRaw(raw); err != nil {
			return err
		}
		cmd := exec.Command("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o",
			"subformat=streamOptimized,adapter_type="+qemuAdapter(src.Adapter), rawOut, out)
		if b, e := cmd.CombinedOutput(); e != nil {
			return fmt.Errorf("qemu-img: %v: %s", e, strings.TrimSpace(string(b)))
		}
		return fixCID(out, src)
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	if raw != nil {
		err = src.stream(f, raw)
	} else {
		err = src.stream(f, nil)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

func qemuAdapter(a string) string {
	if a == "ide" {
		return "ide"
	}
	return "lsilogic"
}

// fixCID replaces the random content id that qemu-img chose, so that equal
// sources make equal files.
func fixCID(path string, src *diskSource) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	var h sparseHeader
	if err = binary.Read(f, binary.LittleEndian, &h); err != nil {
		return err
	}
	desc := make([]byte, h.DescSize*sectorSize)
	if _, err = f.ReadAt(desc, int64(h.DescOffset)*sectorSize); err != nil {
		return err
	}
	text := bytes.TrimRight(desc, "\x00")
	lines := bytes.SplitAfter(text, []byte("\n"))
	for i, l := range lines {
		if bytes.HasPrefix(l, []byte("CID=")) {
			lines[i] = []byte(fmt.Sprintf("CID=%08x\n", uint32(mix(src.Seed^uint64(src.Size)))))
		}
		if bytes.HasPrefix(l, []byte("RW ")) || bytes.HasPrefix(l, []byte("RDONLY ")) {
			// the extent names the output file: give it one name
			if q := bytes.IndexByte(l, '"'); q > 0 {
				lines[i] = append(append([]byte(nil), l[:q]...), "\"disk.vmdk\"\n"...)
			}
		}
	}
	text = bytes.Join(lines, nil)
	if len(text) > len(desc) {
		return fmt.Errorf("%s: descriptor too long", path)
	}
	fixed := make([]byte, len(desc))
	copy(fixed, text)
	_, err = f.WriteAt(fixed, int64(h.DescOffset)*sectorSize)
	return err
}
