/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel uevents (kernel lib/kobject_uevent.c).
 */
#include "kernel/uevent.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	struct uevent event = {.action = {"kept", 4}};
	if (!uevent_decode(bytes, n_bytes, &event)) {
		CHECK(span_is(event.action, "kept"));
		return 0;
	}
	CHECK(event.devpath.text != NULL);
	const struct span spans[] = {event.action,   event.devpath, event.subsystem,
				     event.modalias, event.devname, event.devtype};
	for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
		CHECK(fuzz_is_inside(spans[i], bytes, n_bytes));
		CHECK(spans[i].n_bytes == 0 || memchr(spans[i].text, '\0', spans[i].n_bytes) == NULL);
	}
	return 0;
}
