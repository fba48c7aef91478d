/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anonymous shared mappings.
 */
#include "sys/memory.h"

#include <sys/mman.h>

void *memory_share(size_t n_bytes)
{
	void *memory = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}
