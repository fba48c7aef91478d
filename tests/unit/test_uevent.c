/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel uevents as the kernel sends them, foreign ones, and damaged ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/uevent.h"

#include "hostile.h"

static const char partition[] = "add@/devices/platform/host2/session1/target2:0:0/2:0:0:1/block/sda/sda1\0"
				"ACTION=add\0"
				"DEVPATH=/devices/platform/host2/session1/target2:0:0/2:0:0:1/block/sda/sda1\0"
				"SUBSYSTEM=block\0"
				"MAJOR=8\0"
				"MINOR=1\0"
				"DEVNAME=sda1\0"
				"DEVTYPE=partition\0"
				"DISKSEQ=10\0"
				"PARTN=1\0"
				"SEQNUM=1234";

static const char pci[] = "add@/devices/pci0000:00/0000:00:03.0\0"
			  "ACTION=add\0"
			  "DEVPATH=/devices/pci0000:00/0000:00:03.0\0"
			  "SUBSYSTEM=pci\0"
			  "MODALIAS=pci:v00001AF4d00001000sv00001AF4sd00000001bc02sc00i00\0"
			  "SEQNUM=7";

static bool decode(const char *bytes, size_t n_bytes, struct uevent *event)
{
	return uevent_decode((const uint8_t *)bytes, n_bytes, event);
}

static void assert_span(struct span s, const char *expected)
{
	if (expected == NULL)
		assert_null(s.text);
	else
		assert_true(s.text != NULL && span_is(s, expected));
}

static void decodes_a_partition(void **state)
{
	(void)state;
	struct uevent e;
	assert_true(decode(partition, sizeof partition, &e));
	assert_span(e.action, "add");
	assert_span(e.devpath, "/devices/platform/host2/session1/target2:0:0/2:0:0:1/block/sda/sda1");
	assert_span(e.subsystem, "block");
	assert_span(e.devname, "sda1");
	assert_span(e.devtype, "partition");
	assert_span(e.modalias, NULL);
}

static void decodes_a_device_without_driver(void **state)
{
	(void)state;
	struct uevent e;
	assert_true(decode(pci, sizeof pci - 1, &e)); /* without the last NUL */
	assert_span(e.subsystem, "pci");
	assert_span(e.modalias, "pci:v00001AF4d00001000sv00001AF4sd00000001bc02sc00i00");
	assert_span(e.devname, NULL);
	assert_span(e.devtype, NULL);
}

static void keeps_values_whole(void **state)
{
	(void)state;
	static const char odd[] = "change@/a@b\0DEVNAME=x=y\0MODALIAS=\0DEVTYPE\0XDEVTYPE=no\0DEVTYPEX=no";
	struct uevent e;
	assert_true(decode(odd, sizeof odd, &e));
	assert_span(e.action, "change");
	assert_span(e.devpath, "/a@b");
	assert_span(e.devname, "x=y");
	assert_span(e.modalias, "");
	assert_span(e.devtype, NULL);
}

static void refuses_what_is_not_the_kernels(void **state)
{
	(void)state;
	static const char udev[] = "libudev\0\xfe\xed\xca\xfe@/x\0SUBSYSTEM=block";
	struct uevent e = {.action = {"kept", 4}};
	assert_false(decode(udev, sizeof udev, &e));
	assert_false(decode("", 0, &e));
	assert_false(decode("", 1, &e));
	assert_false(decode("add", 4, &e));
	assert_span(e.action, "kept");
}

static bool is_inside(struct span s, const uint8_t *bytes, size_t n_bytes)
{
	const uint8_t *text = (const uint8_t *)s.text;
	return text == NULL || (text >= bytes && text + s.n_bytes <= bytes + n_bytes);
}

static void decode_any(const uint8_t *bytes, size_t n_bytes)
{
	struct uevent e;
	if (!uevent_decode(bytes, n_bytes, &e))
		return;
	const struct span spans[] = {e.action, e.devpath, e.subsystem, e.modalias, e.devname, e.devtype};
	for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++)
		assert_true(is_inside(spans[i], bytes, n_bytes));
}

static void survives_damage(void **state)
{
	(void)state;
	hostile_each((const uint8_t *)partition, sizeof partition, decode_any);
	hostile_each((const uint8_t *)pci, sizeof pci, decode_any);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_a_partition), cmocka_unit_test(decodes_a_device_without_driver),
		cmocka_unit_test(keeps_values_whole),  cmocka_unit_test(refuses_what_is_not_the_kernels),
		cmocka_unit_test(survives_damage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
