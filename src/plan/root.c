/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forms of root=: the kernel's and fstab's tags, device names, and the links udev makes in /dev/disk, which are
 * read here as what they stand for since there is no udev. Finding the disk is not done here.
 */
#include "plan/root.h"

#include <string.h>

#include "plan/lun.h"
#include "plan/reading.h"
#include "plan/rootpath.h"

enum {
	PART_MAX = 255, /* the kernel's DISK_MAX_PARTS - 1 */
};

/* A byte of the name of a link in /dev/disk: udev writes those it does not like as \xNN. */
static int cut_link_byte(struct span *rest)
{
	int byte = (unsigned char)rest->text[0];
	size_t n_bytes = 1;
	if (byte == '\\') {
		int high = rest->n_bytes >= 4 && rest->text[1] == 'x' ? text_hex_digit(rest->text[2]) : -1;
		int low = high >= 0 ? text_hex_digit(rest->text[3]) : -1;
		if (low < 0)
			return -1;
		byte = high << 4 | low;
		n_bytes = 4;
	}
	rest->text += n_bytes;
	rest->n_bytes -= n_bytes;
	return byte;
}

static bool read_link(struct reading *r, struct span rest)
{
	char *value = r->plan->root.value;
	size_t n = 0;
	while (rest.n_bytes > 0) {
		int byte = cut_link_byte(&rest);
		if (byte <= 0)
			return reading_refuse(r, "it has a torn \\x escape");
		value[n++] = (char)byte;
	}
	value[n] = '\0';
	return true;
}

static bool read_tag(struct reading *r, struct span rest)
{
	return span_copy(rest, r->plan->root.value, VALUE_BYTES);
}

static bool read_partuuid(struct reading *r, struct span rest)
{
	if (span_has(rest, '/'))
		return reading_refuse(r, "PARTNROFF is not known here, give the PARTUUID of the partition itself");
	return read_tag(r, rest);
}

static bool read_device(struct reading *r, struct span rest)
{
	if (span_has(rest, '/'))
		return reading_refuse(r, "only disks and partitions of the target can be root");
	return read_tag(r, rest);
}

/* Cuts at occurrence number `nth` of a separator. Returns false when there are not so many. */
static bool split_at(struct span s, const char *separator, size_t nth, struct span *before, struct span *after)
{
	size_t n_separator = span_of(separator).n_bytes;
	for (size_t i = 0; i + n_separator <= s.n_bytes; i++) {
		if (!span_starts((struct span){s.text + i, s.n_bytes - i}, separator) || nth-- > 0)
			continue;
		*before = (struct span){s.text, i};
		*after = (struct span){s.text + i + n_separator, s.n_bytes - i - n_separator};
		return true;
	}
	return false;
}

static bool split_at_last(struct span s, const char *separator, struct span *before, struct span *after)
{
	size_t n = 0;
	while (split_at(s, separator, n, before, after))
		n++;
	return n > 0;
}

/* HOST:PORT as udev writes it: IPv6 without brackets, so the port is behind the last colon. */
static bool read_link_portal(struct span s, struct span *host, uint16_t *port)
{
	struct span host_text;
	struct span port_text;
	uint64_t number;
	uint16_t no_port = 0;
	if (!split_at_last(s, ":", &host_text, &port_text) || !text_decimal(port_text, 65535, &number) || number == 0)
		return false;
	*port = (uint16_t)number;
	return text_host_port(host_text, host, &no_port) && no_port == 0;
}

/* "N" or "N-partM" */
static bool read_lun_part(struct span s, struct plan_root *root)
{
	struct span lun;
	struct span part;
	uint64_t number;
	if (!split_at(s, "-part", 0, &lun, &part))
		return lun_read_number(s, &root->path_lun);
	if (!text_decimal(part, PART_MAX, &number) || number == 0)
		return false;
	root->part = (uint32_t)number;
	return lun_read_number(lun, &root->path_lun);
}

/* ip-HOST:PORT-iscsi-NAME-lun-N[-partM], where HOST may hold "-iscsi-" and NAME both separators. */
static bool split_path(struct span path, struct span *host, uint16_t *port, struct span *name, struct span *lun)
{
	struct span portal;
	if (!span_starts(path, "ip-") || !split_at_last(path, "-lun-", &path, lun) || path.n_bytes < 3)
		return false;
	path = (struct span){path.text + 3, path.n_bytes - 3};
	for (size_t nth = 0; split_at(path, "-iscsi-", nth, &portal, name); nth++) {
		if (read_link_portal(portal, host, port))
			return true;
	}
	return false;
}

static bool read_path(struct reading *r, struct span rest)
{
	struct plan_root *root = &r->plan->root;
	struct span host;
	struct span name;
	struct span lun;
	if (!split_path(rest, &host, &root->path_port, &name, &lun))
		return reading_refuse(r, "it is not ip-HOST:PORT-iscsi-NAME-lun-N or ...-lun-N-partM");
	if (!read_lun_part(lun, root))
		return reading_refuse(r, "the LUN or the partition at its end is not a number that can be");
	return reading_host(r, host, root->path_host) && reading_name(r, name, root->path_name);
}

/* dracut and make-initrd: "iscsi" alone is the target of iscsiroot=, or the firmware's. */
static bool read_alone(struct reading *r, struct span rest)
{
	if (rest.n_bytes > 0)
		return reading_refuse(r, "it is not iscsi:HOST:PROTO:PORT:LUN:NAME");
	return reading_iscsi_alone(r);
}

/* Debian and dracut: a target, whose LUN is root; that of the first one is. */
static bool read_target(struct reading *r, struct span rest)
{
	struct plan_target *targets = r->plan->targets;
	if (rest.n_bytes == 0 || span_is(rest, "ibft"))
		return rest.n_bytes == 0 ? reading_iscsi_alone(r) : reading_ask_ibft(r);
	if (!rootpath_read(r, rest, ROOTPATH_DECIMAL))
		return false;
	unsigned n_before = r->plan->n_targets - 1U;
	struct plan_target target = targets[n_before];
	memmove(&targets[1], &targets[0], n_before * sizeof *targets);
	targets[0] = target;
	return true;
}

/* dracut: what the root path of a lease names. */
static bool read_dhcp(struct reading *r, struct span rest)
{
	return rest.n_bytes == 0 || span_is(rest, "6") ? reading_ask_dhcp(r)
						       : reading_refuse(r, "it is neither dhcp nor dhcp6");
}

static const struct form {
	const char *prefix;
	enum root_kind kind;
	bool (*read)(struct reading *r, struct span rest);
	const char *refusal; /* in the place of a reader */
} forms[] = {
	{"UUID=", ROOT_UUID, read_tag, NULL},
	{"LABEL=", ROOT_LABEL, read_tag, NULL},
	{"PARTUUID=", ROOT_PARTUUID, read_partuuid, NULL},
	{"PARTLABEL=", ROOT_PARTLABEL, read_tag, NULL},
	{"/dev/disk/by-uuid/", ROOT_UUID, read_link, NULL},
	{"/dev/disk/by-label/", ROOT_LABEL, read_link, NULL},
	{"/dev/disk/by-partuuid/", ROOT_PARTUUID, read_link, NULL},
	{"/dev/disk/by-partlabel/", ROOT_PARTLABEL, read_link, NULL},
	{"/dev/disk/by-path/", ROOT_PATH, read_path, NULL},
	{"/dev/disk/", ROOT_DEFAULT, NULL,
	 "of /dev/disk, by-uuid, by-label, by-partuuid, by-partlabel and by-path are known here"},
	{"/dev/mapper/", ROOT_DEFAULT, NULL, "device mapper and LVM are not known here"},
	{"/dev/nfs", ROOT_DEFAULT, NULL, "an NFS root is not known here"},
	{"/dev/", ROOT_DEVICE, read_device, NULL},
	{"iscsi:", ROOT_DEFAULT, read_target, NULL},
	{"iscsi", ROOT_DEFAULT, read_alone, NULL},
	{"dhcp", ROOT_DEFAULT, read_dhcp, NULL},
	{"", ROOT_DEFAULT, NULL, "it is none of /dev/NAME, UUID=, LABEL=, PARTUUID=, PARTLABEL= and /dev/disk/by-..."},
};

bool root_read(struct reading *r)
{
	struct plan_root *root = &r->plan->root;
	const struct form *form = forms;
	while (!span_starts(r->value, form->prefix))
		form++;
	if (form->read == NULL)
		return reading_refuse(r, form->refusal);
	size_t n_prefix = span_of(form->prefix).n_bytes;
	struct span rest = {r->value.text + n_prefix, r->value.n_bytes - n_prefix};
	if (rest.n_bytes == 0 && form->kind != ROOT_DEFAULT)
		return reading_refuse(r, "nothing follows the prefix");
	root->text[0] = '\0';
	if (form->kind != ROOT_DEFAULT && !span_copy(r->value, root->text, sizeof root->text))
		return reading_refuse(r, "it is longer than 255 bytes");
	root->kind = form->kind;
	root->part = 0;
	root->path_lun = (struct plan_lun){0};
	root->value[0] = '\0';
	return form->read(r, rest);
}
