/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One OVF package, opened for reading: an OVA, a folder with one descriptor,
 * or a descriptor with its files beside it. The strict reader that every
 * command and plugin uses; opening costs a few reads whatever the size.
 *
 * An OVA must be plain ustar or GNU tar of regular files: anything else is
 * refused at its first entry (faults.md 60-68), as unsafe_path, unsafe_entry
 * or corrupt_archive, all HYP_E_PERMANENT. Owner, group and mode of entries
 * mean nothing. A folder's files are opened beneath it, without following
 * links, and only those that the descriptor references, its manifest and its
 * certificate.
 */
#ifndef HYP_PACKAGE_PACKAGE_READ_H
#define HYP_PACKAGE_PACKAGE_READ_H

#include "core/package/manifest.h"
#include "core/package/ovf.h"

#define HYP_PKG_ENTRIES_MAX 1024
#define HYP_PKG_CERT_MAX (1u << 20)

struct hyp_pkg_entry {
	char *name;	 /* safe: no separator, no control, valid UTF-8 */
	uint64_t offset; /* of the first byte in its file descriptor */
	uint64_t bytes;
	int fd;		/* the package's for an OVA, its own in a folder */
	int32_t ref;	/* index into ovf.files, -1: not referenced */
	uint32_t chunk; /* which chunk of that file, from 0 */
};

struct hyp_pkg {
	char *path;
	uint32_t is_ova;
	int fd;			       /* OVA: the archive; else the folder */
	uint64_t bytes;		       /* OVA: of the archive */
	struct hyp_pkg_entry *entries; /* OVA: all, in archive order; folder:
					* descriptor, References order,
					* manifest, certificate */
	size_t entry_count;
	size_t descriptor;		    /* index of the .ovf */
	int32_t manifest_index, cert_index; /* -1: absent */
	struct hyp_buf descriptor_text, manifest_text, cert_text;
	struct hyp_ovf ovf;
	struct hyp_manifest manifest;
	/* Raw tar facts that only a judgement wants. */
	uint32_t has_gnu, is_gnu, has_base256, end_blocks;
};

/*
 * Open and read structure, descriptor, manifest and certificate; the disks
 * are not touched. Fails on what makes the package unsafe or unreadable,
 * with the kind of faults.md. A reference to a file that is not there is
 * corrupt_archive (unsafe_path where its href is no plain name).
 */
int32_t hyp_pkg_open(const char *path, struct hyp_pkg **out,
		     struct hyp_error *err);
void hyp_pkg_close(struct hyp_pkg *pkg);

/* Up to n bytes of an entry from offset; *got is less only at its end. A
 * file that became shorter: HYP_E_TRANSIENT "size_mismatch". Any thread. */
int32_t hyp_pkg_read(const struct hyp_pkg *pkg, size_t entry, uint64_t offset,
		     void *buf, size_t n, size_t *got, struct hyp_error *err);

/* The disk of the descriptor that the entry holds, or a piece of; or NULL. */
const struct hyp_ovf_disk *hyp_pkg_disk(const struct hyp_pkg *pkg,
					const struct hyp_pkg_entry *entry);
/* 1 if the entry must hold a streamOptimized image, or a piece of one: a disk
 * whose format or name says VMDK, not compressed again. */
int hyp_pkg_is_image(const struct hyp_pkg *pkg,
		     const struct hyp_pkg_entry *entry);

/* Index of the entry of that name, or -1. */
int32_t hyp_pkg_find(const struct hyp_pkg *pkg, const char *name);

/* A name that may stand in an archive or a References section: one component,
 * no separator of any system, no drive, no dot in front, no control, valid
 * UTF-8, no glob or percent escape, at most 255 bytes. HYP_E_PERMANENT
 * "unsafe_path" with the name shown printable. */
int32_t hyp_pkg_check_name(const char *name, size_t n, const char *what,
			   struct hyp_error *err);

#endif
