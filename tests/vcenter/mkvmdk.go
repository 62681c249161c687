// The subcommand mkvmdk: writes to a file the bytes that a lease would send.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// parseSize reads "1024", "64KiB", "64MiB", "2GiB" (also K, M, G, T).
func parseSize(s string) (int64, error) {
	units := []struct {
		name  string
		shift uint
	}{{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}, {"K", 10}, {"M", 20}, {"G", 30}, {"T", 40}}
	num, shift := strings.TrimSpace(s), uint(0)
	for _, u := range units {
		if strings.HasSuffix(num, u.name) {
			num, shift = strings.TrimSpace(strings.TrimSuffix(num, u.name)), u.shift
			break
		}
	}
	n, err := strconv.ParseInt(num, 10, 64)
	if err != nil || n < 0 || n > (1<<62)>>shift {
		return 0, fmt.Errorf("size %q is not a number with KiB, MiB, GiB or TiB", s)
	}
	return n << shift, nil
}

func mkvmdk(args []string) error {
	fs := flag.NewFlagSet("mkvmdk", flag.ExitOnError)
	fs.Usage = func() {
		fmt.Fprintln(fs.Output(), "usage: vcenter mkvmdk [flags] OUT.vmdk [RAW-OUT]")
		fs.PrintDefaults()
	}
	src := diskSource{}
	size := fs.String("size", "64MiB", "capacity")
	fs.StringVar(&src.Layout, "layout", "end", "grain directory at the `end` (as ESXi streams) or in front (qemu-img)")
	fs.StringVar(&src.Mode, "mode", "random", "contents: `random`, text or zero")
	fs.Uint64Var(&src.Seed, "seed", 1, "seed")
	fs.Float64Var(&src.Fill, "fill", 0.5, "fraction of the grains that are stored")
	fs.StringVar(&src.Adapter, "adapter", "lsilogic", "adapter named in the descriptor")
	_ = fs.Parse(args)
	if fs.NArg() < 1 || fs.NArg() > 2 {
		fs.Usage()
		os.Exit(2)
	}
	var err error
	if src.Size, err = parseSize(*size); err != nil {
		return err
	}
	if err = src.check(); err != nil {
		return err
	}
	out := fs.Arg(0)
	return makeVmdk(&src, out, fs.Arg(1), filepath.Dir(out))
}
