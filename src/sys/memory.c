/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anonymous shared mappings, mlockall(2), and getauxval(3) for what this program consists of.
 */
#include "sys/memory.h"

#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4 /* linux/mman.h, since Linux 4.4 */
#endif

void *memory_share(size_t n_bytes)
{
	void *memory = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

void memory_unshare(void *memory, size_t n_bytes)
{
	munmap(memory, n_bytes);
}

static uintptr_t page_bytes(void)
{
	return (uintptr_t)sysconf(_SC_PAGESIZE);
}

void memory_forget(void *memory, size_t n_bytes)
{
	uintptr_t page = page_bytes();
	uintptr_t begin = ((uintptr_t)memory + page - 1) & ~(page - 1);
	uintptr_t end = ((uintptr_t)memory + n_bytes) & ~(page - 1);
	if (begin < end)
		madvise((void *)begin, end - begin, MADV_DONTNEED);
}

int memory_lock(void)
{
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0 || mlockall(MCL_CURRENT | MCL_FUTURE) == 0)
		return 0;
	return -errno;
}

void memory_occupy(void *memory, size_t n_bytes)
{
	volatile char *bytes = memory;
	for (size_t at = 0; at < n_bytes; at += page_bytes())
		bytes[at] = bytes[at];
	if (n_bytes > 0)
		bytes[n_bytes - 1] = bytes[n_bytes - 1];
}

void memory_occupy_program(void)
{
	const ElfW(Phdr) *headers = (const void *)getauxval(AT_PHDR);
	size_t n_headers = getauxval(AT_PHNUM);
	uintptr_t base = 0;
	for (size_t i = 0; i < n_headers; i++)
		if (headers[i].p_type == PT_PHDR)
			base = (uintptr_t)headers - headers[i].p_vaddr;
	for (size_t i = 0; i < n_headers; i++) {
		const volatile char *bytes = (const volatile char *)(base + headers[i].p_vaddr);
		for (size_t at = 0; headers[i].p_type == PT_LOAD && at < headers[i].p_filesz; at += page_bytes())
			(void)bytes[at];
	}
}
