/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file after the other, in memory that is wiped and given back: they may hold secrets. What is in them is read by
 * plan/.
 */
#include "boot/sources.h"

#include <errno.h>
#include <string.h>

#include "base/format.h"
#include "plan/ibft.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/memory.h"

enum {
	SYSFS_VALUE_BYTES = 512,
};

const struct source_file source_files[SOURCE_FILES] = {
	{SOURCE_INITRAMFS, true, "/etc/iscsi/iscsi.initramfs"},
	{SOURCE_INITRAMFS, false, "/etc/iscsi.initramfs"},
	{SOURCE_INITIATORNAME, false, "/etc/iscsi/initiatorname.iscsi"},
	{SOURCE_INITIATORNAME, false, "/etc/initiatorname.iscsi"},
};

bool sources_get(const char *root, const struct source_file *file, char out[static SOURCE_FILE_BYTES],
		 struct fail *fail)
{
	char path[PATH_BYTES];
	out[0] = '\0';
	if (!format_text(path, sizeof path, "%s%s", root, file->path))
		return fail_set(fail, FAIL_ARGUMENT, "--root %s: it is too long", root);
	ssize_t n = file_read_text(path, out, SOURCE_FILE_BYTES);
	return n >= 0 || n == -ENOENT || fail_errno(fail, FAIL_FILE, (int)-n, "%s", file->path);
}

bool sources_read(const char *root, bool boots, struct boot_plan *plan, struct plan_notes *notes, struct fail *fail)
{
	bool good = true;
	char *text = memory_share(SOURCE_FILE_BYTES);
	if (text == NULL)
		return fail_set(fail, FAIL_SETUP, "no memory");
	for (const struct source_file *file = source_files; file < source_files + SOURCE_FILES && good; file++)
		if (boots || !file->of_machine)
			good = sources_get(root, file, text, fail) &&
			       plan_read_file(file->source, file->path, text, plan, notes, fail);
	bytes_wipe(text, SOURCE_FILE_BYTES);
	memory_unshare(text, SOURCE_FILE_BYTES);
	return good;
}

static ssize_t read_table(const char *root, const char *file, void *out, size_t n_max)
{
	static const char *const names[] = {"iBFT", "IBFT"};
	char path[PATH_BYTES];
	ssize_t n = -ENOENT;
	if (file != NULL)
		return file_read_bytes(file, out, n_max);
	for (unsigned i = 0; i < 2 && n == -ENOENT; i++)
		if (format_text(path, sizeof path, "%s/sys/firmware/acpi/tables/%s", root, names[i]))
			n = file_read_bytes(path, out, n_max);
	return n;
}

/* The files of one directory of sysfs, one value each. False: they are for root. */
static bool read_block(const char *path, const char *block, struct ibft *table, struct plan_notes *notes)
{
	char file[PATH_BYTES], text[SYSFS_VALUE_BYTES];
	struct dir files;
	bool allowed = true;
	if (!format_text(file, sizeof file, "%s/%s", path, block) || dir_open(&files, file) < 0)
		return true;
	for (const char *name; (name = dir_next(&files)) != NULL;) {
		if (!format_text(file, sizeof file, "%s/%s/%s", path, block, name))
			continue;
		ssize_t n = file_read_text(file, text, sizeof text);
		allowed &= n != -EACCES;
		if (n > 0 && !ibft_read_attribute(table, block, name, text))
			plan_note(notes, "iBFT: %s/%s is left out, it cannot be told what it means", block, name);
	}
	bytes_wipe(text, sizeof text);
	return allowed;
}

/* A directory for each block of the table. */
static bool read_sysfs(const char *root, struct boot_plan *plan, struct plan_notes *notes)
{
	char path[PATH_BYTES];
	struct dir blocks;
	struct ibft table = {.origin = "iBFT in sysfs"};
	bool denied = false;
	if (!format_text(path, sizeof path, "%s/sys/firmware/ibft", root) || dir_open(&blocks, path) < 0)
		return false;
	for (const char *block; (block = dir_next(&blocks)) != NULL;)
		denied |= !read_block(path, block, &table, notes);
	if (denied)
		plan_note(notes, "iBFT is not used: only root can read it");
	else
		plan_take_ibft(&table, plan, notes);
	bytes_wipe(&table, sizeof table);
	return true;
}

static ssize_t read_raw(const char *root, const char *file, struct boot_plan *plan, struct plan_notes *notes)
{
	uint8_t *bytes = memory_share(IBFT_BYTES_MAX);
	if (bytes == NULL)
		return -ENOMEM;
	ssize_t n = read_table(root, file, bytes, IBFT_BYTES_MAX);
	if (n >= 0)
		plan_read_ibft(bytes, (size_t)n, plan, notes);
	bytes_wipe(bytes, IBFT_BYTES_MAX);
	memory_unshare(bytes, IBFT_BYTES_MAX);
	return n;
}

bool sources_read_ibft(const char *root, const char *file, struct boot_plan *plan, struct plan_notes *notes)
{
	if (!plan_wants_ibft(plan))
		return true;
	ssize_t n = read_raw(root, file, plan, notes);
	if (n == -ENOENT && file == NULL)
		return read_sysfs(root, plan, notes);
	if (n < 0)
		plan_note(notes, "iBFT is not used: %s", strerror((int)-n));
	return true;
}

void sources_see_machine(const struct nics *nics, struct plan_machine *machine)
{
	memset(machine, 0, sizeof *machine);
	file_read_text("/sys/class/dmi/id/product_uuid", machine->dmi_uuid, sizeof machine->dmi_uuid);
	machine->has_mac = nics_lowest_mac(nics, machine->mac);
}

/* The default may be missing, what a word names may not; and nobody else may have read it. */
static bool read_secrets(const char *root, struct boot_plan *plan, char *out, struct fail *fail)
{
	char path[PATH_BYTES];
	bool is_default = plan->secrets.origin.text[0] == '\0';
	if (is_default)
		format_text(plan->secrets.path, sizeof plan->secrets.path, PLAN_SECRETS);
	if (!format_text(path, sizeof path, "%s%s", root, plan->secrets.path))
		return fail_set(fail, FAIL_FILE, "the path of %s is too long", plan->secrets.path);
	ssize_t n = file_read_text(path, out, SOURCE_FILE_BYTES);
	if (n < 0 && (n != -ENOENT || !is_default))
		return fail_errno(fail, FAIL_FILE, (int)-n, "%s", plan->secrets.path);
	return n < 0 || !file_is_public(path) ||
	       fail_set(fail, FAIL_FILE, "%s can be read by every user, make its mode 0600", plan->secrets.path);
}

bool sources_check(const char *root, struct boot_plan *plan, struct plan_machine *machine, struct plan_notes *notes,
		   struct fail *fail)
{
	if (root == NULL)
		return plan_check(plan, machine, notes, fail);
	char *text = memory_share(SOURCE_FILE_BYTES);
	if (text == NULL)
		return fail_set(fail, FAIL_SETUP, "no memory");
	machine->secrets = text;
	bool good = read_secrets(root, plan, text, fail) && plan_check(plan, machine, notes, fail);
	bytes_wipe(text, SOURCE_FILE_BYTES);
	memory_unshare(text, SOURCE_FILE_BYTES);
	machine->secrets = NULL;
	return good;
}
