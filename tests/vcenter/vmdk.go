// Streaming writer for the VMDK variant that ESXi sends in an export:
// streamOptimized, grain directory at the end. Memory use is constant.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

const (
	sectorSize   = 512
	grainSectors = 128
	grainSize    = grainSectors * sectorSize
	gtEntries    = 512

	markerEOS    = 0
	markerGT     = 1
	markerGD     = 2
	markerFooter = 3

	flushAt = 1 << 20
)

// sparseHeader is the 512 byte header that opens the stream and, as footer,
// nearly ends it.
type sparseHeader struct {
	Magic       uint32
	Version     uint32
	Flags       uint32
	Capacity    uint64
	GrainSize   uint64
	DescOffset  uint64
	DescSize    uint64
	GTEsPerGT   uint32
	RGDOffset   uint64
	GDOffset    uint64
	Overhead    uint64
	Unclean     uint8
	EOL         [4]byte
	Compression uint16
	_           [433]byte
}

func (h *sparseHeader) encode() []byte {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, h)
	return b.Bytes()
}

func newSparseHeader(capacity int64, descSectors uint64, gd uint64) *sparseHeader {
	return &sparseHeader{
		Magic:       0x564d444b,
		Version:     3,
		Flags:       0x30001,
		Capacity:    uint64(capacity / sectorSize),
		GrainSize:   grainSectors,
		DescOffset:  1,
		DescSize:    descSectors,
		GTEsPerGT:   gtEntries,
		GDOffset:    gd,
		Overhead:    grainSectors,
		EOL:         [4]byte{'\n', ' ', '\r', '\n'},
		Compression: 1,
	}
}

// vmdkDescriptor is the text that ESXi embeds in an exported disk.
func vmdkDescriptor(capacity int64, seed uint64, adapter string) []byte {
	sectors := capacity / sectorSize
	cylinders := sectors / (255 * 63)
	if cylinders > 65535 {
		cylinders = 65535
	}
	cid := mix(seed ^ uint64(capacity))
	return []byte(fmt.Sprintf(`# Disk DescriptorFile
version=1
CID=%08x
parentCID=ffffffff
createType="streamOptimized"

# Extent description
RDONLY %d SPARSE "generated-stream.vmdk"

# The Disk Data Base
#DDB

ddb.adapterType = "%s"
ddb.encoding = "UTF-8"
ddb.geometry.cylinders = "%d"
ddb.geometry.heads = "255"
ddb.geometry.sectors = "63"
ddb.longContentID = "%016x%08x%08x"
ddb.toolsVersion = "2147483647"
ddb.virtualHWVersion = "13"
`, uint32(cid), sectors, adapter, cylinders, mix(cid), uint32(cid>>32), uint32(cid)))
}

// vmdkStream writes one disk. The order of calls is: newVmdkStream, then put
// for every stored grain in ascending order, then finish.
type vmdkStream struct {
	w        io.Writer
	buf      []byte
	off      int64 // bytes handed out or buffered so far
	capacity int64
	desc     uint64
	gt       [gtEntries]uint32
	gtUsed   bool
	gtIndex  int64
	gd       []uint32
	grains   int64
}

func newVmdkStream(w io.Writer, capacity int64, seed uint64, adapter string) *vmdkStream {
	s := &vmdkStream{w: w, capacity: capacity, buf: make([]byte, 0, flushAt+2*grainSize)}
	text := vmdkDescriptor(capacity, seed, adapter)
	s.desc = uint64((len(text) + sectorSize - 1) / sectorSize)
	grains := (capacity + grainSize - 1) / grainSize
	s.gd = make([]uint32, (grains+gtEntries-1)/gtEntries)
	s.add(newSparseHeader(capacity, s.desc, ^uint64(0)).encode())
	s.add(text)
	s.pad(grainSize)
	return s
}

func (s *vmdkStream) add(p []byte) {
	s.buf = append(s.buf, p...)
	s.off += int64(len(p))
}

func (s *vmdkStream) pad(to int64) {
	n := (to - s.off%to) % to
	for n > 0 {
		k := n
		if k > sectorSize {
			k = sectorSize
		}
		s.add(zeroSector[:k])
		n -= k
	}
}

var zeroSector [sectorSize]byte

func (s *vmdkStream) flush(force bool) error {
	if len(s.buf) == 0 || (!force && len(s.buf) < flushAt) {
		return nil
	}
	_, err := s.w.Write(s.buf)
	s.buf = s.buf[:0]
	return err
}

// put stores a compressed grain.
func (s *vmdkStream) put(grain int64, compressed []byte) error {
	if table := grain / gtEntries; table != s.gtIndex {
		s.closeTable()
		s.gtIndex = table
	}
	s.gt[grain%gtEntries] = uint32(s.off / sectorSize)
	s.gtUsed = true
	s.grains++
	var marker [12]byte
	binary.LittleEndian.PutUint64(marker[0:], uint64(grain*grainSectors))
	binary.LittleEndian.PutUint32(marker[8:], uint32(len(compressed)))
	s.add(marker[:])
	s.add(compressed)
	s.pad(sectorSize)
	return s.flush(false)
}

func (s *vmdkStream) marker(sectors uint64, kind uint32) {
	var m [sectorSize]byte
	binary.LittleEndian.PutUint64(m[0:], sectors)
	binary.LittleEndian.PutUint32(m[12:], kind)
	s.add(m[:])
}

func (s *vmdkStream) closeTable() {
	if !s.gtUsed {
		return
	}
	s.marker(gtEntries*4/sectorSize, markerGT)
	s.gd[s.gtIndex] = uint32(s.off / sectorSize)
	var b [gtEntries * 4]byte
	for i, e := range s.gt {
		binary.LittleEndian.PutUint32(b[i*4:], e)
		s.gt[i] = 0
	}
	s.add(b[:])
	s.gtUsed = false
}

func (s *vmdkStream) finish() error {
	s.closeTable()
	gdBytes := int64(len(s.gd) * 4)
	s.marker(uint64((gdBytes+sectorSize-1)/sectorSize), markerGD)
	gdOffset := uint64(s.off / sectorSize)
	var e [4]byte
	for _, v := range s.gd {
		binary.LittleEndian.PutUint32(e[:], v)
		s.add(e[:])
	}
	s.pad(sectorSize)
	s.marker(1, markerFooter)
	s.add(newSparseHeader(s.capacity, s.desc, gdOffset).encode())
	s.marker(0, markerEOS)
	return s.flush(true)
}

// vmdkFacts reads capacity and populated bytes of a streamOptimized VMDK of
// either layout from its own tables.
func vmdkFacts(f io.ReaderAt, size int64) (capacity, populated int64, err error) {
	var h sparseHeader
	read := func(off int64, v interface{}) error {
		return binary.Read(io.NewSectionReader(f, off, size-off), binary.LittleEndian, v)
	}
	if err = read(0, &h); err != nil {
		return
	}
	if h.Magic != 0x564d444b {
		return 0, 0, fmt.Errorf("not a sparse VMDK")
	}
	if h.GDOffset == ^uint64(0) {
		if size < 3*sectorSize {
			return 0, 0, fmt.Errorf("VMDK too short for a footer")
		}
		if err = read(size-2*sectorSize, &h); err != nil {
			return
		}
	}
	if h.Magic != 0x564d444b || h.GTEsPerGT == 0 || h.GTEsPerGT > 1<<16 || h.GrainSize == 0 || h.Capacity > 1<<40 {
		return 0, 0, fmt.Errorf("VMDK header out of range")
	}
	capacity = int64(h.Capacity) * sectorSize
	per := h.GrainSize * uint64(h.GTEsPerGT)
	gd := make([]uint32, (h.Capacity+per-1)/per)
	if err = read(int64(h.GDOffset)*sectorSize, gd); err != nil {
		return
	}
	gt := make([]uint32, h.GTEsPerGT)
	for _, o := range gd {
		if o == 0 {
			continue
		}
		if err = read(int64(o)*sectorSize, gt); err != nil {
			return
		}
		for _, g := range gt {
			if g > 1 {
				populated += int64(h.GrainSize) * sectorSize
			}
		}
	}
	if populated > capacity {
		populated = capacity
	}
	return
}
