/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading block devices.
 */
#ifndef SYS_BLOCK_H
#define SYS_BLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

int block_open(const char *path);
void block_close(int fd);

/* -EBUSY when the kernel itself uses the device: a file system, swap, another device on it. Waits for the target. */
int block_probe_free(const char *path);

/* Full reads, short only at the end. */
ssize_t block_read(int fd, void *out, size_t n_bytes, uint64_t offset);

uint32_t block_logical_bytes(int fd);
uint64_t block_size_bytes(int fd);

#endif
